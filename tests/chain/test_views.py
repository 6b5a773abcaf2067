"""The chain's HTTP edge, its command and its admin, over a ledger that holds one settled round."""

import copy
import json
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.core.management import CommandError, call_command
from django.test import Client

from chain import anchors, facts, tasks, verify
from chain.models import Anchor, LedgerEntry
from tests.chain import stories

pytestmark = pytest.mark.django_db


@pytest.fixture
def document() -> dict[str, Any]:
    """The receipt of a prediction whose round is committed and settled in this ledger."""
    story = stories.settled()
    outcome = story.outcome
    wishes = (
        ("commitment", story.commitment.root, stories.LOCKS_AT),
        ("settlement", facts.settlement_digest(outcome), outcome.settled_at),
    )
    for kind, digest, now in wishes:
        payload = {"count": len(story.members)}
        anchors.request(
            network="local",
            kind=kind,
            subject=stories.KEY,
            digest=digest,
            payload=payload,
            now=now,
        )
        anchors.pump(now=now)
    receipt = story.receipt(4)
    receipt["anchor"] = anchors.published(network="local", kind="commitment", subject=stories.KEY)
    receipt["result"]["anchor"] = anchors.published(
        network="local", kind="settlement", subject=stories.KEY
    )
    return receipt


def test_info_names_the_ledger_and_its_head(client: Client, document: dict[str, Any]) -> None:
    told = client.get("/api/v1/chain/info").json()
    assert told["network"] == "local"
    assert told["simulated"] is True
    assert told["head"] == document["result"]["anchor"]["head"]


def test_anchors_are_listed_newest_first_in_pages(
    client: Client, document: dict[str, Any]
) -> None:
    first = client.get("/api/v1/chain/anchors?limit=1").json()
    assert [row["kind"] for row in first["results"]] == ["settlement"]
    second = client.get(first["next"]).json()
    assert [row["kind"] for row in second["results"]] == ["commitment"]
    assert second["results"][0]["entry_head"] == document["anchor"]["head"]
    assert second["results"][0]["subject"] == f"0x{stories.KEY.hex()}"
    assert second["next"] is None


def test_a_waiting_anchor_is_listed_without_an_entry(client: Client) -> None:
    anchors.request(
        network="local",
        kind="board",
        subject=stories.KEY,
        digest=stories.KEY,
        payload={},
        now=stories.LOCKS_AT,
    )
    (row,) = client.get("/api/v1/chain/anchors").json()["results"]
    assert (row["status"], row["entry_seq"], row["entry_head"]) == ("wished", None, None)


def test_the_exported_ledger_verifies_the_receipt(
    client: Client, document: dict[str, Any]
) -> None:
    response = client.get("/api/v1/chain/ledger")
    assert response["Content-Type"] == "application/json"
    ledger = json.loads(response.getvalue())
    assert verify.verdict(verify.check(document, ledger)) == verify.VERIFIED


def ask(client: Client, document: Any) -> dict[str, Any]:
    response = client.post("/api/v1/chain/verify", document, content_type="application/json")
    assert response.status_code == 200
    answer: dict[str, Any] = response.json()
    return answer


def test_the_server_verifies_a_receipt_against_its_own_ledger(
    client: Client, document: dict[str, Any]
) -> None:
    answer = ask(client, document)
    assert answer["verdict"] == "verified"
    assert {step["name"]: step["status"] for step in answer["steps"]}["ledger"] == "ok"


def test_rules_with_fractions_survive_the_strict_parser(
    client: Client, document: dict[str, Any]
) -> None:
    document["round"]["rules"]["width"] = 0.85
    document["round"]["rules_hash"] = (
        f"0x{verify.keccak(verify.canonical(document['round']['rules'])).hex()}"
    )
    (step,) = [step for step in ask(client, document)["steps"] if step["name"] == "round"]
    assert step["detail"].startswith("round key:")


def test_a_consistent_receipt_of_another_ledger_is_refused(
    client: Client, document: dict[str, Any]
) -> None:
    answer = ask(client, stories.settled().receipt(4))
    assert answer["verdict"] == "failed"
    assert [step["name"] for step in answer["steps"] if step["status"] == "FAILED"] == ["ledger"]


def test_a_tampered_receipt_is_refused_by_name(client: Client, document: dict[str, Any]) -> None:
    tampered = copy.deepcopy(document)
    tampered["prediction"]["p50"] = "1.00000000"
    answer = ask(client, tampered)
    assert answer["verdict"] == "failed"
    assert "prediction" in {step["name"] for step in answer["steps"] if step["status"] == "FAILED"}


@pytest.mark.parametrize(
    "body",
    [
        "[]",
        "7",
        '"text"',
        "null",
        "{}",
        '{"version": 1, "type": "round", "network": {"name": "local"}, "anchor": 7, "result": 7}',
        '{"anchor": {"head": 7}}',
        '{"anchor": {"head": "0x12"}, "result": {"anchor": []}}',
    ],
)
def test_any_json_gets_an_answer(client: Client, body: str) -> None:
    assert ask(client, body)["verdict"] == "failed"


def test_the_command_exports_the_ledger(tmp_path: Path, document: dict[str, Any]) -> None:
    target, said = tmp_path / "ledger.json", StringIO()
    call_command("ledger_export", str(target), stdout=said)
    ledger = json.loads(target.read_text(encoding="ascii"))
    assert [entry["seq"] for entry in ledger["entries"]] == [0, 1]
    assert list(tmp_path.iterdir()) == [target]


def test_the_command_says_when_it_cannot_write(tmp_path: Path) -> None:
    with pytest.raises(CommandError, match="Cannot write"):
        call_command("ledger_export", str(tmp_path / "nowhere" / "ledger.json"))


def test_the_task_pumps() -> None:
    anchors.request(
        network="local",
        kind="board",
        subject=stories.KEY,
        digest=stories.KEY,
        payload={},
        now=stories.LOCKS_AT,
    )
    tasks.pump()
    assert Anchor.objects.get().is_anchored()


@pytest.mark.parametrize("model", ["anchor", "ledgerentry"])
def test_the_admin_shows_and_never_edits(
    client: Client, document: dict[str, Any], model: str
) -> None:
    client.force_login(User.objects.create_superuser("root"))
    row = (Anchor if model == "anchor" else LedgerEntry).objects.first()
    assert row is not None
    assert client.get(f"/admin/chain/{model}/").status_code == 200
    assert client.get(f"/admin/chain/{model}/{row.pk}/change/").status_code == 200
    assert client.post(f"/admin/chain/{model}/{row.pk}/change/", {}).status_code == 403
    assert (
        client.post(f"/admin/chain/{model}/{row.pk}/delete/", {"post": "yes"}).status_code == 403
    )
    assert client.get(f"/admin/chain/{model}/add/").status_code == 403


def test_the_abi_is_the_artifacts(client: Client) -> None:
    told = client.get("/api/v1/chain/abi").json()
    assert {"commitRounds", "settleRounds", "publishBoards"} <= {
        entry.get("name") for entry in told["abi"]
    }
    assert told["code_hash"] == verify.CODE_HASH

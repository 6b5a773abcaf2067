"""A season on an EVM chain, and a stranger who checks everything with a bare Python."""

import copy
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.test import Client, override_settings
from pytest_django import DjangoDbBlocker

from chain import verify
from chain.models import Anchor, Kind, Transaction
from chain.networks import Network
from config import sweeps
from league.models import Round, Season
from predictions import words
from predictions.models import Prediction
from tests import disk, factories, played
from tests.factories import NOON
from tests.services.anvil import CHAIN_ID, KEYS, Anvil, anvil, needed

pytestmark = [needed, pytest.mark.timeout(200)]
Json = dict[str, Any]
OTHER = "0x" + "ab" * 32


@pytest.fixture(scope="module")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("anvil")) as made:
        yield made


@pytest.fixture(scope="module")
def season(
    chain: Anvil, django_db_blocker: DjangoDbBlocker, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Network]:
    """Played to its end: final rounds, one running at first, a void one, and frozen boards."""
    network = chain.deploy()
    in_force = override_settings(
        CHAIN_RPC_URLS=(chain.url,),
        CHAIN_ID=CHAIN_ID,
        CHAIN_CONTRACT=network.contract,
        CHAIN_PRIVATE_KEY=KEYS[0],
        CHAIN_CONFIRMATIONS=3,
    )
    folder, long_ago = tmp_path_factory.mktemp("season"), NOON - 120 * played.HOUR
    with (
        in_force, django_db_blocker.unblock(), disk.database(folder),
        factories.market(since=long_ago),
    ):  # fmt: skip
        played.play()
        for look in range(1, 8):
            chain.mine(3)
            sweeps.run(now=played.PRESENT + 3 * played.HOUR + look * timedelta(minutes=5))
        yield network


def ask(command: list[str], *, folder: Path) -> "subprocess.CompletedProcess[str]":
    """Somebody else's machine: this one file, no packages, no environment."""
    alone = [sys.executable, "-I", "-S", *command]
    return subprocess.run(alone, cwd=folder, capture_output=True, text=True, check=False, env={})


def documents(client: Client) -> list[Json]:
    """Every receipt there is, and every round."""
    standing = Prediction.objects.filter(is_withdrawn=False).order_by("pk")
    paths = [f"/api/v1/predictions/{one.pk}/receipt" for one in standing]
    paths += [f"/api/v1/rounds/{one.pk}/leaves" for one in Round.objects.order_by("pk")]
    found = []
    for path in paths:
        response = client.get(path)
        assert response.status_code == 200, response.content
        found.append(response.json())
    return found


def test_a_stranger_verifies_every_receipt_and_every_round(
    season: Network, chain: Anvil, client: Client, tmp_path: Path
) -> None:
    assert set(Anchor.objects.values_list("status", "network")) == {("final", season.name)}
    rounds = Round.objects.count()
    kinds = [Anchor.objects.filter(kind=kind).count() for kind in Kind.values]
    assert kinds[:2] == [rounds, rounds]
    assert kinds[2] == Season.objects.count()
    found = documents(client)
    assert len(found) > 30
    folder = tmp_path / "stranger"
    folder.mkdir()
    shutil.copy(verify.__file__, folder / "verify.py")
    node = ["--rpc", chain.url, "--chain-id", str(CHAIN_ID), "--contract", season.contract]
    for number, document in enumerate(found):
        (folder / "it.json").write_text(json.dumps(document))
        done = ask(["verify.py", "it.json", *node], folder=folder)
        assert done.returncode == 0, (number, done.stdout, done.stderr)
        assert "VERIFIED" in done.stdout


def test_every_commitment_stands_in_an_earlier_block_than_its_settlement(
    season: Network, client: Client
) -> None:
    pairs = [
        (document["anchor"]["block"], document["result"]["anchor"]["block"])
        for document in documents(client)
    ]
    assert pairs
    assert [pair for pair in pairs if not pair[0] < pair[1]] == []
    assert Transaction.objects.count() < Anchor.objects.count()


def bend(path: str, value: Any) -> Callable[[Json], None]:
    def change(document: Json) -> None:
        *ahead, last = path.split(".")
        place = document
        for name in ahead:
            place = place[name]
        place[last] = value(place[last]) if callable(value) else value

    return change


# What is bent, and the steps of which at least the first must refuse it.
BENT: dict[str, tuple[Callable[[Json], None], str]] = {
    "p50": (bend("prediction.p50", "1.00000000"), "prediction"),
    "player": (bend("prediction.player", "somebody-else"), "prediction"),
    "salt": (bend("prediction.salt", OTHER), "prediction"),
    "commitment": (bend("commitment", OTHER), "prediction"),
    "seq": (bend("seq", lambda seq: seq + 1), "inclusion"),
    "count": (bend("count", lambda count: count + 1), "anchor"),
    "root": (bend("root", OTHER), "inclusion"),
    "proof": (bend("proof", []), "inclusion"),
    "rules": (bend("round.rules.scoring_version", "wis-2"), "round"),
    "round key": (bend("round.round_key", OTHER), "round"),
    "asset": (bend("round.asset", "DOGE"), "round"),
    "lock": (bend("round.locks_at", lambda at: at.replace(":00Z", ":01Z")), "round"),
    "anchor's root": (bend("anchor.root", OTHER), "anchor"),
    "anchor's time": (bend("anchor.time", lambda at: at[:-3] + "77Z"), "anchor"),
    "price": (bend("result.price", "1.00000000"), "prices"),
    "points": (bend("result.points_milli", lambda milli: milli + 1), "points"),
    "score root": (bend("result.score_root", OTHER), "scores"),
    "evidence": (bend("result.evidence", OTHER), "evidence"),
    "observation": (bend("result.observations", lambda seen: seen[1:]), "evidence"),
    "sigma": (bend("result.sigma_bp", "1.0"), "points"),
    "settlement's root": (bend("result.anchor.root", OTHER), "settlement"),
}


@pytest.fixture
def receipt(season: Network, client: Client) -> Json:
    for document in documents(client):
        if document["type"] == "receipt" and document["result"]["status"] != "void":
            return document
    raise AssertionError("no scored receipt")


def test_everything_that_is_bent_is_refused_by_name(
    receipt: Json, season: Network, chain: Anvil
) -> None:
    node = verify.Node(chain.url, CHAIN_ID, season.contract)
    assert verify.verdict(verify.check(receipt, node)) == verify.VERIFIED
    for name, (change, step) in BENT.items():
        bent = copy.deepcopy(receipt)
        change(bent)
        failed = [one.name for one in verify.check(bent, node) if one.status == "FAILED"]
        assert step in failed, (name, failed)


def test_a_whole_forgery_is_refused_by_the_contract(
    receipt: Json, season: Network, chain: Anvil
) -> None:
    """Everything consistent, except that the chain never saw it."""
    node = verify.Node(chain.url, CHAIN_ID, season.contract)
    for change in (
        bend("anchor.time", "2026-01-01T00:00:00Z"),
        bend("result.anchor.time", "2026-01-01T00:00:00Z"),
    ):
        bent = copy.deepcopy(receipt)
        change(bent)
        steps = {one.name: one.status for one in verify.check(bent, node)}
        assert steps["chain"] == "FAILED"


def test_the_readers_own_contract_and_chain_are_what_counts(
    receipt: Json, season: Network, chain: Anvil, tmp_path: Path
) -> None:
    stranger = chain.deploy()
    said = {
        node: {one.name: one.status for one in verify.check(receipt, node)}["chain"]
        for node in (
            verify.Node(chain.url, CHAIN_ID, stranger.contract),
            verify.Node(chain.url, 1, season.contract),
            verify.Node("http://127.0.0.1:9", CHAIN_ID, season.contract),
        )
    }
    assert list(said.values()) == ["FAILED", "FAILED", "unknown"]
    assert verify.verdict(verify.check(receipt)) == verify.UNDECIDED
    with anvil(tmp_path, chain_id=1) as other:
        node = verify.Node(other.url, CHAIN_ID, season.contract)
        (step,) = [one for one in verify.check(receipt, node) if one.name == "chain"]
        assert step.status == "FAILED"
        assert "chain of the node" in step.detail


def test_a_rounds_anchors_are_those_of_its_receipts(receipt: Json, client: Client) -> None:
    (round_,) = [
        one for one in Round.objects.all() if key_of(one) == receipt["round"]["round_key"]
    ]
    told = client.get(f"/api/v1/rounds/{round_.pk}/anchor").json()
    assert told["commitment"] == receipt["anchor"]
    assert told["settlement"] == receipt["result"]["anchor"]
    assert told["network"] == receipt["network"]["name"]


def key_of(round_: Round) -> str:
    return f"0x{words.round_key(round_).hex()}"


def test_the_server_knows_its_own_anchors_and_no_others(receipt: Json, client: Client) -> None:
    def ask_server(document: Json) -> Json:
        answer: Json = client.post(
            "/api/v1/chain/verify", document, content_type="application/json"
        ).json()
        return answer

    assert ask_server(receipt)["verdict"] == "verified"
    bent = copy.deepcopy(receipt)
    bend("anchor.block", lambda block: block + 1)(bent)
    told = ask_server(bent)
    assert told["verdict"] == "failed"
    assert told["steps"][-1]["name"] == "ledger"

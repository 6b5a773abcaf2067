"""Predictions that a wallet signs, and the operator's word for every one that is accepted."""

import json
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from chain import acknowledgements, addresses, signatures, verify
from chain.signatures import Key
from league.models import Player
from predictions.models import Prediction, Revision
from tests.api import world as worlds
from tests.api.world import World, bearer
from tests.chain import oracles

SECRET = b"\x52" * 32
WALLET, EVE = Key(SECRET), Key(b"\xe7" * 32)
ENTRY = {"form": "quantiles", "basis": "return", "p10": "-60", "p50": "1.25", "p90": "60"}
POINT = {"form": "point", "basis": "return", "point": "-3.5"}


@pytest.fixture(autouse=True)
def _wallet(world: World) -> None:
    """Bob's, proved."""
    Player.objects.filter(pk=world.bob.pk).update(
        wallet_address=WALLET.address, wallet_proved_at=timezone.now()
    )


def send(client: Client, world: World, body: Any, *, path: str = "", **more: Any) -> Any:
    address = f"/api/v1/rounds/{world.open_round.pk}/prediction{path}"
    method = more.pop("method", "post")
    key = more.pop("key", world.bob_key)
    headers = {"Authorization": f"Bearer {key}"} | more
    return getattr(client, method)(address, json.dumps(body), "application/json", headers=headers)


def drafted(client: Client, world: World, entry: Any = ENTRY) -> Any:
    answer = send(client, world, entry, path="/typed-data")
    assert answer.status_code == 200, answer.content
    return answer.json()


def signed(draft: Any, entry: dict[str, Any] = ENTRY, *, key: Key = WALLET) -> dict[str, Any]:
    signature = key.sign(bytes.fromhex(draft["digest"][2:]))
    return entry | {"salt": draft["salt"], "signature": f"0x{signature.hex()}"}


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# -- signed --------------------------------------------------------------------------------------
def test_another_wallets_software_signs_a_prediction(client: Client, world: World) -> None:
    draft = drafted(client, world)
    assert draft["revision"] == 1
    signature = oracles.sign_typed(SECRET, draft["typed_data"])
    answer = send(
        client,
        world,
        ENTRY | {"salt": draft["salt"], "signature": f"0x{signature.hex()}"},
    )
    assert answer.status_code == 201, answer.content
    row = Prediction.objects.get(round=world.open_round)
    assert (bytes(row.signature or b""), f"0x{bytes(row.digest).hex()}") == (
        signature, draft["digest"],
    )  # fmt: skip
    assert answer.json()["acknowledgement"]["digest"] == draft["digest"]


def test_a_draft_writes_nothing_and_is_new_each_time(client: Client, world: World) -> None:
    first, second = drafted(client, world), drafted(client, world)
    assert first["salt"] != second["salt"]
    assert not Prediction.objects.filter(round=world.open_round).exists()


def test_every_revision_is_signed_for_itself(client: Client, world: World) -> None:
    first = drafted(client, world)
    send(client, world, signed(first))
    second = drafted(client, world, POINT)
    assert second["revision"] == 2
    answer = send(client, world, signed(second, POINT), method="put")
    assert (answer.status_code, answer.json()["prediction"]["revision"]) == (200, 2)
    archived = Revision.objects.get()
    assert bytes(archived.signature or b"") == WALLET.sign(bytes(archived.digest))
    answer = send(client, world, ENTRY)
    assert (answer.status_code, Prediction.objects.get(pk=archived.prediction_id).signature) == (
        200, None,
    )  # fmt: skip


def test_a_word_signed_for_another_revision_is_refused(client: Client, world: World) -> None:
    early, late = drafted(client, world), drafted(client, world)
    assert send(client, world, signed(early)).status_code == 201
    answer = send(client, world, signed(late))
    assert code(answer) == (409, "wrong_revision")
    assert "Revision 1 was signed" in answer.json()["detail"]
    assert code(send(client, world, signed(early))) == (409, "wrong_revision")
    assert Prediction.objects.get(round=world.open_round).revision == 1


WRONG: dict[str, dict[str, Any]] = {
    "another number": {"p50": "1.5"},
    "another basis": {"basis": "price", "p10": "1000", "p50": "1000", "p90": "1000"},
    "another salt": {"salt": "0x" + "ab" * 32},
    "another signer": {"by": EVE},
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_was_not_signed_is_refused(client: Client, world: World, kind: str) -> None:
    changes = dict(WRONG[kind])
    key = changes.pop("by", WALLET)
    if kind == "another basis":
        price = f"{world.price():.2f}"
        changes |= {"p10": price, "p50": price, "p90": price}
    answer = send(client, world, signed(drafted(client, world), key=key) | changes)
    assert code(answer) == (400, "wrong_signer")
    assert not Prediction.objects.filter(round=world.open_round).exists()


def test_anothers_signed_word_is_not_ones_own(client: Client, world: World) -> None:
    Player.objects.filter(pk=world.alice.pk).update(
        wallet_address=EVE.address, wallet_proved_at=timezone.now()
    )
    draft = drafted(client, world)
    answer = send(client, world, signed(draft), key=world.alice_key)
    assert code(answer) == (400, "wrong_signer")


def test_a_word_signed_for_another_round_is_refused(client: Client, world: World) -> None:
    other = worlds.make_round(world.season, locks_at=world.open_round.locks_at, asset="BTC")
    draft = drafted(client, world)
    answer = client.post(
        f"/api/v1/rounds/{other.pk}/prediction",
        signed(draft),
        "application/json",
        **bearer(world.bob_key),
    )
    assert code(answer) == (400, "wrong_signer")


@pytest.mark.parametrize("is_claimed", [True, False])
def test_without_a_proved_wallet_nothing_is_signed(
    client: Client, world: World, *, is_claimed: bool
) -> None:
    draft = drafted(client, world)
    wallet = WALLET.address if is_claimed else None
    Player.objects.filter(pk=world.bob.pk).update(wallet_address=wallet, wallet_proved_at=None)
    assert code(send(client, world, signed(draft))) == (409, "no_wallet")
    assert code(send(client, world, ENTRY, path="/typed-data")) == (409, "no_wallet")
    assert send(client, world, ENTRY).status_code == 201


GOOD = "0x" + "11" * 64 + "1b"
SALT = "0x" + "22" * 32
MALFORMED: list[tuple[dict[str, Any], str, str]] = [
    ({"salt": SALT}, "invalid", "/signature"),
    ({"signature": GOOD}, "invalid", "/salt"),
    ({"salt": "0x12", "signature": GOOD}, "invalid", "/salt"),
    ({"salt": None, "signature": GOOD}, "invalid", "/salt"),
    ({"salt": [SALT], "signature": GOOD}, "invalid", "/salt"),
    ({"salt": SALT, "signature": "0x" + "11" * 64}, "invalid", "/signature"),
    ({"salt": SALT, "signature": "0x" + "11" * 66}, "invalid", "/signature"),
    ({"salt": SALT, "signature": "0x" + "zz" * 65}, "invalid", "/signature"),
    ({"salt": SALT, "signature": 7}, "invalid", "/signature"),
    ({"salt": SALT, "signature": GOOD, "sig": GOOD}, "invalid", "/sig"),
    ({"salt": SALT, "signature": "0x" + "11" * 64 + "00"}, "malformed_signature", ""),
    ({"salt": SALT, "signature": "0x" + "11" * 32 + "ff" * 32 + "1b"}, "malformed_signature", ""),
    ({"salt": SALT, "signature": "0x" + "00" * 65}, "malformed_signature", ""),
]


@pytest.mark.parametrize(("extra", "problem", "pointer"), MALFORMED)
def test_a_malformed_seal_is_refused(
    client: Client, world: World, extra: dict[str, Any], problem: str, pointer: str
) -> None:
    answer = send(client, world, ENTRY | extra)
    assert code(answer) == (400, problem)
    assert not pointer or pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Prediction.objects.filter(round=world.open_round).exists()


def test_a_signed_word_sent_twice_under_one_key_is_done_once(client: Client, world: World) -> None:
    body = signed(drafted(client, world))
    more = {"Idempotency-Key": "one"}
    first, second = send(client, world, body, **more), send(client, world, body, **more)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.json() == second.json()
    assert second["Idempotency-Replayed"] == "true"


def test_typed_data_is_for_those_who_may_predict(client: Client, world: World) -> None:
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction/typed-data"
    assert client.post(path, ENTRY, "application/json").status_code == 401
    assert code(send(client, world, {"form": "point"}, path="/typed-data")) == (400, "invalid")
    unknown = "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000/prediction/typed-data"
    answer = client.post(unknown, ENTRY, "application/json", **bearer(world.bob_key))
    assert code(answer) == (404, "not_found")


def test_bulk_takes_no_signatures(client: Client, world: World) -> None:
    item = signed(drafted(client, world)) | {"round": str(world.open_round.pk)}
    answer = client.post(
        "/api/v1/predictions/bulk", {"items": [item]}, "application/json", **bearer(world.bob_key)
    )
    assert code(answer) == (400, "invalid")
    pointers = {error["pointer"] for error in answer.json()["errors"]}
    assert pointers == {"/items/0/salt", "/items/0/signature"}


# -- acknowledged --------------------------------------------------------------------------------
def row_of(world: World) -> Prediction:
    return Prediction.objects.get(round=world.open_round, player=world.bob)


def test_every_accepted_word_is_acknowledged(client: Client, world: World) -> None:
    for body, method in ((ENTRY, "post"), (ENTRY, "post"), (POINT, "put"), (POINT, "put")):
        told = send(client, world, body, method=method).json()
        row = row_of(world)
        assert verify.promised(told["acknowledgement"]) == [bytes(row.digest)]
        assert told["acknowledgement"]["accepted_at"] == told["prediction"]["accepted_at"]
        assert told["acknowledgement"] == acknowledgements.one(
            bytes(row.digest), at=row.accepted_at
        )


def test_a_dry_run_acknowledges_nothing(client: Client, world: World) -> None:
    told = send(client, world, ENTRY, path="?dry_run=true").json()
    assert (told["prediction"], told["acknowledgement"]) == (None, None)


def test_a_bulk_is_acknowledged_as_a_whole(client: Client, world: World) -> None:
    other = worlds.make_round(world.season, locks_at=world.open_round.locks_at, asset="BTC")
    items = [ENTRY | {"round": str(each.pk)} for each in (other, world.open_round)]
    path = "/api/v1/predictions/bulk"
    for _ in range(2):
        answer = client.post(path, {"items": items}, "application/json", **bearer(world.bob_key))
        rows = {row.round_id: row for row in Prediction.objects.filter(player=world.bob)}
        digests = [bytes(rows[each.pk].digest) for each in (other, world.open_round)]
        assert verify.promised(answer.json()["acknowledgement"]) == digests
    dry = client.post(
        f"{path}?dry_run=true", {"items": items}, "application/json", **bearer(world.bob_key)
    )
    assert dry.json()["acknowledgement"] is None


def test_whose_word_it_is_can_be_looked_up(client: Client, world: World) -> None:
    told = send(client, world, ENTRY).json()["acknowledgement"]["operator"]
    info = client.get("/api/v1/chain/info").json()
    assert told == info["acknowledgement_operator"] == acknowledgements.operator()


def test_a_receipt_shows_the_operators_word_again(client: Client, world: World) -> None:
    document = client.get(f"/api/v1/predictions/{world.scored.pk}/receipt").json()
    row = Prediction.objects.get(pk=world.scored.pk)
    told = acknowledgements.one(bytes(row.digest), at=row.accepted_at)
    assert (document["acknowledgement"], document["signature"]) == (told, None)
    statuses = {step.name: step.status for step in verify.check(document)}
    assert (statuses["acknowledgement"], statuses["signature"]) == ("ok", "note")


def test_a_signed_words_receipt_shows_the_wallet(client: Client, world: World) -> None:
    """The row is signed afterwards, as the round of the world is over."""
    row = Prediction.objects.get(pk=world.scored.pk)
    signature = WALLET.sign(bytes(row.digest))
    Prediction.objects.filter(pk=row.pk).update(signature=signature)
    document = client.get(f"/api/v1/predictions/{row.pk}/receipt").json()
    assert document["signature"] == {
        "kind": "eip712",
        "address": WALLET.address,
        "signature": f"0x{signature.hex()}",
    }
    assert {s.name: s.status for s in verify.check(document)}["signature"] == "ok"
    whole = client.get(f"/api/v1/rounds/{world.final_round.pk}/leaves").json()
    assert [one["signature"] for one in whole["predictions"]].count(None) == 1
    assert {s.name: s.status for s in verify.check(whole)}["signature"] == "ok"
    recovered = signatures.recover(bytes(row.digest), signature)
    assert addresses.normalise(recovered) == WALLET.address

"""The operator's word for an accepted entry, and what a player can prove with it."""

import copy
import json
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from chain import acknowledgements, receipts, schema, verify
from chain.hashing import keccak256
from chain.signatures import Key
from config import checks
from tests.chain import oracles, stories

Json = dict[str, Any]
SECRET = "0x" + "42" * 32
AT = stories.LOCKS_AT - timedelta(seconds=1) + timedelta(microseconds=7)
STORY = stories.settled()
DIGESTS = [member.digest for member in STORY.members]
OTHER = keccak256(b"another")


@pytest.fixture(autouse=True)
def _key(settings: Any) -> None:
    settings.ACKNOWLEDGEMENT_KEY = SECRET


def typed(primary: str, fields: list[Json], message: Json) -> Json:
    domain = [{"name": "name", "type": "string"}, {"name": "version", "type": "string"}]
    return {
        "types": {"EIP712Domain": domain, primary: fields},
        "primaryType": primary,
        "domain": {"name": "AI vs Human Prediction League", "version": "1"},
        "message": message | {"acceptedAt": round(AT.timestamp() * 10**6)},
    }


WHEN = {"name": "acceptedAt", "type": "uint256"}


def test_one_is_what_another_wallet_signs_for_that_struct() -> None:
    fields = [{"name": "digest", "type": "bytes32"}, WHEN]
    data = typed("Acknowledgement", fields, {"digest": DIGESTS[0]})
    told = acknowledgements.one(DIGESTS[0], at=AT)
    assert told == {
        "operator": oracles.address(bytes.fromhex(SECRET[2:])).lower(),
        "digest": f"0x{DIGESTS[0].hex()}",
        "accepted_at": "2025-03-01T11:59:59.000007Z",
        "signature": f"0x{oracles.sign_typed(bytes.fromhex(SECRET[2:]), data).hex()}",
    }


def test_many_are_one_signature_over_a_list() -> None:
    fields = [{"name": "digests", "type": "bytes32[]"}, WHEN]
    data = typed("Acknowledgements", fields, {"digests": DIGESTS})
    told = acknowledgements.many(b"".join(DIGESTS), at=AT)
    assert told["digests"] == [f"0x{digest.hex()}" for digest in DIGESTS]
    assert told["signature"] == f"0x{oracles.sign_typed(bytes.fromhex(SECRET[2:]), data).hex()}"


def test_a_list_of_one_cannot_pass_for_one() -> None:
    listed = acknowledgements.many(DIGESTS[0], at=AT)
    posed = acknowledgements.one(DIGESTS[0], at=AT) | {"signature": listed["signature"]}
    with pytest.raises(verify.Refused):
        verify.promised(posed)
    packed = posed | {"digest": f"0x{keccak256(DIGESTS[0]).hex()}"}
    with pytest.raises(verify.Refused):
        verify.promised(packed)


@pytest.mark.parametrize("micro", [0, 1, 999_999, 123_456])
def test_the_instant_is_exact_to_the_microsecond(micro: int) -> None:
    told = acknowledgements.one(OTHER, at=AT.replace(microsecond=micro))
    assert verify.promised(told) == [OTHER]
    moved = AT.replace(microsecond=micro) + timedelta(microseconds=1)
    with pytest.raises(verify.Refused):
        verify.promised(told | {"accepted_at": acknowledgements.published(moved)})


# -- whose key ------------------------------------------------------------------------------------
def test_without_a_key_it_follows_from_the_secret_key(settings: Any) -> None:
    settings.ACKNOWLEDGEMENT_KEY = ""
    found = set()
    for secret in ("a" * 50, "b" * 50, "a" * 50):
        settings.SECRET_KEY = secret
        found.add(acknowledgements.operator())
    assert len(found) == 2
    assert Key(bytes.fromhex(SECRET[2:])).address not in found


@pytest.mark.parametrize("key", ["0x12", "zz" * 32, "0x" + "00" * 32, "f" * 64, "0x" + "1" * 66])
def test_a_key_that_is_none_is_an_error_that_does_not_quote_it(settings: Any, key: str) -> None:
    settings.ACKNOWLEDGEMENT_KEY = key
    (problem,) = [each for each in checks.check_half_set_secrets() if each.id == "league.E006"]
    assert "ACKNOWLEDGEMENT_KEY" in str(problem.msg)
    assert key not in str(problem.msg)


def test_the_key_that_spends_is_not_the_key_that_acknowledges(settings: Any) -> None:
    settings.CHAIN_PRIVATE_KEY = SECRET[2:].upper()
    assert "PRIVATE_KEY" in acknowledgements.problems()[0]


# -- in receipts ----------------------------------------------------------------------------------
def receipt(told: Json | None) -> Json:
    return STORY.receipt(0) | {"acknowledgement": told}


def step(document: Json, name: str = "acknowledgement") -> verify.Step:
    (found,) = [each for each in verify.check(document) if each.name == name]
    return found


def test_a_receipt_with_the_operators_word_verifies() -> None:
    found = step(receipt(acknowledgements.one(DIGESTS[0], at=AT)))
    assert (found.status, acknowledgements.operator() in found.detail) == ("ok", True)


def test_a_receipt_without_it_says_so() -> None:
    assert step(receipt(None)).status == "note"
    assert step(STORY.whole()).status == "note"


BAD: dict[str, tuple[bytes, datetime, Json]] = {
    "another digest": (DIGESTS[1], AT, {}),
    "another digest put in": (DIGESTS[1], AT, {"digest": f"0x{DIGESTS[0].hex()}"}),
    "at the lock": (DIGESTS[0], stories.LOCKS_AT, {}),
    "before the opening": (DIGESTS[0], stories.ROUND.opens_at - timedelta(microseconds=1), {}),
    "an earlier instant put in": (DIGESTS[0], AT, {"accepted_at": "2025-03-01T11:00:00Z"}),
    "milliseconds": (DIGESTS[0], AT, {"accepted_at": "2025-03-01T11:00:00.000Z"}),
    "another operator": (DIGESTS[0], AT, {"operator": "0x" + "ab" * 20}),
    "no signature": (DIGESTS[0], AT, {"signature": None}),
    "an upper-case signature": (DIGESTS[0], AT, {"signature": "0x" + "AB" * 65}),
    "a made-up signature": (DIGESTS[0], AT, {"signature": "0x" + "11" * 64 + "1b"}),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_forged_acknowledgement_fails(kind: str) -> None:
    digest, at, changes = BAD[kind]
    document = receipt(acknowledgements.one(digest, at=at) | changes)
    assert step(document).status == "FAILED"
    assert verify.verdict(verify.check(document)) == verify.REFUSED


# -- was it left out? -----------------------------------------------------------------------------
def answered(digest: bytes, **prediction: Any) -> Json:
    return {
        "prediction": {"player": "wide", "revision": 1} | prediction,
        "acknowledgement": acknowledgements.one(digest, at=AT),
    }


def asked(answer: Json, document: Json | None = None) -> verify.Step:
    return verify.run(verify.check_answer, document or STORY.whole(), answer)


def test_an_acknowledged_word_is_found_in_its_round() -> None:
    for answer in (answered(DIGESTS[3]), answered(DIGESTS[3])["acknowledgement"]):
        assert asked(answer).status == "ok"
    assert asked(answered(DIGESTS[0]), STORY.receipt(0)).status == "ok"


def test_a_bulk_answer_is_found_by_any_of_its_words() -> None:
    told = acknowledgements.many(OTHER + DIGESTS[2], at=AT)
    assert "1 of 2" in asked({"items": [], "acknowledgement": told}).detail


def test_an_acknowledged_word_that_is_not_there_was_left_out() -> None:
    document = STORY.whole()
    document["predictions"][0]["prediction"]["player"] = "somebody-else"
    found = asked(answered(OTHER), document)
    assert (found.status, "left out" in found.detail) == ("FAILED", True)
    assert asked(acknowledgements.one(OTHER, at=AT), STORY.whole()).status == "FAILED"
    assert asked(acknowledgements.many(OTHER, at=AT), STORY.whole()).status == "FAILED"


def test_a_later_word_of_the_same_player_may_have_replaced_it() -> None:
    found = asked(answered(OTHER, player="narrow"))
    assert (found.status, "later word" in found.detail) == ("unknown", True)
    assert asked(answered(OTHER, player="narrow", revision=2)).status == "FAILED"


def test_another_rounds_answer_or_a_single_receipt_decides_nothing() -> None:
    early = acknowledgements.one(OTHER, at=stories.ROUND.opens_at - timedelta(seconds=1))
    assert asked(early).status == "unknown"
    assert asked(answered(OTHER), STORY.receipt(0)).status == "unknown"


def test_a_forged_answer_accuses_nobody() -> None:
    answer = answered(OTHER)
    answer["acknowledgement"]["digest"] = f"0x{keccak256(b'made up').hex()}"
    found = asked(answer)
    assert (found.status, "operator" in found.detail) == ("FAILED", True)
    assert "left out" not in found.detail


@pytest.fixture
def files(tmp_path: Path) -> Path:
    whole = copy.deepcopy(STORY.whole())
    documents = {
        "round": whole,
        "there": answered(DIGESTS[0]),
        "omitted": acknowledgements.one(OTHER, at=AT),
        "receipt": receipt(acknowledgements.one(DIGESTS[0], at=AT)),
    }
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_the_command_line_finds_an_answer_in_its_round(
    files: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    def main(*words: str) -> int:
        paths = [str(files / word) if word.endswith(".json") else word for word in words]
        return verify.main(paths)

    operator = acknowledgements.operator()
    assert main("round.json", "--answer", "there.json") == verify.VERIFIED
    assert main("round.json", "--answer", "there.json", "--operator", operator) == verify.VERIFIED
    assert main("receipt.json", "--operator", operator.upper()) == verify.VERIFIED
    assert main("receipt.json", "--operator", "0x" + "ab" * 20) == verify.REFUSED
    assert main("round.json", "--answer", "omitted.json") == verify.REFUSED
    assert "left out" in capsys.readouterr().out
    assert main("round.json", "--answer", "nowhere.json") == verify.UNDECIDED


# -- a wallet's signature in a receipt ------------------------------------------------------------
WALLET = Key(b"\x77" * 32)


def signed(seq: int, signature: bytes) -> Json:
    member = STORY.members[seq]
    return receipts.receipt(
        stories.ROUND,
        commitment=STORY.commitment,
        member=replace(member, signature=signature),
        outcome=STORY.outcome,
    )


def test_a_signed_receipt_verifies_and_names_the_wallet() -> None:
    document = signed(1, WALLET.sign(DIGESTS[1]))
    assert document["signature"]["address"] == WALLET.address
    found = step(document, "signature")
    assert (found.status, WALLET.address in found.detail) == ("ok", True)
    assert verify.verdict(verify.check(document)) == verify.VERIFIED


@pytest.mark.parametrize(
    "changes",
    [
        {"address": "0x" + "ab" * 20},
        {"kind": "eip191"},
        {"signature": f"0x{WALLET.sign(OTHER).hex()}"},
        {"signature": f"0x{WALLET.sign(DIGESTS[1])[:-1].hex()}1d"},
        {"signature": f"0x{WALLET.sign(DIGESTS[1]).hex().upper()}"},
        {"signature": "0x"},
        {"signature": None},
    ],
)
def test_a_wrong_signature_fails(changes: Json) -> None:
    document = signed(1, WALLET.sign(DIGESTS[1]))
    document["signature"] |= changes
    assert step(document, "signature").status == "FAILED"


def test_a_whole_round_tells_who_signed() -> None:
    member = STORY.members[2]
    member = replace(member, signature=WALLET.sign(member.digest))
    document = receipts.whole_round(
        stories.ROUND,
        commitment=STORY.commitment,
        members=[*STORY.members[:2], member, *STORY.members[3:]],
        outcome=STORY.outcome,
    )
    found = step(document, "signature")
    assert (found.status, found.detail.startswith("1 of 7 signed")) == ("ok", True)
    document["predictions"][2]["signature"]["address"] = "0x" + "ab" * 20
    assert step(document, "signature").status == "FAILED"
    assert schema.prediction_digest(stories.entries()[2]) == member.digest

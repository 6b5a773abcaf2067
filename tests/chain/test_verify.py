"""The offline verifier: what is true passes, and every way of bending it is refused by name."""

import copy
import json
import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import facts, merkle, networks, receipts, verify
from chain.hashing import keccak256
from tests.chain import stories

Json = dict[str, Any]
OTHER = "0x" + "ab" * 32


def statuses(document: Any, ledger: Any = None) -> dict[str, str]:
    return {step.name: step.status for step in verify.check(document, ledger)}


def failed(document: Any, ledger: Any = None) -> set[str]:
    return {name for name, status in statuses(document, ledger).items() if status == "FAILED"}


@given(st.binary(max_size=600))
@settings(max_examples=60, deadline=None)
def test_its_own_keccak_equals_the_library(data: bytes) -> None:
    assert verify.keccak(data) == keccak256(data)


@pytest.mark.parametrize("size", [0, 1, 135, 136, 137, 271, 272, 273])
def test_its_own_keccak_pads_at_block_edges(size: int) -> None:
    assert verify.keccak(b"x" * size) == keccak256(b"x" * size)


@pytest.mark.parametrize("count", [0, 1, 2, 3, 7, 12])
def test_its_own_tree_equals_ours(count: int) -> None:
    leaves = [keccak256(bytes([n])) for n in range(count)]
    assert verify.tree_root(leaves) == merkle.root(leaves)


@pytest.mark.parametrize("seq", range(len(stories.WORDS)))
def test_a_receipt_of_every_entry_form_verifies_against_the_ledger(seq: int) -> None:
    story = stories.settled()
    steps = verify.check(story.receipt(seq), story.ledger)
    assert [step for step in steps if step.status not in {"ok", "note"}] == []
    assert verify.verdict(steps) == verify.VERIFIED
    assert {"points", "prices", "scores", "settlement", "ledger"} <= {step.name for step in steps}


def test_a_whole_round_verifies_against_the_ledger() -> None:
    story = stories.settled(version=2)
    assert verify.verdict(verify.check(story.whole(), story.ledger)) == verify.VERIFIED


def test_it_says_plainly_that_no_wallet_signed() -> None:
    (signature,) = [s for s in verify.check(stories.settled().receipt(0)) if s.name == "signature"]
    assert signature.status == "note"
    assert "no wallet signed" in signature.detail


def test_without_a_ledger_it_says_the_anchor_was_only_checked_for_consistency() -> None:
    (ledger,) = [s for s in verify.check(stories.settled().receipt(0)) if s.name == "ledger"]
    assert ledger.status == "note"
    assert "internal consistency" in ledger.detail


def test_a_receipt_before_settlement_verifies_its_prediction() -> None:
    story = stories.settled()
    document = receipts.receipt(
        stories.ROUND, commitment=story.commitment, member=story.members[3]
    )
    steps = verify.check(document, story.ledger)
    assert verify.verdict(steps) == verify.VERIFIED
    assert statuses(document)["result"] == "note"


def test_a_receipt_waiting_for_its_anchor_is_undecided_not_verified() -> None:
    story = stories.settled()
    waiting = facts.Commitment(
        root=story.commitment.root, count=7, anchor=None, network=networks.LOCAL
    )
    document = receipts.receipt(stories.ROUND, commitment=waiting, member=story.members[3])
    assert statuses(document)["anchor"] == "unknown"
    assert verify.verdict(verify.check(document)) == verify.UNDECIDED


def test_a_late_anchor_verifies_and_is_called_late() -> None:
    story = stories.settled()
    late = copy.deepcopy(story.receipt(0))
    late["anchor"]["time"] = "2025-03-02T12:00:00Z"
    late["anchor"]["head"] = "0x" + verify.head_of(late["anchor"]).hex()
    (step,) = [s for s in verify.check(late) if s.name == "anchor"]
    assert step.status == "ok"
    assert "LATE" in step.detail


def test_a_void_round_verifies_without_points() -> None:
    story = stories.void()
    assert verify.verdict(verify.check(story.receipt(2), story.ledger)) == verify.VERIFIED
    assert verify.verdict(verify.check(story.whole(), story.ledger)) == verify.VERIFIED


def test_erasing_one_players_values_leaves_the_round_provable() -> None:
    story = stories.settled()
    document = story.whole()
    document["predictions"][2]["prediction"] = None
    assert verify.verdict(verify.check(document, story.ledger)) == verify.VERIFIED


def test_points_match_the_worked_examples_of_the_scoring_page() -> None:
    story = stories.settled(price=Decimal(61_500))
    points = {member.entry.player: member.points_milli for member in story.members if member.entry}
    assert round((points["wide"] or 0) / 1000, 1) == 47.7
    assert round((points["narrow"] or 0) / 1000, 1) == -59.3
    assert round((points["pointed"] or 0) / 1000, 1) == 52.8
    assert round((points["bullish"] or 0) / 1000, 1) == 23.1


def put(*path: str | int, value: Any) -> Callable[[Json], None]:
    """A tampering: the value at `path` replaced."""

    def tamper(document: Json) -> None:
        place: Any = document
        for step in path[:-1]:
            place = place[step]
        assert place[path[-1]] != value
        place[path[-1]] = value

    return tamper


def drop_first_proof_step(document: Json) -> None:
    document["proof"].pop(0)


def drop_an_observation(document: Json) -> None:
    document["result"]["observations"].pop(0)


def invalidate_an_observation(document: Json) -> None:
    document["result"]["observations"][0]["is_valid"] = False


def forget_the_salt(document: Json) -> None:
    del document["prediction"]["salt"]


RECEIPT_TAMPERINGS: dict[str, tuple[Callable[[Json], None], str]] = {
    "a better median": (put("prediction", "p50", value="61400.00000000"), "prediction"),
    "a wider interval": (put("prediction", "p10", value="50000.00000000"), "prediction"),
    "another player": (put("prediction", "player", value="narrow"), "prediction"),
    "another basis": (put("prediction", "basis", value=1), "prediction"),
    "another revision": (put("prediction", "revision", value=2), "prediction"),
    "another payload": (put("prediction", "payload_hash", value=OTHER), "prediction"),
    "another salt": (put("prediction", "salt", value=OTHER), "prediction"),
    "no salt": (forget_the_salt, "prediction"),
    "another commitment": (put("commitment", value=OTHER), "prediction"),
    "another seq": (put("seq", value=1), "inclusion"),
    "a seq outside the round": (put("seq", value=7), "inclusion"),
    "a forged proof": (put("proof", 0, value=OTHER), "inclusion"),
    "a shorter proof": (drop_first_proof_step, "inclusion"),
    "another root": (put("root", value=OTHER), "inclusion"),
    "a smaller count": (put("count", value=6), "anchor"),
    "a smaller count in the anchor": (put("anchor", "count", value=6), "anchor"),
    "an earlier anchor": (put("anchor", "time", value="2025-03-01T11:00:00Z"), "anchor"),
    "another anchor head": (put("anchor", "head", value=OTHER), "anchor"),
    "another predecessor": (put("anchor", "previous", value=OTHER), "anchor"),
    "an anchor of another kind": (put("anchor", "kind", value="board"), "anchor"),
    "an anchor of another round": (put("anchor", "id", value=OTHER), "anchor"),
    "an anchor elsewhere": (put("anchor", "network", value="mainnet"), "anchor"),
    "a later lock": (put("round", "locks_at", value="2025-03-01T13:00:00Z"), "round"),
    "times out of order": (put("round", "opens_at", value="2025-03-01T13:00:00Z"), "round"),
    "another asset": (put("round", "asset", value="ETH"), "round"),
    "another league": (put("round", "league", value="closed"), "round"),
    "other rules": (put("round", "rules", "settle_deadline_s", value=1), "round"),
    "a made-up signature": (put("signature", value=OTHER), "signature"),
    "a made-up network": (put("network", "chain_id", value=1), "form"),
    "another settlement price": (put("result", "price", value="61400.00000000"), "prices"),
    "another reference price": (put("result", "reference_price", value="59000.0"), "prices"),
    "a missing observation": (drop_an_observation, "evidence"),
    "an observation disowned": (invalidate_an_observation, "evidence"),
    "an edited observation": (put("result", "observations", 0, "value", value="1.5"), "evidence"),
    "another evidence digest": (put("result", "evidence", value=OTHER), "evidence"),
    "more points": (put("result", "points_milli", value=50_000), "points"),
    "another sigma": (put("result", "sigma_bp", value="260.0"), "points"),
    "another width": (put("result", "c", value="0.85"), "points"),
    "another house": (put("result", "house_bp", 2, value="500.0"), "points"),
    "a forged score proof": (put("result", "proof", 0, value=OTHER), "scores"),
    "another score root": (put("result", "score_root", value=OTHER), "scores"),
    "a void that was not": (put("result", "status", value="void"), "void"),
    "an unknown status": (put("result", "status", value="maybe"), "settlement"),
    "a later settlement": (
        put("result", "settled_at", value="2025-03-02T12:00:01Z"),
        "settlement",
    ),
    "another version": (put("result", "version", value=2), "settlement"),
    "another settlement anchor": (put("result", "anchor", "root", value=OTHER), "settlement"),
}


@pytest.mark.parametrize("kind", RECEIPT_TAMPERINGS)
def test_a_tampered_receipt_is_refused_at_the_named_step(kind: str) -> None:
    tamper, step = RECEIPT_TAMPERINGS[kind]
    story = stories.settled()
    document = copy.deepcopy(story.receipt(0))
    tamper(document)
    assert step in failed(document)
    assert verify.verdict(verify.check(document)) == verify.REFUSED


def swap_two_scores(document: Json) -> None:
    first, second = document["predictions"][0], document["predictions"][1]
    first["points_milli"], second["points_milli"] = second["points_milli"], first["points_milli"]


def hide_the_last(document: Json) -> None:
    document["predictions"].pop()


def hide_one_and_renumber(document: Json) -> None:
    hidden = document["predictions"].pop(0)
    for seq, prediction in enumerate(document["predictions"]):
        prediction["seq"] = seq
    document["count"] -= 1
    assert hidden["seq"] == 0


def repeat_one(document: Json) -> None:
    document["predictions"][1] = copy.deepcopy(document["predictions"][0])


ROUND_TAMPERINGS: dict[str, tuple[Callable[[Json], None], str]] = {
    "two scores swapped": (swap_two_scores, "points"),
    "the last prediction hidden": (hide_the_last, "inclusion"),
    "one hidden, the rest renumbered": (hide_one_and_renumber, "inclusion"),
    "one shown twice": (repeat_one, "inclusion"),
    "one edited": (put("predictions", 3, "prediction", "p90", value="99999.0"), "prediction"),
    "one unscored": (put("predictions", 3, "points_milli", value=None), "scores"),
    "a count no memory could hold": (put("count", value=10**18), "inclusion"),
}


@pytest.mark.parametrize("kind", ROUND_TAMPERINGS)
def test_a_tampered_round_is_refused_at_the_named_step(kind: str) -> None:
    tamper, step = ROUND_TAMPERINGS[kind]
    document = copy.deepcopy(stories.settled().whole())
    tamper(document)
    assert step in failed(document)


def rewrite_the_first_entry(ledger: Json) -> None:
    entry = ledger["entries"][0]
    entry["root"] = OTHER
    entry["head"] = "0x" + verify.head_of(entry).hex()


def remove_the_first_entry(ledger: Json) -> None:
    ledger["entries"].pop(0)


def cut_before_the_commitment(ledger: Json) -> None:
    del ledger["entries"][1:]


def repeat_a_key(ledger: Json) -> None:
    again = ledger["entries"][1] | {"seq": 4, "previous": ledger["entries"][3]["head"]}
    again["time"] = ledger["entries"][3]["time"]
    again["head"] = "0x" + verify.head_of(again).hex()
    ledger["entries"].append(again)


def go_back_in_time(ledger: Json) -> None:
    entry = ledger["entries"][3]
    entry["time"] = "2025-01-01T00:00:00Z"
    entry["head"] = "0x" + verify.head_of(entry).hex()


LEDGER_TAMPERINGS: dict[str, Callable[[Json], None]] = {
    "history rewritten": rewrite_the_first_entry,
    "an entry removed": remove_the_first_entry,
    "cut before the commitment": cut_before_the_commitment,
    "one key written twice": repeat_a_key,
    "time running backwards": go_back_in_time,
    "renumbered": put("entries", 2, "seq", value=7),
    "a head you know is missing": lambda ledger: ledger.update(known_head=OTHER),
    "not a ledger": lambda ledger: ledger.pop("entries"),
}


@pytest.mark.parametrize("kind", LEDGER_TAMPERINGS)
def test_a_tampered_ledger_is_refused(kind: str) -> None:
    story = stories.settled()
    ledger = copy.deepcopy(story.ledger)
    LEDGER_TAMPERINGS[kind](ledger)
    assert failed(story.receipt(0), ledger) == {"ledger"}


def test_a_consistent_receipt_from_another_ledger_is_refused_only_with_the_ledger() -> None:
    genuine = stories.settled()
    forged = stories.settled(price=Decimal(61_000)).receipt(0)
    assert verify.verdict(verify.check(forged)) == verify.VERIFIED
    assert failed(forged, genuine.ledger) == {"ledger"}


@pytest.mark.parametrize(
    "document", [None, 7, "text", [], {}, {"version": 1}, {"version": 1, "type": "receipt"}]
)
def test_what_is_no_receipt_fails_without_an_exception(document: Any) -> None:
    assert failed(document) == {"form"}


def test_an_unknown_version_or_network_is_undecided() -> None:
    document = stories.settled().receipt(0)
    assert verify.verdict(verify.check(document | {"version": 2})) == verify.UNDECIDED
    elsewhere = {"name": "sepolia", "chain_id": 11155111, "contract": "0x" + "11" * 20}
    assert verify.verdict(verify.check(document | {"network": elsewhere})) == verify.UNDECIDED


JSON_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


def paths(value: Any, prefix: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    inner: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        inner = list(value.items())
    elif isinstance(value, list):
        inner = list(enumerate(value))
    return [prefix, *(found for key, one in inner for found in paths(one, (*prefix, key)))]


GENUINE = stories.settled().receipt(0)
# An entry's position is only checkable against the exported ledger.
UNHASHED = {("anchor", "seq"), ("result", "anchor", "seq")}


@given(st.sampled_from([path for path in paths(GENUINE) if path]), JSON_VALUES)
@settings(max_examples=150, deadline=None)
def test_any_value_replaced_anywhere_never_verifies_and_never_crashes(
    path: tuple[Any, ...], value: Any
) -> None:
    document = copy.deepcopy(GENUINE)
    place = document
    for step in path[:-1]:
        place = place[step]
    genuine = place[path[-1]]
    place[path[-1]] = value
    status = verify.verdict(verify.check(document))
    is_harmless = value == genuine or path in UNHASHED or (path == ("result",) and value is None)
    assert status != verify.VERIFIED or is_harmless


def run(*arguments: str | Path, cwd: Path) -> subprocess.CompletedProcess[str]:
    clean = {key: value for key, value in os.environ.items() if not key.startswith("PYTHON")}
    return subprocess.run(
        [sys.executable, "-I", "verify.py", *map(str, arguments)],
        cwd=cwd,
        env=clean,
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A directory with a copy of verify.py, a receipt, its round and the ledger: no repository."""
    shutil.copy(verify.__file__, tmp_path / "verify.py")
    story = stories.settled()
    documents = {"receipt": story.receipt(5), "round": story.whole(), "ledger": story.ledger}
    for name, document in documents.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(document), encoding="utf-8")
    return tmp_path


def test_the_copied_file_verifies_alone_and_exits_0(elsewhere: Path) -> None:
    done = run("receipt.json", "--ledger", "ledger.json", cwd=elsewhere)
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.endswith("VERIFIED\n")
    assert "EIP-712" in done.stdout


def test_the_copied_file_names_the_failing_step_and_exits_1(elsewhere: Path) -> None:
    document = stories.settled().receipt(5)
    document["result"]["points_milli"] += 1
    (elsewhere / "receipt.json").write_text(json.dumps(document), encoding="utf-8")
    done = run("receipt.json", cwd=elsewhere)
    assert done.returncode == 1
    assert "FAILED  points" in done.stdout
    assert done.stdout.endswith("FAILED\n")


def main(*arguments: str | Path) -> int:
    return verify.main([str(argument) for argument in arguments])


def test_the_command_line_pins_a_known_head(elsewhere: Path) -> None:
    files = elsewhere / "round.json", "--ledger", elsewhere / "ledger.json"
    known = stories.settled().ledger["entries"][3]["head"]
    assert main(*files, "--head", known) == 0
    assert main(*files, "--head", OTHER) == 1


@pytest.mark.parametrize("text", ["", "not json", "NaN", "[7]", '{"a": 1, "a": 2}'])
def test_a_file_that_cannot_be_read_exits_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], text: str
) -> None:
    path = tmp_path / "ledger.json"
    path.write_text(text, encoding="utf-8")
    receipt = tmp_path / "receipt.json"
    receipt.write_text(json.dumps(stories.settled().receipt(0)), encoding="utf-8")
    assert main(receipt, "--ledger", path) == 2
    assert "COULD NOT ASK" in capsys.readouterr().out


def test_a_file_nested_too_deeply_exits_2(elsewhere: Path) -> None:
    (elsewhere / "receipt.json").write_text("[" * 100_000, encoding="utf-8")
    done = run("receipt.json", cwd=elsewhere)
    assert (done.returncode, done.stderr) == (2, "")


def test_a_missing_file_or_ledger_exits_2(elsewhere: Path) -> None:
    assert main(elsewhere / "nowhere.json") == 2
    assert main(elsewhere / "receipt.json", "--ledger", elsewhere / "nowhere.json") == 2

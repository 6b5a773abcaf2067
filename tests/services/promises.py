"""What must hold of the evidence, whatever was killed on the way."""

import itertools
from collections import Counter, defaultdict
from typing import Any

from tests.services.bots import Acknowledged

Evidence = dict[str, list[dict[str, Any]]]
LIFE = ["scheduled", "open", "locked", "running", "settled", "final"]


def assert_kept(facts: Evidence, *, journal: list[Acknowledged]) -> None:
    assert {row["status"] for row in facts["rounds"]} == {"final"}
    assert_one_event_per_transition(facts)
    assert_every_acknowledged_word_is_there(facts, journal=journal)
    assert_every_entry_is_committed_and_scored_once(facts)
    assert_tallies_are_the_sums_of_scores(facts)


def assert_one_event_per_transition(facts: Evidence) -> None:
    steps: dict[str, list[tuple[int, str, str]]] = defaultdict(list)
    for row in facts["events"]:
        steps[row["round"]].append((int(row["version"]), row["from_status"], row["to_status"]))
    for round_ in facts["rounds"]:
        taken = sorted(steps[round_["id"]])
        assert [step[0] for step in taken] == list(range(1, int(round_["version"]) + 1))
        assert [(a, b) for _, a, b in taken] == list(itertools.pairwise(LIFE))


def assert_every_acknowledged_word_is_there(
    facts: Evidence, *, journal: list[Acknowledged]
) -> None:
    words = {(row["id"], row["revision"]): row for row in facts["predictions"]}
    words |= {(row["prediction"], row["revision"]): row for row in facts["revisions"]}
    for said in journal:
        word = words[said.prediction, str(said.revision)]
        assert float(word["p50"]) == float(said.p50), said
        assert said.round_id == word.get("round", word.get("prediction__round"))
    claims = Counter((said.prediction, said.revision) for said in journal)
    assert not {claim for claim, times in claims.items() if times > 1}


def assert_every_entry_is_committed_and_scored_once(facts: Evidence) -> None:
    locks = {row["id"]: row["locks_at"] for row in facts["rounds"]}
    entries: dict[str, list[str]] = defaultdict(list)
    for row in facts["predictions"]:
        assert row["accepted_at"] < locks[row["round"]]
        entries[row["round"]].append(row["player__handle"])
    committed = {row["round"]: int(row["count"]) for row in facts["commitments"]}
    assert committed == {round_id: len(entries[round_id]) for round_id in locks}
    scored = Counter((row["round"], row["player__handle"]) for row in facts["scores"])
    expected = {(round_id, handle) for round_id, found in entries.items() for handle in found}
    expected |= {(round_id, "crowd") for round_id, found in entries.items() if is_crowd(found)}
    assert set(scored) == expected
    assert set(scored.values()) == {1}


def is_crowd(handles: list[str]) -> bool:
    return sum(handle.startswith("person-") for handle in handles) >= 5


def assert_tallies_are_the_sums_of_scores(facts: Evidence) -> None:
    sums: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    for row in facts["scores"]:
        rounds, points = sums[row["player__handle"]]
        sums[row["player__handle"]] = (rounds + 1, points + int(row["points_milli"]))
    tallies = {
        row["player__handle"]: (int(row["rounds"]), int(row["points_milli"]))
        for row in facts["tallies"]
    }
    assert tallies == dict(sums)
    standings = {row["player__handle"]: int(row["rounds"]) for row in facts["standings"]}
    assert standings == {handle: rounds for handle, (rounds, _) in sums.items()}

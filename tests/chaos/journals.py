"""What the callers were told against what the database holds."""

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from tests.chaos.callers import Caller

PERSON = "person-"
Evidence = dict[str, list[dict[str, Any]]]


@dataclass(frozen=True)
class Stored:
    """A word that stands, or one that a later one replaced."""

    round_id: str
    handle: str
    prediction: str
    revision: int
    accepted_at: str


def words_of(facts: Evidence) -> list[Stored]:
    standing = [
        Stored(row["round"], row["player__handle"], row["id"], int(row["revision"]), at_of(row))
        for row in facts["predictions"]
    ]
    replaced = [
        Stored(
            row["prediction__round"],
            row["prediction__player__handle"],
            row["prediction"],
            int(row["revision"]),
            at_of(row),
        )
        for row in facts["revisions"]
    ]
    return standing + replaced


def at_of(row: dict[str, Any]) -> str:
    at: str = row["accepted_at"]
    return at


def compare(
    facts: Evidence, callers: Sequence[Caller], *, asked: Collection[str]
) -> dict[str, int]:
    """`asked` are the rounds that the callers alone gave people's words in."""
    said = [one for caller in callers for one in caller.acknowledged]
    unsure = [call for caller in callers for call in caller.ambiguous]
    words = words_of(facts)
    there = {(word.prediction, word.revision) for word in words}
    locks = {row["id"]: row["locks_at"] for row in facts["rounds"]}
    surplus = Counter(
        (word.round_id, word.handle)
        for word in words
        if word.round_id in asked and word.handle.startswith(PERSON)
    )
    surplus.subtract((one.round_id, one.handle) for one in said)
    surplus.subtract((call.round_id, call.handle) for call in unsure)
    scored = {(row["round"], row["player__handle"]) for row in facts["scores"]}
    return {
        "acknowledged": len(said),
        "refused": sum(len(caller.refused) for caller in callers),
        "repeated": sum(sum(caller.repeats.values()) for caller in callers),
        "ambiguous": len(unsure),
        "lost": sum((one.prediction, one.revision) not in there for one in said),
        "duplicated": sum(count for count in surplus.values() if count > 0),
        "late": sum(word.accepted_at >= locks[word.round_id] for word in words),
        "unscored": len({(word.round_id, word.handle) for word in words} - scored),
    }

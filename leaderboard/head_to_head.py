"""Two players in the rounds both entered: who is ahead, and whether that says anything. Pure.

Judged as AI is against the crowd: by locks a whole horizon apart, with a sequence that may be
looked at after every lock.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from leaderboard import verdict

FIRST, SECOND, NOT_YET = "first", "second", "not_yet"
SIDES = {"ai": FIRST, "humans": SECOND}


@dataclass(frozen=True, slots=True)
class Meeting:
    """A round both entered: its lock and asset, and the milli-points of each."""

    lock: datetime
    asset: str
    first: int
    second: int


@dataclass(frozen=True, slots=True)
class Duel:
    """Sums are milli-points over the rounds both entered.

    The lead is in points a round, first minus second, over `evidence` locks that do not overlap;
    None, as its bounds, before there are enough of them. `decided` is first, second or not_yet.
    """

    rounds: int
    locks: int
    first: int
    second: int
    evidence: int
    lead: float | None
    low: float | None
    high: float | None
    more_locks: int | None
    decided: str


def compare(meetings: Iterable[Meeting], *, horizon: str) -> Duel:
    pairs: dict[datetime, list[tuple[int, int]]] = defaultdict(list)
    for one in meetings:
        pairs[one.lock].append((one.first, one.second))
    found = verdict.judge(pairs, horizon=horizon, ai=FIRST)
    sides = [pair for together in pairs.values() for pair in together]
    return Duel(
        rounds=len(sides),
        locks=len(pairs),
        first=sum(mine for mine, _ in sides),
        second=sum(theirs for _, theirs in sides),
        evidence=found.locks,
        lead=found.mean_points,
        low=found.low,
        high=found.high,
        more_locks=found.more_locks,
        decided=SIDES.get(found.decided, NOT_YET),
    )


def say(duel: Duel, *, first: str, second: str) -> str:
    """`first` and `second` are the names to be shown."""
    if duel.lead is None:
        return f"Not yet decided: fewer than {verdict.LEAST_LOCKS} locks have both players."
    ahead, behind = (first, second) if duel.lead >= 0 else (second, first)
    told = f"{abs(duel.lead):.1f} points a round over {duel.evidence} locks"
    if duel.decided != NOT_YET:
        return f"{ahead} beats {behind} by {told}."
    return f"Not yet decided: {ahead} leads {behind} by {told}."

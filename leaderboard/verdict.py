"""Does AI beat the humans? Paired by lock, with two intervals, and an honest "not yet". Pure.

The sequence holds over all looks together: it may be watched, and it alone decides meanwhile. The
interval is narrower and holds for one look at an instant fixed beforehand: the season's end.
"""

import math
from bisect import bisect_left
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from leaderboard.statistics import clustered
from league.horizons import TABLE

DETECTABLE = 2.8  # standard errors: 80 % power at a two-sided 5 %
# Fewer locks estimate the deviation too poorly: judging from two on would err in 7 % of seasons.
LEAST_LOCKS = 5
FALSE_ALARMS = 0.05
SHARPEST = 50  # locks: the sequence may be tight at one number of them, and is wider elsewhere
MOST_LOCKS = 1_000_000  # beyond that nobody waits
NOT_YET = "not_yet"


@dataclass(frozen=True, slots=True)
class Bounds:
    """95 % bounds of the mean, in points, and the side they leave no doubt about, or not_yet."""

    low: float
    high: float
    decided: str


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points of AI minus points of the crowd per lock; `decided` is ai, humans or not_yet.

    `low`, `high` and `decided` are the sequence's. `more_locks` is None once that decides.
    """

    horizon: str
    ai: str
    locks: int
    mean_points: float | None
    low: float | None
    high: float | None
    interval: Bounds | None
    sequence: Bounds | None
    detectable_points: float | None
    more_locks: int | None
    decided: str
    is_sequential: bool
    text: str

    def as_json(self) -> dict[str, Any]:
        return asdict(self)


def judge(
    pairs: Mapping[datetime, Sequence[tuple[int, int]]], *, horizon: str, ai: str
) -> Verdict:
    """pairs: (AI, crowd) milli-points of each asset, by lock; locks lacking a crowd are absent.

    Rounds that overlap share their outcome: only locks a whole horizon apart are evidence.
    """
    means = [
        sum(mine - theirs for mine, theirs in pairs[lock]) / len(pairs[lock]) / 1e3
        for lock in apart(pairs, length=TABLE[horizon].length)
    ]
    found = clustered(means, [1] * len(means))
    if len(means) < LEAST_LOCKS or found.deviation is None:
        return _silent(horizon, ai, locks=len(means))
    margin = reach(len(means)) * found.deviation
    detectable = DETECTABLE * found.deviation / math.sqrt(len(means))
    running = _bounds(found.mean - margin, found.mean + margin)
    more = None
    if running.decided == NOT_YET:
        more = more_locks(found.mean, deviation=found.deviation, locks=len(means))
    return Verdict(
        horizon=horizon,
        ai=ai,
        locks=len(means),
        mean_points=round(found.mean, 3),
        low=running.low,
        high=running.high,
        interval=_bounds(found.low or 0.0, found.high or 0.0),
        sequence=running,
        detectable_points=round(detectable, 3),
        more_locks=more,
        decided=running.decided,
        is_sequential=True,
        text=_say(running.decided, mean=found.mean, locks=len(means), more=more),
    )


def apart(locks: Iterable[datetime], *, length: timedelta) -> list[datetime]:
    """The first lock, and each one at least `length` after the last kept."""
    kept: list[datetime] = []
    for lock in sorted(locks):
        if not kept or lock - kept[-1] >= length:
            kept.append(lock)
    return kept


def reach(locks: int) -> float:
    """Half the width of the 95 % confidence sequence of a running mean, in deviations.

    The normal-mixture boundary (Robbins 1970): it may be looked at after every lock.
    """
    scaled = locks / SHARPEST
    odds = math.log(math.sqrt(scaled + 1) / FALSE_ALARMS)
    return math.sqrt(2 * (scaled + 1) * odds / (locks * scaled))


def more_locks(mean: float, *, deviation: float, locks: int) -> int | None:
    """About how many more locks until the sequence leaves out 0, if all goes on as it did.

    None when that is never, or beyond counting.
    """
    if not abs(mean) > deviation * reach(MOST_LOCKS):
        return None
    wanted = bisect_left(range(MOST_LOCKS), True, key=_decides(abs(mean), deviation=deviation))
    return max(1, wanted - locks)


def _decides(lead: float, *, deviation: float) -> Callable[[int], bool]:
    return lambda locks: locks > 0 and lead > deviation * reach(locks)


def _bounds(low: float, high: float) -> Bounds:
    decided = "ai" if low > 0 else "humans" if high < 0 else NOT_YET
    return Bounds(round(low, 3), round(high, 3), decided)


def _silent(horizon: str, ai: str, *, locks: int) -> Verdict:
    text = "Not yet decided: fewer than five locks have both an AI and at least five humans."
    return Verdict(
        horizon=horizon,
        ai=ai,
        locks=locks,
        mean_points=None,
        low=None,
        high=None,
        interval=None,
        sequence=None,
        detectable_points=None,
        more_locks=None,
        decided=NOT_YET,
        is_sequential=True,
        text=text,
    )


def _say(decided: str, *, mean: float, locks: int, more: int | None) -> str:
    if decided == "ai":
        return f"AI beats the human crowd by {mean:.1f} points a round over {locks} locks."
    if decided == "humans":
        return f"The human crowd beats AI by {-mean:.1f} points a round over {locks} locks."
    leader = "AI" if mean > 0 else "the human crowd"
    wait = f" At this rate about {more} more locks would decide." if more else ""
    return f"Not yet decided after {locks} locks; {leader} is {abs(mean):.1f} points ahead.{wait}"

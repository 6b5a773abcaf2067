"""Does AI beat the humans? Paired by lock, with an interval, and an honest "not yet". Pure."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from leaderboard.statistics import clustered
from league.horizons import TABLE

DETECTABLE = 2.8  # standard errors: 80 % power at a two-sided 5 %
# Fewer locks estimate the deviation too poorly: judging from two on would err in 7 % of seasons.
LEAST_LOCKS = 5


@dataclass(frozen=True, slots=True)
class Verdict:
    """Points of AI minus points of the crowd per lock; `decided` is ai, humans or not_yet."""

    horizon: str
    ai: str
    locks: int
    mean_points: float | None
    low: float | None
    high: float | None
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
    low, high = sequence(means, deviation=found.deviation)
    decided = "ai" if low > 0 else "humans" if high < 0 else "not_yet"
    detectable = DETECTABLE * found.deviation / math.sqrt(len(means))
    more = more_locks(found.mean, deviation=found.deviation, locks=len(means))
    return Verdict(
        horizon=horizon,
        ai=ai,
        locks=len(means),
        mean_points=round(found.mean, 3),
        low=round(low, 3),
        high=round(high, 3),
        detectable_points=round(detectable, 3),
        more_locks=None if decided != "not_yet" else more,
        decided=decided,
        is_sequential=True,
        text=_say(decided, mean=found.mean, locks=len(means), more=more),
    )


def apart(locks: Iterable[datetime], *, length: timedelta) -> list[datetime]:
    """The first lock, and each one at least `length` after the last kept."""
    kept: list[datetime] = []
    for lock in sorted(locks):
        if not kept or lock - kept[-1] >= length:
            kept.append(lock)
    return kept


def sequence(means: Sequence[float], *, deviation: float) -> tuple[float, float]:
    """A 95 % confidence sequence for a running mean: it may be looked at after every lock.

    The normal-mixture boundary (Robbins 1970), tuned to be tightest near 50 locks.
    """
    count, rho = len(means), 1 / 50
    mean = math.fsum(means) / count
    spread = (count * rho + 1) / (count**2 * rho)
    margin = deviation * math.sqrt(2 * spread * math.log(math.sqrt(count * rho + 1) / 0.05))
    return mean - margin, mean + margin


def more_locks(mean: float, *, deviation: float, locks: int) -> int | None:
    """About how many more locks until this mean difference would show; None when it is nil."""
    if not mean:
        return None
    return max(0, math.ceil((DETECTABLE * deviation / mean) ** 2) - locks)


def _silent(horizon: str, ai: str, *, locks: int) -> Verdict:
    text = "Not yet decided: fewer than five locks have both an AI and at least five humans."
    return Verdict(horizon, ai, locks, None, None, None, None, None, "not_yet", True, text)


def _say(decided: str, *, mean: float, locks: int, more: int | None) -> str:
    if decided == "ai":
        return f"AI beats the human crowd by {mean:.1f} points a round over {locks} locks."
    if decided == "humans":
        return f"The human crowd beats AI by {-mean:.1f} points a round over {locks} locks."
    leader = "AI" if mean > 0 else "the human crowd"
    wait = f" At this rate about {more} more locks would decide." if more else ""
    return f"Not yet decided after {locks} locks; {leader} is {abs(mean):.1f} points ahead.{wait}"

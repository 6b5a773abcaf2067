"""May a challenger take over, and must a champion go? Evidence in, a decision out. Pure.

Everything is paired by lock: rounds of one lock share their outcome, so a lock counts once.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, stdev
from typing import Final

# Locks a challenger must have met before anybody judges it.
LEAST_LOCKS: Final = {"5m": 500, "1h": 500, "24h": 60, "7d": 26}
# A challenger no worse than this may follow: fresher, and not shown to be worse.
TOLERATED_POINTS: Final = -0.1
Z95: Final = 1.6448536269514722  # a 90 % interval, two sides
COVERAGE: Final = (0.76, 0.84)
WIDTHS: Final = (0.5, 2.0)
SLOWEST_S: Final = 1.0  # per thousand assets
# When a champion must go.
LOST_ERRORS: Final = -3.0
COVERAGE_LOST: Final = (0.65, 0.92)
# Locks: fewer say nothing about a champion.
LEAST_WATCHED: Final = {"5m": 30, "1h": 30, "24h": 30, "7d": 12}


@dataclass(frozen=True, slots=True)
class Met:
    """How a version did at one lock: means over the rounds both it and its rival forecast.

    `points` and `rival` are points against the house, `width` and `rival_width` p90 - p10 in basis
    points; `inside` of `rounds` outcomes lay within the 80 % interval.
    """

    points: float
    rival: float
    width: float
    rival_width: float
    inside: int
    rounds: int
    is_crossed: bool = False


@dataclass(frozen=True, slots=True)
class Decision:
    """`verdict` is promote, refuse or wait; `reason` says why, with the numbers."""

    verdict: str
    reason: str


def judge(met: Sequence[Met], *, horizon: str, seconds_per_thousand: float) -> Decision:
    """A challenger against the champion, or against the house where there is none."""
    if len(met) < LEAST_LOCKS[horizon]:
        return Decision("wait", f"{len(met)} of {LEAST_LOCKS[horizon]} locks")
    if any(one.is_crossed for one in met):
        return Decision("refuse", "quantiles cross")
    faults = _faults(met, seconds_per_thousand=seconds_per_thousand)
    gain, low = _gain([one.points - one.rival for one in met])
    shown = f"{gain:+.2f} points a lock over {len(met)} locks, 90 % interval from {low:+.2f}"
    if not (gain > 0 or low > TOLERATED_POINTS):
        faults.append(shown)
    return Decision("refuse", "; ".join(faults)) if faults else Decision("promote", shown)


def watch(met: Sequence[Met], *, horizon: str) -> Decision:
    """A champion over its latest locks: `refuse` when it must go, else `wait`."""
    if len(met) < LEAST_WATCHED[horizon]:
        return Decision("wait", f"{len(met)} of {LEAST_WATCHED[horizon]} locks")
    points = [one.points for one in met]
    error = stdev(points) / math.sqrt(len(points))
    mean, coverage = fmean(points), _coverage(met)
    if mean < LOST_ERRORS * error:
        return Decision(
            "refuse", f"{mean:+.2f} points a lock, {mean / error:+.1f} standard errors"
        )
    if not COVERAGE_LOST[0] <= coverage <= COVERAGE_LOST[1]:
        return Decision("refuse", f"80 % intervals hold {coverage:.1%} of outcomes")
    return Decision("wait", f"{mean:+.2f} points a lock, coverage {coverage:.1%}")


def _faults(met: Sequence[Met], *, seconds_per_thousand: float) -> list[str]:
    coverage = _coverage(met)
    ratio = sum(one.width for one in met) / sum(one.rival_width for one in met)
    faults = []
    if not COVERAGE[0] <= coverage <= COVERAGE[1]:
        faults.append(f"80 % intervals hold {coverage:.1%} of outcomes")
    if not WIDTHS[0] <= ratio <= WIDTHS[1]:
        faults.append(f"intervals {ratio:.2f} times as wide")
    if seconds_per_thousand >= SLOWEST_S:
        faults.append(f"{seconds_per_thousand:.1f} s for a thousand assets")
    return faults


def _coverage(met: Sequence[Met]) -> float:
    return sum(one.inside for one in met) / sum(one.rounds for one in met)


def _gain(differences: Sequence[float]) -> tuple[float, float]:
    """Mean, and the lower end of its 90 % interval."""
    mean = fmean(differences)
    return mean, mean - Z95 * stdev(differences) / math.sqrt(len(differences))

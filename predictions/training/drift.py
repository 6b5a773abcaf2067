"""Is a model still the one that was promoted? Rolling numbers over its settled trials. Pure.

Source of the cumulative sum: Page (1954), "Continuous Inspection Schemes".
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, Final

LATEST: Final = 60  # locks
SLACK: Final = 1.0  # points a lock that may be lost without being counted
# Outcomes below p10, up to the median, up to p90 and above it: an honest model has these shares.
PIT: Final = (0.1, 0.4, 0.4, 0.1)


@dataclass(frozen=True, slots=True)
class Settled:
    """One trial: points, outcome in sigmas, which of the four PIT bins it fell into."""

    lock: int
    points: float
    size: float
    pit_bin: int
    is_cold: bool


@dataclass(frozen=True, slots=True)
class Drift:
    """`cusum` is what was lost in the worst stretch up to now, points; 0 while nothing is."""

    locks: int
    coverage: float
    points: float
    cusum: float
    size: float
    pit: tuple[float, ...]
    cold: float

    def as_json(self) -> dict[str, Any]:
        return asdict(self) | {"pit": list(self.pit)}


def measure(trials: Sequence[Settled]) -> Drift | None:
    """Over the newest sixty locks of trials in any order; None without any."""
    locks = sorted({trial.lock for trial in trials})[-LATEST:]
    if not locks:
        return None
    recent = [trial for trial in trials if trial.lock >= locks[0]]
    count = len(recent)
    by_lock = [[t.points for t in recent if t.lock == lock] for lock in locks]
    shares = tuple(sum(t.pit_bin == place for t in recent) / count for place in range(len(PIT)))
    return Drift(
        locks=len(locks),
        coverage=round(shares[1] + shares[2], 4),
        points=round(sum(t.points for t in recent) / count, 3),
        cusum=round(_cusum([sum(points) / len(points) for points in by_lock]), 3),
        size=round(sum(abs(t.size) for t in recent) / count, 4),
        pit=tuple(round(share, 4) for share in shares),
        cold=round(sum(t.is_cold for t in recent) / count, 4),
    )


def _cusum(means: Sequence[float]) -> float:
    lost = 0.0
    for mean in means:
        lost = max(0.0, lost - mean - SLACK)
    return lost

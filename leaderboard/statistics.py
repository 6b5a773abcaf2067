"""Intervals of a mean over clusters: the lock is the unit of evidence. Pure."""

import math
from bisect import bisect_left
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

# Two-sided 95 % quantiles of Student's t by degrees of freedom; beyond 30 a series in 1/df.
T95 = (
    12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160,
    2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086, 2.080, 2.074, 2.069, 2.064, 2.060, 2.056,
    2.052, 2.048, 2.045, 2.042,
)  # fmt: skip
Z95 = 1.959963984540054


@dataclass(frozen=True, slots=True)
class Interval:
    mean: float
    low: float | None
    high: float | None
    deviation: float | None


def t95(degrees: int) -> float:
    """The 97.5 % point of Student's t (Fisher's expansion beyond 30 degrees)."""
    if degrees <= len(T95):
        return T95[degrees - 1]
    z = Z95
    return z + (z**3 + z) / (4 * degrees) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * degrees**2)


def overlap(locks: Iterable[datetime], *, length: timedelta) -> int:
    """The most locks within one horizon, 1 where rounds of `length` follow one another."""
    order = sorted(locks)
    ends = (bisect_left(order, lock + length) for lock in order)
    return max((end - start for start, end in enumerate(ends)), default=1)


def clustered(totals: list[float], sizes: list[int], *, shared: int = 1) -> Interval:
    """Mean per observation over clusters with these totals and sizes, with its 95 % interval.

    The ratio estimator's cluster-robust variance. Where `shared` clusters in a row overlap, the
    sum of their correlations is at most `shared` (each pair correlates by what it shares), so the
    variance grows and the independent clusters shrink by that. None for the bounds of fewer than
    two independent clusters.
    """
    count, observations = len(sizes), sum(sizes)
    if not observations:
        return Interval(0.0, None, None, None)
    mean = math.fsum(totals) / observations
    if count < 2 * shared:
        return Interval(mean, None, None, None)
    residuals = math.fsum(
        (total - mean * size) ** 2 for total, size in zip(totals, sizes, strict=True)
    )
    error = math.sqrt(residuals * shared * count / (count - shared)) / observations
    margin = t95(count // shared - 1) * error
    return Interval(mean, mean - margin, mean + margin, error * math.sqrt(count))

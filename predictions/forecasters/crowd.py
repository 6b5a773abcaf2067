"""Crowd: the median of what people said, level by level."""

from collections.abc import Sequence
from statistics import median

HANDLE = "crowd"
LEAST_PEOPLE = 5
Quantiles = tuple[float, float, float]


def aggregate(entries: Sequence[Quantiles], *, least: int = LEAST_PEOPLE) -> Quantiles | None:
    """p10, p50, p90 of the crowd in basis points; None with fewer than `least` entries.

    Medians of ascending triples ascend.
    """
    if len(entries) < least:
        return None
    return between([*zip(*entries, strict=True)])


def between(middles: Sequence[Sequence[float]]) -> Quantiles:
    """The same from the one or two middle values of each level."""
    low, middle, high = (float(median(level)) for level in middles)
    return low, middle, high

"""Geometry of the server-drawn pictures. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

MARGIN = 0.04


@dataclass(frozen=True, slots=True)
class Scale:
    """Maps [low, high] to [start, end] of a drawing, in user units to a tenth."""

    low: float
    high: float
    start: float
    end: float

    def at(self, value: float) -> float:
        share = (value - self.low) / (self.high - self.low)
        return round(self.start + share * (self.end - self.start), 1)


def spanning(values: Sequence[float], *, width: float) -> Scale:
    """A scale from 0 to `width` over all values, with a little air at both ends."""
    low, high = min(values), max(values)
    air = MARGIN * ((high - low) or 1.0)
    return Scale(low - air, high + air, 0.0, width)


def symmetric(values: Sequence[float], *, width: float) -> Scale:
    """The same with zero in the middle."""
    reach = (1 + MARGIN) * (max(abs(value) for value in values) or 1.0)
    return Scale(-reach, reach, 0.0, width)

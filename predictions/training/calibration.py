"""Adaptive conformal recalibration: intervals that are missed too often grow slowly, and back.

Source: Gibbs and Candes (2021), "Adaptive Conformal Inference Under Distribution Shift", as a
factor exp(a) on the width with a += gamma * (missed - 0.2) after each outcome. Since a is a sum,
it follows from two counts, whatever the order in which outcomes became known. Pure.
"""

import math
from dataclasses import dataclass
from typing import Final

from predictions.training.lessons import COVERED

# Per outcome of an asset. A week's outcomes are too few to learn from.
GAMMA: Final = {"5m": 0.005, "1h": 0.005, "24h": 0.005, "7d": 0.0}
FARTHEST: Final = 0.7  # exp(0.7): never more than twice, nor less than half the width


@dataclass(frozen=True, slots=True)
class Record:
    """Outcomes of an asset that a model's intervals have met, and how many lay outside."""

    settled: int = 0
    missed: int = 0

    def after(self, *, missed: bool) -> "Record":
        return Record(self.settled + 1, self.missed + missed)


def factor(record: Record, *, horizon: str) -> float:
    """What to multiply the width by."""
    excess = record.missed - (1.0 - COVERED) * record.settled
    return math.exp(min(max(GAMMA[horizon] * excess, -FARTHEST), FARTHEST))

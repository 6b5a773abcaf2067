"""Whose entries are put together, from how many on, and what comes of it."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Final

from league.models import Round
from league.models.player import RANKED, Kind
from predictions.forecasters import crowd
from predictions.models import Aggregate
from predictions.models.aggregate import Of
from predictions.scoring.rules import Quantiles


@dataclass(frozen=True, slots=True)
class Group:
    of: Of
    kinds: Collection[Kind]
    least: int


HUMANS: Final = Group(Of.HUMAN, (Kind.HUMAN,), crowd.LEAST_PEOPLE)
# The built-in players are few: two of them are two opinions already.
MACHINES: Final = Group(Of.AI, (Kind.AI,), 2)
EVERYBODY: Final = Group(Of.ALL, RANKED, 2)
GROUPS: Final = (HUMANS, MACHINES, EVERYBODY)


@dataclass(frozen=True, slots=True)
class Median:
    """Of the `count` standing entries of a group: the median of each level, basis points."""

    group: Group
    count: int
    levels: Quantiles

    def row(self, round_: Round) -> Aggregate:
        """Unsaved."""
        low, middle, high = self.levels
        return Aggregate(
            round=round_,
            kind=self.group.of,
            count=self.count,
            low_bp=low,
            middle_bp=middle,
            high_bp=high,
        )

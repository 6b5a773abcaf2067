"""What a player's rating is made of, by horizon and asset, and lock by lock. Pure.

Estimated as boards do, from sums. Points are milli-points.
"""

from dataclasses import dataclass

from leaderboard import ranking
from leaderboard.ranking import Sums


@dataclass(frozen=True, slots=True)
class Extent:
    """The final rounds there were, entered or not, by their sums: see ranking.Extent."""

    final: int
    locks: int
    squares: int
    shared: int
    shrinkage: int

    @property
    def rounds(self) -> int:
        return max(self.final, 1)

    @property
    def shrink(self) -> float:
        return ranking.shrink(self.locks, shrinkage=self.shrinkage)

    @property
    def stretch(self) -> float | None:
        return ranking.stretch(self.locks, rounds=self.rounds, shared=self.shared)


@dataclass(frozen=True, slots=True)
class Played:
    """A player's own rounds of an extent, and the sums an interval needs."""

    rounds: int
    locks: int
    points: int
    square: int
    cross: int


@dataclass(frozen=True, slots=True)
class Skill:
    """`mean` and the rating run over all final rounds, a missing one is 0; `mean_entered` not."""

    season_rounds: int
    season_locks: int
    rounds: int
    locks: int
    points: int
    mean: int
    mean_entered: int | None
    rating: int
    low: int | None
    high: int | None


def skill(played: Played, *, extent: Extent) -> Skill:
    """Estimated as boards do."""
    sums = Sums(float(played.points), float(played.square), float(played.cross))
    found = ranking.estimate(sums, terms=extent)
    return Skill(
        season_rounds=extent.final,
        season_locks=extent.locks,
        rounds=played.rounds,
        locks=played.locks,
        points=played.points,
        mean=round(found.mean),
        mean_entered=round(played.points / played.rounds) if played.rounds else None,
        rating=round(found.rating),
        low=None if found.low is None else round(found.low),
        high=None if found.high is None else round(found.high),
    )


def part(points: int, *, extent: Extent) -> int:
    """What these points add to the rating over the extent; over all assets they add up to it."""
    return round(extent.shrink * points / extent.rounds)

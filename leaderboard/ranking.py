"""From scores to a table: shrunk means over every lock of the season, and a total order. Pure.

A missing round counts 0 points, exactly like submitting the house forecast, so nobody gains by
choosing rounds; the mean is over all rounds made final, and n counts their locks.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from leaderboard.statistics import clustered

LEAST_LOCKS = 20
LEAST_SHARE = 0.3
Points = Mapping[datetime, Sequence[int]]


@dataclass(frozen=True, slots=True)
class Competitor:
    """`points` are milli-points by lock; `key` is the registration order."""

    key: int
    is_ranked: bool
    points: Points


@dataclass(frozen=True, slots=True)
class Row:
    """Points in milli-points; `low` and `high` bound the rating, shrunk like it."""

    key: int
    rounds: int
    locks: int
    mean: int
    rating: int
    low: int | None
    high: int | None
    coverage: float
    is_provisional: bool
    rank: int | None


def table(
    competitors: Sequence[Competitor], *, sizes: Mapping[datetime, int], shrinkage: int
) -> list[Row]:
    """The board, ranked rows first, then the unranked by rating.

    sizes: final rounds by lock, for every lock of the season (the eligible ones).
    """
    rows = [_row(one, sizes=sizes, shrinkage=shrinkage) for one in competitors]
    order = sorted(rows, key=lambda row: (-row.rating, -row.rounds, row.key))
    ranked = {one.key for one in competitors if one.is_ranked}
    places = iter(range(1, len(order) + 1))
    first = [_placed(row, next(places)) for row in order if row.key in ranked]
    return first + [row for row in order if row.key not in ranked]


def _row(one: Competitor, *, sizes: Mapping[datetime, int], shrinkage: int) -> Row:
    locks = sorted(sizes)
    totals = [float(sum(one.points.get(lock, ()))) for lock in locks]
    found = clustered(totals, [sizes[lock] for lock in locks])
    shrink = len(locks) / (len(locks) + shrinkage)
    rounds = sum(len(points) for points in one.points.values())
    eligible = sum(sizes.values())
    played = len(one.points)
    return Row(
        key=one.key,
        rounds=rounds,
        locks=played,
        mean=round(found.mean),
        rating=round(shrink * found.mean),
        low=None if found.low is None else round(shrink * found.low),
        high=None if found.high is None else round(shrink * found.high),
        coverage=rounds / eligible if eligible else 0.0,
        is_provisional=played < max(LEAST_LOCKS, LEAST_SHARE * len(locks)),
        rank=None,
    )


def _placed(row: Row, rank: int) -> Row:
    return Row(**{**{name: getattr(row, name) for name in Row.__slots__}, "rank": rank})

"""From scores to a table: shrunk means over every lock of the season, and a total order. Pure.

A missing round counts 0 points, exactly like submitting the house forecast, so nobody gains by
choosing rounds; the mean is over all rounds made final, and n counts their locks. Locks closer
together than the horizon share outcomes: all count, and the interval is widened for it.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from leaderboard.statistics import clustered, overlap

LEAST_LOCKS = 20
LEAST_SHARE = 0.3
Points = Mapping[datetime, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Competitor:
    """`points` are summed milli-points and rounds by lock; `key` is the registration order."""

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


@dataclass(frozen=True, slots=True)
class Terms:
    """What the rows of a board have in common.

    sizes: final rounds by lock, for every lock of the season (the eligible ones).
    """

    sizes: Mapping[datetime, int]
    shrinkage: int
    length: timedelta


def table(competitors: Iterable[Competitor], *, terms: Terms) -> list[Row]:
    """The board, ranked rows first, then the unranked by rating."""
    shared = overlap(terms.sizes, length=terms.length)
    pairs = [(one.is_ranked, _row(one, terms=terms, shared=shared)) for one in competitors]
    pairs.sort(key=lambda pair: (-pair[1].rating, -pair[1].rounds, pair[1].key))
    ranked = [row for is_ranked, row in pairs if is_ranked]
    first = [replace(row, rank=rank) for rank, row in enumerate(ranked, start=1)]
    return first + [row for is_ranked, row in pairs if not is_ranked]


def _row(one: Competitor, *, terms: Terms, shared: int) -> Row:
    sizes = terms.sizes
    totals = [float(one.points[lock][0]) if lock in one.points else 0.0 for lock in sizes]
    found = clustered(totals, list(sizes.values()), shared=shared)
    shrink = len(sizes) / (len(sizes) + terms.shrinkage)
    rounds = sum(count for _, count in one.points.values())
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
        is_provisional=played < max(LEAST_LOCKS, LEAST_SHARE * len(sizes)),
        rank=None,
    )

"""From scores to a table: shrunk means over every lock of the season, and a total order. Pure.

A missing round counts 0 points, exactly like submitting the house forecast, so nobody gains by
choosing rounds; the mean is over all rounds made final, and n counts their locks. Locks closer
together than the horizon share outcomes: all count, and the interval is widened for it.
"""

import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any, Generic, Protocol

from leaderboard.statistics import overlap, t95
from predictions.terms import Number

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


@dataclass(frozen=True)
class Terms:
    """What the rows of a board have in common.

    sizes: final rounds by lock, for every lock of the season (the eligible ones).
    """

    sizes: Mapping[datetime, int]
    shrinkage: int
    length: timedelta

    @cached_property
    def rounds(self) -> int:
        """Final rounds; 1 before there are any, so that nobody's mean is 0 / 0."""
        return max(sum(self.sizes.values()), 1)

    @cached_property
    def squares(self) -> int:
        return sum(size * size for size in self.sizes.values())

    @cached_property
    def shrink(self) -> float:
        return shrink(len(self.sizes), shrinkage=self.shrinkage)

    @cached_property
    def least_locks(self) -> float:
        """Below that many locks of their own a row is provisional."""
        return max(LEAST_LOCKS, LEAST_SHARE * len(self.sizes))

    @cached_property
    def stretch(self) -> float | None:
        shared = overlap(self.sizes, length=self.length)
        return stretch(len(self.sizes), rounds=self.rounds, shared=shared)


class Extent(Protocol):
    """What an estimate needs to know of the rounds there were: Terms, or their sums alone."""

    @property
    def rounds(self) -> int: ...
    @property
    def squares(self) -> int: ...
    @property
    def shrink(self) -> float: ...
    @property
    def stretch(self) -> float | None: ...


def shrink(locks: int, *, shrinkage: int) -> float:
    """How far a mean over so many locks is believed, 0 to 1."""
    return locks / (locks + shrinkage)


def stretch(locks: int, *, rounds: int, shared: int) -> float | None:
    """What turns the root of the squared residuals into half an interval; None: too few locks.

    The ratio estimator's cluster-robust error. Where `shared` locks in a row overlap, the sum
    of their correlations is at most `shared` (each pair correlates by what it shares), so the
    variance grows and the independent locks shrink by that.
    """
    if locks < 2 * shared:
        return None
    error = math.sqrt(shared * locks / (locks - shared)) / rounds
    return t95(locks // shared - 1) * error


@dataclass(frozen=True, slots=True)
class Sums(Generic[Number]):
    """Of a player's locks: T is the milli-points of one, n the final rounds of it."""

    total: Number
    square: Number
    cross: Number


@dataclass(frozen=True, slots=True)
class Estimate(Generic[Number]):
    """Milli-points, not yet rounded."""

    mean: Number
    rating: Number
    low: Number | None
    high: Number | None


def estimate(
    sums: Sums[Number],
    *,
    terms: Extent,
    larger: Callable[..., Any] = max,
    root: Callable[..., Any] = math.sqrt,
) -> Estimate[Number]:
    """The rating and its 95 % interval; SQL when `sums` are terms (predictions.terms)."""
    mean = sums.total / float(terms.rounds)
    if terms.stretch is None:
        return Estimate(mean, terms.shrink * mean, None, None)
    residuals = sums.square - 2.0 * mean * sums.cross + mean * mean * float(terms.squares)
    margin = terms.stretch * root(larger(residuals, 0.0 * residuals))
    low, high = terms.shrink * (mean - margin), terms.shrink * (mean + margin)
    return Estimate(mean, terms.shrink * mean, low, high)


def table(competitors: Iterable[Competitor], *, terms: Terms) -> list[Row]:
    """The board, ranked rows first, then the unranked by rating."""
    pairs = [(one.is_ranked, _row(one, terms=terms)) for one in competitors]
    pairs.sort(key=lambda pair: (-pair[1].rating, -pair[1].rounds, pair[1].key))
    ranked = [row for is_ranked, row in pairs if is_ranked]
    first = [replace(row, rank=rank) for rank, row in enumerate(ranked, start=1)]
    return first + [row for is_ranked, row in pairs if not is_ranked]


def sums_of(points: Points, *, sizes: Mapping[datetime, int]) -> Sums[float]:
    """Exact integers, as doubles."""
    totals = {lock: total for lock, (total, _) in points.items()}
    return Sums(
        total=float(sum(totals.values())),
        square=float(sum(total * total for total in totals.values())),
        cross=float(sum(total * sizes.get(lock, 0) for lock, total in totals.items())),
    )


def _row(one: Competitor, *, terms: Terms) -> Row:
    found = estimate(sums_of(one.points, sizes=terms.sizes), terms=terms)
    rounds = sum(count for _, count in one.points.values())
    return Row(
        key=one.key,
        rounds=rounds,
        locks=len(one.points),
        mean=round(found.mean),
        rating=round(found.rating),
        low=None if found.low is None else round(found.low),
        high=None if found.high is None else round(found.high),
        coverage=rounds / terms.rounds,
        is_provisional=len(one.points) < terms.least_locks,
        rank=None,
    )

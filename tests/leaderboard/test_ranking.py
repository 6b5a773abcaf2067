import random
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import ranking
from leaderboard.ranking import Competitor, Row, Terms

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


def lock(number: int) -> datetime:
    return START + timedelta(hours=number)


def competitor(key: int, *scores: Sequence[int], is_ranked: bool = True) -> Competitor:
    """`scores[n]` are the milli-points of lock n; an empty list is a lock not played."""
    points = {lock(n): (sum(row), len(row)) for n, row in enumerate(scores) if row}
    return Competitor(key, is_ranked, points)


def table(*players: Competitor, locks: int, assets: int = 1, shrinkage: int = 100) -> list[Row]:
    sizes = {lock(number): assets for number in range(locks)}
    return ranking.table(players, terms=Terms(sizes, shrinkage=shrinkage, length=HOUR))


SCORES = st.lists(st.lists(st.integers(-200_000, 200_000), max_size=2), min_size=5, max_size=5)


# -- the numbers of one row ----------------------------------------------------------------------
def test_the_rating_is_the_shrunk_mean_over_the_seasons_locks() -> None:
    (row,) = table(competitor(1, *[[3000]] * 25), locks=25, shrinkage=100)
    assert row.mean == 3000
    assert row.rating == 600  # 25 / (25 + 100) * 3000
    assert (row.rounds, row.locks, row.coverage) == (25, 25, 1.0)


def test_a_missing_round_counts_as_the_house() -> None:
    absent = table(competitor(1, [4000], [], [2000], []), locks=4)
    house = table(competitor(1, [4000], [0], [2000], [0]), locks=4)
    assert absent[0].mean == house[0].mean == 1500
    assert absent[0].rating == house[0].rating
    assert (absent[0].low, absent[0].high) == (house[0].low, house[0].high)
    assert (absent[0].rounds, house[0].rounds) == (2, 4)
    assert absent[0].coverage == 0.5


def test_a_lock_half_played_counts_its_missing_asset_as_nothing() -> None:
    (row,) = table(competitor(1, [3000], [1000, 2000]), locks=2, assets=2)
    assert row.mean == 1500
    assert row.coverage == 0.75


def test_locks_with_fewer_final_rounds_weigh_less() -> None:
    sizes = {lock(0): 1, lock(1): 3}
    terms = Terms(sizes, shrinkage=30, length=HOUR)
    rows = ranking.table([competitor(1, [4000], [0, 0, 0])], terms=terms)
    assert rows[0].mean == 1000


def test_nothing_final_yet_rates_everybody_zero() -> None:
    (row,) = table(competitor(1), locks=0)
    assert (row.mean, row.rating, row.coverage, row.low) == (0, 0, 0.0, None)


def test_the_interval_brackets_the_rating_and_is_shrunk_like_it() -> None:
    (row,) = table(competitor(1, *[[n * 1000] for n in range(30)]), locks=30, shrinkage=30)
    assert row.low is not None
    assert row.high is not None
    assert row.low < row.rating < row.high
    assert row.rating - row.low == pytest.approx(row.high - row.rating, abs=2)
    spread = 2.045 * 8803.4 / 30**0.5  # t of 29 degrees, sd of 0..29 thousand
    assert row.high - row.rating == pytest.approx(spread / 2, rel=1e-3)


def test_one_lock_has_no_interval() -> None:
    (row,) = table(competitor(1, [1000]), locks=1)
    assert (row.low, row.high) == (None, None)


# -- provisional ---------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("played", "locks", "is_provisional"),
    [
        (19, 19, True),
        (20, 20, False),
        (20, 66, False),
        (20, 67, True),
        (29, 100, True),
        (30, 100, False),
    ],
)
def test_the_podium_needs_twenty_locks_and_three_tenths_of_them(
    played: int, locks: int, is_provisional: bool
) -> None:
    (row,) = table(competitor(1, *[[5]] * played), locks=locks)
    assert row.is_provisional is is_provisional


def test_locks_count_towards_the_podium_not_rounds() -> None:
    (row,) = table(competitor(1, *[[5, 5, 5]] * 10), locks=10, assets=3)
    assert row.rounds == 30
    assert row.is_provisional


# -- order ---------------------------------------------------------------------------------------
def test_ties_go_to_more_rounds_then_to_the_earlier_registration() -> None:
    rows = table(
        competitor(9, [1000], [0]),
        competitor(3, [1000]),
        competitor(2, [1000]),
        competitor(7, [2000]),
        locks=2,
    )
    assert [row.key for row in rows] == [7, 9, 2, 3]
    assert [row.rank for row in rows] == [1, 2, 3, 4]


def test_the_unranked_follow_without_a_place() -> None:
    rows = table(
        competitor(1, [0], is_ranked=False), competitor(2, [-500]),
        competitor(3, [900], is_ranked=False), locks=1,
    )  # fmt: skip
    assert [(row.key, row.rank) for row in rows] == [(2, 1), (3, None), (1, None)]


@given(everyone=st.lists(SCORES, min_size=1, max_size=6), seed=st.integers(0, 99))
def test_the_order_is_total_and_hangs_on_no_input_order(
    everyone: list[list[list[int]]], seed: int
) -> None:
    players = [competitor(key, *scores) for key, scores in enumerate(everyone)]
    shuffled = random.Random(seed).sample(players, len(players))
    for one in players:
        assert isinstance(one.points, Mapping)
    first, second = table(*players, locks=5, assets=2), table(*shuffled, locks=5, assets=2)
    assert first == second
    assert [row.rank for row in first] == list(range(1, len(players) + 1))
    keys = [(-row.rating, -row.rounds, row.key) for row in first]
    assert keys == sorted(keys)


@given(everyone=st.lists(SCORES, min_size=1, max_size=4), others=st.lists(SCORES, max_size=4))
def test_other_players_change_nobodys_numbers_nor_the_order_between_them(
    everyone: list[list[list[int]]], others: list[list[list[int]]]
) -> None:
    players = [competitor(key, *scores) for key, scores in enumerate(everyone)]
    junk = [competitor(100 + key, *scores) for key, scores in enumerate(others)]
    alone = table(*players, locks=5, assets=2)
    crowded = [row for row in table(*players, *junk, locks=5, assets=2) if row.key < 100]
    for before, after in zip(alone, crowded, strict=True):
        assert (before.key, before.rating, before.low) == (after.key, after.rating, after.low)
        assert before.coverage == after.coverage


@given(scores=SCORES, seed=st.integers(0, 99))
def test_sums_hang_on_no_order(scores: list[list[int]], seed: int) -> None:
    one = competitor(1, *scores)
    locks = [lock(number) for number in range(5)]
    dice = random.Random(seed)
    shuffled = {at: one.points[at] for at in dice.sample(locks, 5) if at in one.points}
    sizes = dict.fromkeys(dice.sample(locks, 5), 2)
    terms = Terms(sizes, shrinkage=100, length=HOUR)
    again = ranking.table([Competitor(1, True, shuffled)], terms=terms)
    assert again == table(one, locks=5, assets=2)


# -- overlapping rounds --------------------------------------------------------------------------
def test_overlapping_locks_widen_the_interval_and_move_nothing_else() -> None:
    """Of 24h rounds that lock twice a day, two share every stretch of time."""
    days = {START + 12 * n * HOUR: 1 for n in range(60)}
    points = {at: (n % 7 * 1000, 1) for n, at in enumerate(days)}
    (apart,), (close,) = (
        ranking.table(
            [Competitor(1, True, points)], terms=Terms(days, shrinkage=30, length=length * HOUR)
        )
        for length in (12, 24)
    )
    assert (close.mean, close.rating, close.rank) == (apart.mean, apart.rating, apart.rank)
    assert apart.high is not None
    assert close.high is not None
    widened = (close.high - close.rating) / (apart.high - apart.rating)
    # sqrt(2), the variance's 59/58, and t of 29 instead of 59 degrees
    assert widened == pytest.approx((2 * 59 / 58) ** 0.5 * 2.045 / 2.001, rel=1e-3)


def test_locks_that_share_one_stretch_of_time_are_no_evidence_of_spread() -> None:
    hours = {lock(n): 1 for n in range(47)}
    points = {at: (n * 1000, 1) for n, at in enumerate(hours)}
    terms = Terms(hours, shrinkage=30, length=24 * HOUR)
    (row,) = ranking.table([Competitor(1, True, points)], terms=terms)
    assert row.mean == 23_000
    assert (row.low, row.high) == (None, None)


def test_the_interval_of_overlapping_rounds_covers_the_truth() -> None:
    """24h rounds that lock hourly, without skill: taken as independent, two in three would err."""
    dice, covered, seasons = random.Random(8), 0, 200
    hours = {lock(n): 1 for n in range(24 * 15)}
    terms = Terms(hours, shrinkage=30, length=24 * HOUR)
    for _ in range(seasons):
        moves = [dice.gauss(0, 4000) for _ in range(24 * 16)]
        points = {at: (round(sum(moves[n : n + 24])), 1) for n, at in enumerate(hours)}
        (row,) = ranking.table([Competitor(1, True, points)], terms=terms)
        assert row.low is not None
        assert row.high is not None
        covered += row.low <= 0 <= row.high
    assert covered / seasons >= 0.93

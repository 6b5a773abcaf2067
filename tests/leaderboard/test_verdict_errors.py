"""How often the verdict is wrong, over thousands of seasons drawn at random.

In every season AI and crowd are equally good: their opinions are drawn alike, and scored by the
rule on outcomes that the assets of a lock share. Each share comes with its Monte-Carlo error, and
three of it lie between the share and its bound.
"""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from leaderboard import verdict
from leaderboard.statistics import t95
from league.volatility import LEVELS
from predictions.scoring import rules

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
SIGMA_BP, WIDTH = 250.0, 0.9
ALIKE = 0.7  # correlation of two assets' returns
LEAN = 0.25  # deviation of an opinion, in sigmas
ASSETS, DAY = 12, 24
wis: Any = rules.wis


# -- seasons in which nobody is better -----------------------------------------------------------
def drawn(dice: np.random.Generator, *shape: int, tails: int | None = None) -> Array:
    """Of variance 1: normal, or Student's t with so many degrees of freedom."""
    if tails is None:
        return dice.standard_normal(shape)
    return dice.standard_t(tails, shape) / math.sqrt(tails / (tails - 2))


def leads(outcome: Array, mine: Array, theirs: Array) -> Array:
    """Points of AI minus points of the crowd; everything in sigmas, opinions where they centre."""

    def loss(centre: Array) -> Array:
        levels = [SIGMA_BP * (centre + WIDTH * level) for level in LEVELS]
        found: Array = wis(levels, SIGMA_BP * outcome, larger=np.maximum)
        return found

    return 100 * (loss(theirs) - loss(mine)) / (SIGMA_BP / 2)


def daily(seed: int, *, seasons: int, locks: int, tails: int | None = None) -> Array:
    """Leads by season, lock and asset: one market moves a lock's assets, one mood its opinions."""
    dice = np.random.default_rng(seed)

    def shared(deviation: float, of: int | None = None) -> Array:
        common = drawn(dice, seasons, locks, 1, tails=of)
        own = drawn(dice, seasons, locks, ASSETS, tails=of)
        return deviation * (math.sqrt(ALIKE) * common + math.sqrt(1 - ALIKE) * own)

    return leads(shared(1.0, tails), shared(LEAN), shared(LEAN))


def hourly(seed: int, *, seasons: int, days: int, tails: int | None = None) -> Array:
    """Leads by season and lock of 24h rounds that lock every hour; opinions last about a day."""
    dice = np.random.default_rng(seed)
    steps = drawn(dice, seasons, DAY * (days + 1), tails=tails) / math.sqrt(DAY)
    path = np.concatenate([np.zeros((seasons, 1)), steps.cumsum(axis=1)], axis=1)
    outcome = path[:, DAY:-1] - path[:, : -DAY - 1]
    return leads(outcome, *(lasting(dice, outcome.shape) for _ in range(2)))


def lasting(dice: np.random.Generator, shape: tuple[int, ...]) -> Array:
    """Opinions that forget half of themselves in twelve hours."""
    kept = 0.5 ** (1 / 12)
    news = LEAN * math.sqrt(1 - kept**2) * dice.standard_normal(shape)
    news[:, 0] = LEAN * dice.standard_normal(shape[0])
    for hour in range(1, shape[1]):
        news[:, hour] += kept * news[:, hour - 1]
    return news


def batches(draw: Callable[[int], Array], judge: Callable[[Array], Flags], *, count: int) -> Flags:
    """A season's leads are many numbers: a few hundred seasons are in memory at a time."""
    return np.concatenate([judge(draw(seed)) for seed in range(count)])


# -- the verdict's two looks, over all seasons at once -------------------------------------------
def by_lock(rows: Array) -> Array:
    found: Array = rows.mean(axis=2)
    return found


def is_called_once(values: Array) -> Flags:
    """Whether the 95 % interval over the second axis leaves out 0."""
    count = values.shape[1]
    margin = t95(count - 1) * values.std(axis=1, ddof=1) / math.sqrt(count)
    called: Flags = np.abs(values.mean(axis=1)) > margin
    return called


def is_ever_called(means: Array, *, reach: Callable[[int], float]) -> Flags:
    """Whether bounds `reach` deviations from the mean leave out 0 after any lock."""
    counts = np.arange(1, means.shape[1] + 1)
    running = means.cumsum(axis=1) / counts
    squares = (means**2).cumsum(axis=1) - counts * running**2
    looks = slice(verdict.LEAST_LOCKS - 1, None)
    deviation = np.sqrt(np.maximum(squares[:, looks], 0) / (counts[looks] - 1))
    margin = deviation * np.array([reach(int(count)) for count in counts[looks]])
    called: Flags = (np.abs(running[:, looks]) > margin).any(axis=1)
    return called


def interval(locks: int) -> float:
    return t95(locks - 1) / math.sqrt(locks)


def error_of(found: Flags) -> float:
    """The standard error of the share of True."""
    share = float(found.mean())
    return math.sqrt(max(share * (1 - share), 1 / found.size) / found.size)


def assert_at_most(bound: float, found: Flags) -> None:
    assert found.mean() + 3 * error_of(found) <= bound, found.mean()


def assert_at_least(bound: float, found: Flags) -> None:
    assert found.mean() - 3 * error_of(found) >= bound, found.mean()


def judged(rows: Array, *, horizon: str, spacing: timedelta) -> verdict.Verdict:
    """One season, lock by asset, as the league judges it: by integer milli-points."""
    pairs = {
        START + lock * spacing: [(round(1e3 * lead), 0) for lead in assets]
        for lock, assets in enumerate(rows)
    }
    return verdict.judge(pairs, horizon=horizon, ai="vol-scholar")


# -- false alarms --------------------------------------------------------------------------------
@pytest.mark.parametrize("tails", [None, 3], ids=["normal", "heavy tails"])
def test_twelve_assets_that_move_together_are_one_piece_of_evidence_a_lock(
    tails: int | None,
) -> None:
    """20,000 seasons of 30 locks; the error of 5 % is 0.15 %."""

    def draw(seed: int) -> Array:
        return daily(seed, seasons=2_000, locks=30, tails=tails)

    assert_at_most(0.06, batches(draw, lambda rows: is_called_once(by_lock(rows)), count=10))
    naive = batches(draw, lambda rows: is_called_once(rows.reshape(len(rows), -1)), count=2)
    assert_at_least(0.20, naive)


@pytest.mark.parametrize("tails", [None, 3], ids=["normal", "heavy tails"])
def test_rounds_that_overlap_are_evidence_a_whole_horizon_apart(tails: int | None) -> None:
    """20,000 seasons of 30 days of hourly 24h rounds; the error of 5 % is 0.15 %."""

    def draw(seed: int) -> Array:
        return hourly(seed, seasons=2_000, days=30, tails=tails)

    assert_at_most(0.06, batches(draw, lambda means: is_called_once(means[:, ::DAY]), count=10))
    assert_at_least(0.10, batches(draw, is_called_once, count=2))


@pytest.mark.parametrize("tails", [None, 3], ids=["normal", "heavy tails"])
def test_a_year_of_daily_looks_raises_few_false_alarms(tails: int | None) -> None:
    """6,000 seasons of 365 locks; the error of 3 % is 0.22 %."""

    def draw(seed: int) -> Array:
        return by_lock(daily(seed, seasons=300, locks=365, tails=tails))

    means = [draw(seed) for seed in range(20)]
    watched = [is_ever_called(some, reach=verdict.reach) for some in means]
    assert_at_most(0.05, np.concatenate(watched))
    naive = [is_ever_called(some, reach=interval) for some in means]
    assert_at_least(0.15, np.concatenate(naive))


# -- and how often it is right --------------------------------------------------------------------
@pytest.mark.parametrize("locks", [20, 50, 150])
def test_a_lead_of_the_detectable_size_is_found_four_times_of_five(locks: int) -> None:
    """20,000 seasons; the error of 80 % is 0.3 %. The interval's one look, at the season's end."""
    means = np.random.default_rng(locks).standard_normal((20_000, locks))
    found = is_called_once(means + verdict.DETECTABLE / math.sqrt(locks))
    assert_at_least(0.74, found)
    assert_at_most(0.82, found)


def test_the_locks_foretold_are_about_those_it_takes() -> None:
    """10,000 seasons of a lead of a quarter deviation, by their 20th lock; the error is 0.5 %."""
    lead = 0.25
    wanted = verdict.more_locks(lead, deviation=1.0, locks=20)
    assert wanted is not None
    means = lead + np.random.default_rng(4).standard_normal((10_000, 20 + wanted))
    found = is_ever_called(means, reach=verdict.reach)
    assert_at_least(0.5, found)
    assert_at_most(0.7, found)


# -- all that is about the verdict itself --------------------------------------------------------
def test_what_is_judged_here_at_once_is_what_the_verdict_says_of_each() -> None:
    rows = daily(1, seasons=150, locks=25, tails=3)
    rows[::3] += 8.0  # some that are called
    said = [judged(one, horizon="24h", spacing=DAY * HOUR) for one in rows]
    ends = [one.interval.decided != "not_yet" for one in said if one.interval]
    assert ends == is_called_once(by_lock(rows)).tolist()
    assert 10 < sum(ends) < 140
    overlapping = hourly(2, seasons=20, days=12)
    told = [judged(one[:, None], horizon="24h", spacing=HOUR) for one in overlapping]
    assert {one.locks for one in told} == {12}
    ends = [one.interval.decided != "not_yet" for one in told if one.interval]
    assert ends == is_called_once(overlapping[:, ::DAY]).tolist()


def test_what_is_watched_here_at_once_is_what_the_verdict_says_after_every_lock() -> None:
    rows = daily(3, seasons=40, locks=40)
    rows[::2] += 12.0
    ever = [
        any(
            judged(one[:locks], horizon="24h", spacing=DAY * HOUR).decided != "not_yet"
            for locks in range(1, len(one) + 1)
        )
        for one in rows
    ]
    assert ever == is_ever_called(by_lock(rows), reach=verdict.reach).tolist()
    assert 0 < sum(ever) < 40

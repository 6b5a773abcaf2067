import math
import random
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard import statistics

START = datetime(2025, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.mark.parametrize("degrees", [1, 2, 5, 10, 29, 30, 31, 40, 60, 120, 1000, 100_000])
def test_t95_is_students(degrees: int) -> None:
    assert statistics.t95(degrees) == pytest.approx(stats.t.ppf(0.975, degrees), rel=2e-4)


def test_nothing_seen_says_nothing() -> None:
    assert statistics.clustered([], []) == statistics.Interval(0.0, None, None, None)


def test_one_cluster_has_a_mean_and_no_interval() -> None:
    found = statistics.clustered([30.0], [3])
    assert (found.mean, found.low, found.high) == (10.0, None, None)


@given(values=st.lists(st.floats(-1e5, 1e5), min_size=2, max_size=40))
def test_clusters_of_one_are_the_textbook_interval(values: list[float]) -> None:
    found = statistics.clustered(values, [1] * len(values))
    count = len(values)
    mean = math.fsum(values) / count
    error = math.sqrt(math.fsum((v - mean) ** 2 for v in values) / (count - 1) / count)
    assert found.low is not None
    assert found.high is not None
    margin = statistics.t95(count - 1) * error
    assert found.mean == pytest.approx(mean, rel=1e-9, abs=1e-6)
    assert found.high - found.low == pytest.approx(2 * margin, rel=1e-6, abs=1e-4)


@given(values=st.lists(st.floats(-1e3, 1e3), min_size=3, max_size=12), copies=st.integers(2, 6))
def test_repeating_every_observation_inside_its_lock_adds_no_certainty(
    values: list[float], copies: int
) -> None:
    single = statistics.clustered(values, [1] * len(values))
    repeated = statistics.clustered([copies * v for v in values], [copies] * len(values))
    assert repeated.mean == pytest.approx(single.mean, rel=1e-9, abs=1e-6)
    assert repeated.low == pytest.approx(single.low, rel=1e-6, abs=1e-4)


def test_the_interval_covers_the_truth_at_its_nominal_rate() -> None:
    """Correlated observations inside locks, as two assets in one hour are."""
    dice, covered, trials = random.Random(5), 0, 600
    for _ in range(trials):
        shared = [dice.gauss(0, 10) for _ in range(30)]
        totals = [3 * level + sum(dice.gauss(0, 4) for _ in range(3)) for level in shared]
        found = statistics.clustered(totals, [3] * 30)
        assert found.low is not None
        assert found.high is not None
        covered += found.low <= 0 <= found.high
    assert 0.92 < covered / trials < 0.98


@pytest.mark.parametrize(("spacing", "most"), [(1, 24), (5, 5), (12, 2), (24, 1), (36, 1)])
def test_the_overlap_is_how_many_rounds_run_at_once(spacing: int, most: int) -> None:
    locks = [START + n * spacing * HOUR for n in range(60)]
    assert statistics.overlap(reversed(locks), length=24 * HOUR) == most


def test_nothing_overlaps_where_there_is_nothing() -> None:
    assert statistics.overlap([], length=HOUR) == 1

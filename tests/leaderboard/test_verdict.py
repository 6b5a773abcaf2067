import json
import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard import verdict
from leaderboard.verdict import Verdict

START = datetime(2025, 1, 1, tzinfo=UTC)


def judge(rows: Sequence[Sequence[tuple[int, int]]]) -> Verdict:
    """`rows[n]` are the (AI, crowd) milli-points at lock n."""
    pairs = {START + timedelta(hours=n): list(row) for n, row in enumerate(rows)}
    return verdict.judge(pairs, horizon="1h", ai="vol-scholar")


def noisy(
    seed: int, locks: int, *, lead: float, spread: float = 20_000
) -> list[list[tuple[int, int]]]:
    dice = random.Random(seed)
    return [[(round(dice.gauss(lead, spread)), 0)] for _ in range(locks)]


@pytest.mark.parametrize("locks", range(verdict.LEAST_LOCKS))
def test_a_handful_of_locks_decides_nothing(locks: int) -> None:
    found = judge([[(90_000 + n, 0)] for n in range(locks)])
    assert found.decided == "not_yet"
    assert (found.mean_points, found.low, found.high) == (None, None, None)
    assert found.locks == locks


def test_the_lead_is_the_mean_of_the_locks_means() -> None:
    rows = [[(3000, 1000), (1000, 1000)], [(5000, 0)]] * 5
    found = judge(rows)
    assert found.mean_points == pytest.approx(3.0)  # (1 + 5) / 2 points, not (2 + 0 + 5) / 3
    assert found.locks == 10


def test_a_clear_lead_is_called_for_whoever_has_it() -> None:
    ahead = judge(noisy(1, 80, lead=40_000))
    assert ahead.decided == "ai"
    assert ahead.low is not None
    assert ahead.low > 0
    assert ahead.more_locks is None
    assert "AI beats the human crowd" in ahead.text
    behind = judge(noisy(1, 80, lead=-40_000))
    assert behind.decided == "humans"
    assert behind.high is not None
    assert behind.high < 0
    assert "human crowd beats AI" in behind.text


def test_swapping_the_sides_mirrors_the_verdict() -> None:
    rows = noisy(2, 60, lead=4_000)
    one = judge(rows)
    other = judge([[(crowd, ai) for ai, crowd in row] for row in rows])
    assert one.mean_points == -(other.mean_points or 0)
    assert (one.low, one.high) == (-(other.high or 0), -(other.low or 0))
    assert one.more_locks == other.more_locks


def test_an_undecided_lead_says_how_many_more_locks_it_would_take() -> None:
    found = judge(noisy(3, 40, lead=3_000))
    assert found.decided == "not_yet"
    assert found.more_locks is not None
    assert found.more_locks > 0
    assert str(found.more_locks) in found.text
    assert found.text.startswith("Not yet decided after 40 locks")


def test_a_tie_to_the_milli_point_promises_no_end() -> None:
    found = judge([[(1000, 1000)]] * 12)
    assert found.decided == "not_yet"
    assert found.more_locks is None


def test_the_sequence_is_wider_than_a_single_look_and_narrows_with_locks() -> None:
    widths = []
    for locks in (10, 50, 250):
        found = judge(noisy(4, locks, lead=0))
        assert found.low is not None
        assert found.high is not None
        assert found.mean_points is not None
        assert found.low < found.mean_points < found.high
        widths.append(found.high - found.low)
    assert widths == sorted(widths, reverse=True)
    assert widths[1] > 2 * 1.96 * 20 / 50**0.5


def test_a_detectable_lead_is_that_of_the_rule() -> None:
    rows = [[(1000 * sign, 0)] for sign in (1, -1)] * 32
    found = judge(rows)
    deviation = (64 / 63) ** 0.5
    assert found.detectable_points == pytest.approx(2.8 * deviation / 8, abs=5e-4)


def test_the_interval_is_the_textbooks_and_the_sequence_is_wider() -> None:
    rows = noisy(8, 30, lead=5_000)
    found = judge(rows)
    points = [ai / 1e3 for ((ai, _),) in rows]
    low, high = stats.t.interval(0.95, 29, loc=np.mean(points), scale=stats.sem(points))
    assert found.interval is not None
    assert found.sequence is not None
    assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=0.01)
    assert found.sequence.low < found.interval.low < found.interval.high < found.sequence.high


def test_low_high_and_decided_are_the_sequences() -> None:
    found = judge(noisy(9, 60, lead=7_500))
    assert found.interval is not None
    assert found.sequence == verdict.Bounds(found.low or 0, found.high or 0, found.decided)
    assert (found.decided, found.interval.decided) == ("not_yet", "ai")  # the last look's alone


@pytest.mark.parametrize("locks", [5, 49, 50, 51, 1000])
def test_the_sequence_narrows_with_every_lock_and_never_reaches_the_interval(locks: int) -> None:
    assert verdict.reach(locks) > verdict.reach(locks + 1)
    assert verdict.reach(locks) > stats.t.ppf(0.975, locks - 1) / locks**0.5


@given(lead=st.floats(0.02, 3), locks=st.integers(5, 500))
def test_the_locks_foretold_are_the_first_at_which_the_sequence_would_decide(
    lead: float, locks: int
) -> None:
    more = verdict.more_locks(-lead, deviation=1.0, locks=locks)
    assert more is not None
    assert verdict.reach(locks + more) < lead
    assert more == 1 or verdict.reach(locks + more - 1) >= lead


def test_no_number_of_locks_is_foretold_for_a_lead_lost_in_the_noise() -> None:
    found = judge([[(sign * 60_000 + 1, 0)] for sign in (1, -1)] * 20)
    assert (found.decided, found.mean_points, found.more_locks) == ("not_yet", 0.001, None)
    assert "more locks" not in found.text


def test_a_verdict_is_plain_json() -> None:
    assert set(judge(noisy(5, 9, lead=0)).as_json()) == {
        "horizon", "ai", "locks", "mean_points", "low", "high", "interval", "sequence",
        "detectable_points", "more_locks", "decided", "is_sequential", "text",
    }  # fmt: skip
    told = json.loads(json.dumps(judge(noisy(5, 9, lead=0)).as_json()))
    assert set(told["interval"]) == set(told["sequence"]) == {"low", "high", "decided"}
    few = judge(noisy(5, 4, lead=0)).as_json()
    assert (few["interval"], few["sequence"]) == (None, None)


def test_locks_a_whole_horizon_apart_are_all_kept() -> None:
    days = [START + timedelta(days=n) for n in range(9)]
    assert verdict.apart(reversed(days), length=timedelta(days=1)) == days
    assert verdict.apart(days, length=timedelta(days=2)) == days[::2]

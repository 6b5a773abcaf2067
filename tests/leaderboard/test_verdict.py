import random
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

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


def test_looking_after_every_lock_rarely_finds_a_winner_where_there_is_none() -> None:
    """A confidence sequence promises 5 % over all looks together; a daily t-test errs in 30 %."""
    dice, false_calls, seasons = random.Random(6), 0, 400
    for _ in range(seasons):
        means: list[float] = []
        total = squares = 0.0
        for count in range(1, 201):
            means.append(dice.gauss(0, 20))
            total, squares = total + means[-1], squares + means[-1] ** 2
            if count < verdict.LEAST_LOCKS:
                continue
            deviation = ((squares - total**2 / count) / (count - 1)) ** 0.5
            low, high = verdict.sequence(means, deviation=deviation)
            if low > 0 or high < 0:
                false_calls += 1
                break
    assert false_calls / seasons <= 0.05


def test_a_verdict_is_plain_json() -> None:
    assert set(judge(noisy(5, 9, lead=0)).as_json()) == {
        "horizon", "ai", "locks", "mean_points", "low", "high", "detectable_points", "more_locks",
        "decided", "is_sequential", "text",
    }  # fmt: skip


def test_overlapping_rounds_are_not_counted_as_independent() -> None:
    """24h rounds that lock hourly share 23 hours of the same prices."""
    dice = random.Random(7)
    false = 0
    for _ in range(60):
        hours = [dice.gauss(0, 4_000) for _ in range(24 * 40)]
        pairs = {
            START + timedelta(hours=n): [(round(sum(hours[n : n + 24])), 0)]
            for n in range(len(hours) - 24)
        }
        found = verdict.judge(pairs, horizon="24h", ai="vol-scholar")
        assert found.locks == 39
        false += found.decided != "not_yet"
    assert false <= 3


def test_locks_a_whole_horizon_apart_are_all_kept() -> None:
    days = [START + timedelta(days=n) for n in range(9)]
    assert verdict.apart(reversed(days), length=timedelta(days=1)) == days
    assert verdict.apart(days, length=timedelta(days=2)) == days[::2]

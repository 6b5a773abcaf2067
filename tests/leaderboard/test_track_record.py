import random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from leaderboard import track_record
from leaderboard.track_record import Counts


def alone(rounds: int, hits: tuple[int, int, int]) -> Counts:
    """Every round at a lock of its own."""
    return Counts(rounds, rounds, rounds, hits)


@given(rounds=st.integers(1, 500), share=st.floats(0, 1))
def test_wilson_is_the_textbooks(rounds: int, share: float) -> None:
    count = round(share * rounds)
    low, high = track_record.wilson(count / rounds, evidence=rounds)
    expected = stats.binomtest(count, rounds).proportion_ci(0.95, method="wilson")
    assert low == pytest.approx(expected.low, abs=1e-9)
    assert high == pytest.approx(expected.high, abs=1e-9)


@given(st.lists(st.integers(0, 50), min_size=4, max_size=4).filter(any))
def test_bins_levels_and_band_come_from_the_same_counts(bins: list[int]) -> None:
    rounds, low, middle, _ = sum(bins), *bins[:3]
    hits = (low, low + middle, low + middle + bins[2])
    found = track_record.calibrate(alone(rounds, hits), shared=1)
    assert [share.count for share in found.bins] == bins
    assert [share.expected for share in found.bins] == [0.1, 0.4, 0.4, 0.1]
    assert [share.count for share in found.levels] == list(hits)
    assert [share.expected for share in found.levels] == [0.1, 0.5, 0.9]
    assert found.band.count == bins[1] + bins[2]
    assert found.band.expected == pytest.approx(0.8)
    for share in (*found.levels, found.band, *found.bins):
        assert share.share == share.count / rounds
        assert share.low is not None
        assert share.high is not None
        assert 0 <= share.low <= share.share + 1e-12
        assert share.share <= share.high + 1e-12 <= 1 + 1e-12


def test_nothing_entered_is_said_not_divided() -> None:
    found = track_record.calibrate(Counts(0, 0, 0, (0, 0, 0)), shared=1)
    assert (found.evidence, found.band.share, found.finding) == (0.0, None, "unknown")
    assert found.text == "No entered round is final yet."


def test_copies_within_a_lock_and_overlapping_locks_are_no_new_evidence() -> None:
    single = alone(30, (3, 15, 27))
    copied = Counts(90, 30, 30 * 9, (9, 45, 81))
    assert track_record.evidence(single, shared=1) == 30
    assert track_record.evidence(copied, shared=1) == 30
    assert track_record.evidence(single, shared=6) == 5
    one = track_record.calibrate(single, shared=1)
    assert track_record.calibrate(copied, shared=1).band.low == one.band.low


@pytest.mark.parametrize(
    ("hits", "finding", "said"),
    [
        ((300, 500, 700), "too_narrow", "the bands are too narrow"),
        ((5, 500, 995), "too_wide", "the bands are too wide"),
        ((100, 500, 900), "fitting", "nothing speaks against them"),
    ],
)
def test_the_band_is_judged_with_its_interval(
    hits: tuple[int, int, int], finding: str, said: str
) -> None:
    found = track_record.calibrate(alone(1000, hits), shared=1)
    assert found.finding == finding
    assert said in found.text
    assert "of 1000 outcomes over 1000 locks" in found.text
    few = track_record.calibrate(alone(10, (2, 5, 8)), shared=1)
    assert few.finding == "fitting"  # six of ten: too few to say


def test_the_interval_covers_the_truth_though_assets_move_together() -> None:
    """Three assets at a lock share most of their news; as independent ones more would err."""
    dice, covered, naive, trials = random.Random(9), 0, 0, 800
    for _ in range(trials):
        inside = 0
        for _ in range(60):
            common = dice.gauss(0, 1)
            moves = [0.9**0.5 * common + 0.1**0.5 * dice.gauss(0, 1) for _ in range(3)]
            inside += sum(abs(move) < 1.2815515655446004 for move in moves)
        counts = Counts(180, 60, 540, (0, 0, inside))
        worth = track_record.evidence(counts, shared=1)
        low, high = track_record.wilson(inside / 180, evidence=worth)
        covered += low <= 0.8 <= high
        low, high = track_record.wilson(inside / 180, evidence=180)
        naive += low <= 0.8 <= high
    assert covered / trials >= 0.94
    assert naive / trials < 0.9

from dataclasses import replace

import numpy as np
import pytest

from predictions.training import calibration, drift, gate
from predictions.training.calibration import Record
from predictions.training.drift import Settled
from predictions.training.gate import Met

FAST = 0.02


def locks(
    count: int, *, gain: float = 0.5, spread: float = 3.0, inside: int = 8, seed: int = 1
) -> list[Met]:
    """So many locks of ten rounds, better than the rival by `gain` points on average."""
    noise = np.random.default_rng(seed).normal(0.0, spread, count)
    noise -= noise.mean()
    return [
        Met(points=1.0 + gain + wobble, rival=1.0, width=500, rival_width=500, inside=inside,
            rounds=10)
        for wobble in noise.tolist()
    ]  # fmt: skip


def judged(met: list[Met], *, horizon: str = "24h", seconds: float = FAST) -> str:
    return gate.judge(met, horizon=horizon, seconds_per_thousand=seconds).verdict


@pytest.mark.parametrize("horizon", ["5m", "1h", "24h", "7d"])
def test_nobody_is_judged_before_enough_locks(horizon: str) -> None:
    least = gate.LEAST_LOCKS[horizon]
    assert judged(locks(least - 1), horizon=horizon) == "wait"
    assert judged(locks(least), horizon=horizon) == "promote"


@pytest.mark.parametrize(
    ("gain", "spread", "verdict"),
    [(0.5, 3.0, "promote"), (0.0, 0.2, "promote"), (-0.5, 3.0, "refuse"), (-0.05, 0.1, "promote")],
)
def test_better_or_not_shown_to_be_worse(gain: float, spread: float, verdict: str) -> None:
    assert judged(locks(60, gain=gain, spread=spread)) == verdict


@pytest.mark.parametrize(("inside", "verdict"), [(7, "refuse"), (8, "promote"), (9, "refuse")])
def test_coverage_must_be_what_is_promised(inside: int, verdict: str) -> None:
    assert judged(locks(60, inside=inside)) == verdict


@pytest.mark.parametrize(
    ("ratio", "verdict"), [(0.4, "refuse"), (0.6, "promote"), (1.9, "promote"), (2.1, "refuse")]
)
def test_widths_must_resemble_the_champions(ratio: float, verdict: str) -> None:
    met = [replace(one, width=500 * ratio) for one in locks(60)]
    assert judged(met) == verdict


def test_a_slow_or_crossed_challenger_is_refused() -> None:
    assert judged(locks(60), seconds=1.0) == "refuse"
    met = locks(60)
    met[7] = replace(met[7], is_crossed=True)
    assert judged(met) == "refuse"


def test_a_champion_goes_when_it_loses_beyond_chance_or_its_coverage_is_gone() -> None:
    winning, losing = locks(40, gain=0.0), locks(40, gain=-4.0, spread=1.0)
    assert gate.watch(winning, horizon="24h").verdict == "wait"
    assert gate.watch(losing, horizon="24h").verdict == "refuse"
    assert "standard errors" in gate.watch(losing, horizon="24h").reason
    assert gate.watch(losing[:29], horizon="24h").verdict == "wait"
    assert gate.watch(locks(40, gain=0.0, inside=6), horizon="24h").verdict == "refuse"
    assert gate.watch(locks(40, gain=0.0, inside=10), horizon="24h").verdict == "refuse"


def test_a_factor_is_the_sum_of_its_steps_in_any_order() -> None:
    """a += gamma * (missed - 0.2), one outcome after the other."""
    misses = np.random.default_rng(3).random(300) < 0.3
    record, total = Record(), 0.0
    for missed in misses.tolist():
        record, total = record.after(missed=missed), total + 0.005 * (missed - 0.2)
    assert calibration.factor(record, horizon="1h") == pytest.approx(np.exp(total), rel=1e-9)
    assert calibration.factor(record, horizon="7d") == 1.0
    assert calibration.factor(Record(), horizon="24h") == 1.0


def test_recalibration_finds_the_width_that_was_promised() -> None:
    """A model whose widths are a third too narrow covers 80 % after a while."""
    sizes = np.abs(np.random.default_rng(5).normal(size=6_000))
    record, inside = Record(), []
    for size in sizes.tolist():
        held = size <= 1.2815515655 * 0.67 * calibration.factor(record, horizon="1h")
        inside.append(held)
        record = record.after(missed=not held)
    assert np.mean(inside[:300]) < 0.75
    assert np.mean(inside[2_000:]) == pytest.approx(0.8, abs=0.01)


@pytest.mark.parametrize("missed", [0, 10_000])
def test_no_run_of_outcomes_carries_the_width_away(missed: int) -> None:
    factor = calibration.factor(Record(10_000, missed), horizon="1h")
    assert 0.49 < factor < 2.02


def settled(points: list[float], *, pit: int = 1) -> list[Settled]:
    return [
        Settled(lock=n, points=value, size=-0.5, pit_bin=pit, is_cold=False)
        for n, value in enumerate(points)
    ]


def test_drift_is_measured_over_the_newest_sixty_locks() -> None:
    assert drift.measure([]) is None
    found = drift.measure(settled([-50.0] * 40 + [1.0] * 60))
    assert found is not None
    assert (found.locks, found.points, found.cusum, found.size) == (60, 1.0, 0.0, 0.5)
    assert (found.coverage, found.pit, found.cold) == (1.0, (0.0, 1.0, 0.0, 0.0), 0.0)


def test_a_losing_stretch_adds_up_and_a_winning_one_ends_it() -> None:
    losing = drift.measure(settled([0.0] * 50 + [-4.0] * 10))
    assert losing is not None
    assert losing.cusum == 30.0  # ten times what exceeds one point
    ended = drift.measure(settled([-4.0] * 10 + [5.0] * 10))
    assert ended is not None
    assert ended.cusum == 0.0

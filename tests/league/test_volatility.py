import math
import random

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from league import volatility
from league.horizons import TABLE, Horizon
from league.volatility import TooFewBars


def walk(seed: int, count: int, *, step: float = 0.004) -> list[float]:
    """`count` closes of a random walk."""
    dice, price, closes = random.Random(seed), 100.0, []
    for _ in range(count):
        price *= math.exp(dice.gauss(0, step))
        closes.append(price)
    return closes


def naive_sigma_bp(closes: list[float], horizon: Horizon) -> float:
    """SCORING.md read aloud: a loop over the returns."""
    squares = [math.log(closes[k] / closes[k - 1]) ** 2 for k in range(1, len(closes))]
    first = squares[:720]
    variance = sum(first) / len(first)
    lam = 2 ** (-1 / horizon.half_life)
    for square in squares:
        variance = lam * variance + (1 - lam) * square
    return max(1e4 * math.sqrt(horizon.bars * variance), 5.0)


def sigma_bp(closes: list[float], name: str = "1h") -> float:
    return volatility.ewma_sigma_bp(np.array(closes), horizon=TABLE[name])


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("count", [73, 74, 400, 721, 722, 3000])
def test_sigma_is_the_recursion_of_the_rule(name: str, count: int) -> None:
    closes = walk(count, count)
    assert sigma_bp(closes, name) == pytest.approx(naive_sigma_bp(closes, TABLE[name]), rel=1e-12)


@given(seed=st.integers(0, 999), count=st.integers(73, 200), name=st.sampled_from(sorted(TABLE)))
def test_sigma_is_the_recursion_for_any_short_history(seed: int, count: int, name: str) -> None:
    closes = walk(seed, count)
    assert sigma_bp(closes, name) == pytest.approx(naive_sigma_bp(closes, TABLE[name]), rel=1e-12)


def test_seventy_two_returns_are_needed() -> None:
    closes = walk(1, 73)
    assert sigma_bp(closes) > 0
    with pytest.raises(TooFewBars, match="71 returns, 72 needed"):
        sigma_bp(closes[1:])


@pytest.mark.parametrize("count", [0, 1])
def test_no_returns_at_all_are_too_few(count: int) -> None:
    with pytest.raises(TooFewBars, match="0 returns"):
        sigma_bp([100.0] * count)


def test_a_motionless_price_has_the_floor() -> None:
    assert sigma_bp([100.0] * 80) == 5.0
    assert sigma_bp([100.0] * 80, "7d") == 5.0


def test_every_return_alike_gives_that_return_times_the_root_of_the_bars() -> None:
    closes = [100 * math.exp(0.005 * (number % 2)) for number in range(100)]
    for name, horizon in TABLE.items():
        assert sigma_bp(closes, name) == pytest.approx(50 * math.sqrt(horizon.bars), rel=1e-9)


@given(factor=st.floats(1e-6, 1e6), seed=st.integers(0, 99))
def test_sigma_knows_no_price_scale(factor: float, seed: int) -> None:
    closes = walk(seed, 120)
    scaled = [factor * close for close in closes]
    assert sigma_bp(scaled) == pytest.approx(sigma_bp(closes), rel=1e-9)


@given(factor=st.floats(0.1, 20), seed=st.integers(0, 99))
def test_sigma_scales_with_the_returns(factor: float, seed: int) -> None:
    closes = walk(seed, 120)
    stretched = [closes[0] * (close / closes[0]) ** factor for close in closes]
    assert sigma_bp(stretched) == pytest.approx(max(factor * sigma_bp(closes), 5.0), rel=1e-8)


def test_a_half_life_halves_the_weight_of_a_shock() -> None:
    quiet, horizon = [100.0] * 2000, TABLE["1h"]
    shocks = {}
    for age in (1, 1 + horizon.half_life):
        closes = quiet[:-age] + [101.0] * age
        shocks[age] = sigma_bp(closes) ** 2
    assert shocks[1] / shocks[1 + horizon.half_life] == pytest.approx(2, rel=1e-9)


def test_what_is_older_than_the_memory_no_longer_counts() -> None:
    for horizon in TABLE.values():
        closes = walk(3, horizon.memory + 501)
        kept = volatility.ewma_sigma_bp(np.array(closes[500:]), horizon=horizon)
        everything = naive_sigma_bp(closes, horizon)
        assert kept == pytest.approx(everything, rel=1e-11)


def test_the_house_is_symmetric_about_no_return() -> None:
    low, middle, high = volatility.house_quantiles_bp(250.0, width=0.9)
    assert (middle, low) == (0.0, -high)
    assert high == pytest.approx(1.2815515655446004 * 0.9 * 250)

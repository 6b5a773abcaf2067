"""The scale of a round: EWMA volatility of the bars closed before its lock. Pure numpy."""

import numpy as np
from numpy.typing import NDArray

from league.horizons import Horizon

FLOOR_BP = 5.0
SEED_BARS = 720
LEAST_RETURNS = 72
Z90 = 1.2815515655446004
LEVELS = (-Z90, 0.0, Z90)


class TooFewBars(Exception):
    """Fewer than 72 returns: the volatility of this asset cannot be measured yet."""


def ewma_sigma_bp(closes: NDArray[np.float64], *, horizon: Horizon) -> float:
    """Volatility over the horizon in basis points, at least 5.

    closes: shape (n,), the consolidated closes of bars closed at or before the lock, ascending.
    :raises TooFewBars: when fewer than 72 returns can be formed.
    """
    squares = np.diff(np.log(closes)) ** 2
    if squares.size < LEAST_RETURNS:
        raise TooFewBars(f"{squares.size} returns, {LEAST_RETURNS} needed")
    decay = 2.0 ** (-1.0 / horizon.half_life)
    ages = np.arange(squares.size - 1, -1, -1, dtype=np.float64)
    seed = squares[:SEED_BARS].mean() * decay**squares.size
    variance = seed + (1.0 - decay) * float(np.dot(decay**ages, squares))
    return max(1e4 * float(np.sqrt(horizon.bars * variance)), FLOOR_BP)


def house_quantiles_bp(sigma_bp: float, *, width: float) -> tuple[float, float, float]:
    """The baseline's p10, p50, p90 in basis points of log return: zero drift, width c."""
    low, middle, high = (level * width * sigma_bp for level in LEVELS)
    return low, middle, high

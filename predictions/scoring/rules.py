"""The one proper rule: weighted interval score against the house, in points. Pure.

Quantiles, outcomes and scales are basis points of log return from the reference price, float64;
points come out as integer milli-points, halves rounded to even. What takes `larger` computes
with numbers by default, and writes SQL when it is given terms (predictions.terms).
"""

from collections.abc import Callable, Sequence
from typing import Any

from league.volatility import house_quantiles_bp
from predictions.terms import Number

VERSION = "wis-1"
TAUS = (0.1, 0.5, 0.9)
Quantiles = tuple[float, float, float]
Larger = Callable[..., Any]


def pinball(deviation: Number, *, tau: float, larger: Larger = max) -> Number:
    """rho_tau(u) = max(tau*u, (tau-1)*u), u = outcome - quantile."""
    found: Number = larger(tau * deviation, (tau - 1.0) * deviation)
    return found


def wis(
    quantiles: tuple[Number, Number, Number], outcome_bp: float, *, larger: Larger = max
) -> Number:
    """Weighted interval score of three quantiles: two thirds of the summed pinball losses."""
    low, middle, high = (
        pinball(outcome_bp - quantile, tau=tau, larger=larger)
        for quantile, tau in zip(quantiles, TAUS, strict=True)
    )
    return (2.0 / 3.0) * (low + middle + high)


def milli(
    quantiles: tuple[Number, Number, Number],
    *,
    outcome_bp: float,
    sigma_bp: float,
    width: float,
    larger: Larger = max,
) -> Number:
    """100 times the house's loss minus the entry's, in units of half a sigma, times 1000."""
    house = wis(house_quantiles_bp(sigma_bp, width=width), outcome_bp)
    unit = sigma_bp / 2.0
    return 1e3 * (100.0 * (house - wis(quantiles, outcome_bp, larger=larger)) / unit)


def points_milli(quantiles: Quantiles, *, outcome_bp: float, sigma_bp: float, width: float) -> int:
    """The points of one entry, rounded."""
    return round(milli(quantiles, outcome_bp=outcome_bp, sigma_bp=sigma_bp, width=width))


def score_all(
    entries: Sequence[Quantiles], *, outcome_bp: float, sigma_bp: float, width: float
) -> list[int]:
    """Milli-points of every entry of one round."""
    return [
        points_milli(entry, outcome_bp=outcome_bp, sigma_bp=sigma_bp, width=width)
        for entry in entries
    ]

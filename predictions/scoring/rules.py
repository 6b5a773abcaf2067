"""The one proper rule: weighted interval score against the house, in points. Pure.

Quantiles, outcomes and scales are basis points of log return from the reference price, float64;
points come out as integer milli-points, halves rounded to even.
"""

from collections.abc import Sequence

from league.volatility import house_quantiles_bp

VERSION = "wis-1"
TAUS = (0.1, 0.5, 0.9)
Quantiles = tuple[float, float, float]


def pinball(deviation: float, *, tau: float) -> float:
    """rho_tau(u) = max(tau*u, (tau-1)*u), u = outcome - quantile."""
    return max(tau * deviation, (tau - 1.0) * deviation)


def wis(quantiles: Quantiles, outcome_bp: float) -> float:
    """Weighted interval score of three quantiles: two thirds of the summed pinball losses."""
    low, middle, high = (
        pinball(outcome_bp - quantile, tau=tau)
        for quantile, tau in zip(quantiles, TAUS, strict=True)
    )
    return (2.0 / 3.0) * (low + middle + high)


def points_milli(quantiles: Quantiles, *, outcome_bp: float, sigma_bp: float, width: float) -> int:
    """100 times the house's loss minus the entry's, in units of half a sigma, times 1000."""
    return score_all([quantiles], outcome_bp=outcome_bp, sigma_bp=sigma_bp, width=width)[0]


def score_all(
    entries: Sequence[Quantiles], *, outcome_bp: float, sigma_bp: float, width: float
) -> list[int]:
    """Milli-points of every entry of one round."""
    house = wis(house_quantiles_bp(sigma_bp, width=width), outcome_bp)
    unit = sigma_bp / 2.0
    return [round(1e3 * (100.0 * (house - wis(entry, outcome_bp)) / unit)) for entry in entries]

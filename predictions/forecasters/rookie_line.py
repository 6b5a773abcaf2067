"""Rookie Line: a straight line through 100 daily closes, carried on from the last price.

A trend does not forecast prices at these horizons; the player is kept as the newcomer's guess
that everybody should learn to beat.
"""

from collections.abc import Sequence

import numpy as np

from league.horizons import DAY, HOUR, Horizon
from predictions.forecasters import base
from predictions.forecasters.base import Forecast, Inputs
from predictions.training.features import Closes, Floats

DAYS = 100
HOURS = 24 * DAYS
LEAST_DAYS = DAYS // 2  # outages hide midnights, but half of them must be there
# Before 100 days exist, the line is drawn through an invented climb of this much a day.
SYNTHETIC_BP_PER_DAY = 10.0


class RookieLine:
    handle = "rookie-line"

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        return [_forecast(inputs) for inputs in batch]


def daily_closes(hourly: Closes) -> tuple[Floats, Floats]:
    """Day numbers and closes at 00:00 UTC, shapes (m,), of at most the last 100 days.

    hourly: at least one bar.
    """
    closed_at = hourly.opened_at + HOUR
    midnight = closed_at % DAY == 0
    days = (closed_at[midnight] // DAY).astype(np.float64)
    recent = days > closed_at[-1] // DAY - DAYS
    return days[recent], hourly.close[midnight][recent]


def synthetic_closes(price: float) -> tuple[Floats, Floats]:
    """The invented 100 days that end at `price`: the same for every asset but for its scale."""
    days = np.arange(DAYS, dtype=np.float64)
    return days, price * (1.0 + SYNTHETIC_BP_PER_DAY / 1e4 * (days - days[-1]))


def slope(days: Floats, closes: Floats) -> float:
    """Least-squares slope in price per day of closes over days, both of shape (m,), m > 1."""
    centred = days - days.mean()
    return float(centred @ closes / (centred @ centred))


def drift_bp(per_day: float, *, horizon: Horizon) -> float:
    """How far a slope, as a share of the last price, carries it over the horizon: basis points."""
    return 1e4 * float(np.log1p(max(per_day * horizon.length_s / DAY, -0.99)))


def value(days: Floats, closes: Floats, *, at: float) -> float:
    """What the line itself says of day `at`: the raw trend, wherever the price is by then."""
    return float(closes.mean()) + slope(days, closes) * (at - float(days.mean()))


def _forecast(inputs: Inputs) -> Forecast:
    days, closes = daily_closes(inputs.hourly)
    is_cold_start = inputs.hourly.close.size < HOURS or days.size < LEAST_DAYS
    if is_cold_start:
        days, closes = synthetic_closes(inputs.price)
    per_day = slope(days, closes) / inputs.price
    wanted = drift_bp(per_day, horizon=inputs.horizon)
    drift = base.reached(wanted, horizon=inputs.horizon, sigma_bp=inputs.sigma_bp)
    source = "an invented climb, for want of 100 days of prices," if is_cold_start else "100 days"
    reasoning = (
        f"A straight line through {source} rises {1e4 * per_day:+.1f} bp a day: {wanted:+.1f} bp "
        f"over {inputs.horizon.name}, with the house's width around it."
    )
    if drift != wanted:
        reasoning += f" Held back to {drift:+.1f} bp, as far as an entry may reach."
    return Forecast(base.house(drift_bp=drift), reasoning, is_cold_start=is_cold_start)

"""Quantile fans: from the reference price at the lock to p10, p50, p90 at settlement. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.showcase.drawing import Scale

WIDTH, HEIGHT = 640.0, 250.0
LEFT, RIGHT, TOP, BOTTOM = 112.0, 530.0, 14.0, 236.0
Quantiles = tuple[float, float, float]


@dataclass(frozen=True, slots=True)
class Forecast:
    """Quantiles in basis points from the reference price; `style` is the player's kind."""

    name: str
    style: str
    quantiles: Quantiles


@dataclass(frozen=True, slots=True)
class Fan:
    """`area` is an SVG points list; the y values are where its lines end."""

    forecast: Forecast
    area: str
    low_y: float
    middle_y: float
    high_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    basis_points: float
    y: float


@dataclass(frozen=True, slots=True)
class Picture:
    fans: list[Fan]
    ticks: list[Tick]
    start_y: float
    outcome_y: float | None


def picture(forecasts: Sequence[Forecast], *, outcome_bp: float | None) -> Picture:
    """Everything placed on one scale, the reference price as zero."""
    values = [level for one in forecasts for level in one.quantiles] + [0.0, outcome_bp or 0.0]
    air = 0.06 * (max(values) - min(values) or 1.0)
    scale = Scale(min(values) - air, max(values) + air, BOTTOM, TOP)
    return Picture(
        fans=[_fan(one, scale) for one in forecasts],
        ticks=[Tick(value, scale.at(value)) for value in ticks(min(values), max(values))],
        start_y=scale.at(0.0),
        outcome_y=None if outcome_bp is None else scale.at(outcome_bp),
    )


def ticks(low: float, high: float) -> list[float]:
    """Three to seven round numbers of basis points, zero among them."""
    step = 1.0
    while (high - low) / step > 6:  # noqa: PLR2004 -- more lines would only crowd the picture
        step *= 2.5 if f"{step:e}"[0] == "2" else 2
    first, last = int(low // step), int(high // step)
    return [step * n for n in range(first, last + 1) if low <= step * n <= high]


def _fan(one: Forecast, scale: Scale) -> Fan:
    low, middle, high = (scale.at(level) for level in one.quantiles)
    start = scale.at(0.0)
    area = f"{LEFT},{start} {RIGHT},{high} {RIGHT},{low}"
    return Fan(one, area, low, middle, high)

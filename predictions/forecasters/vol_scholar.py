"""Vol Scholar: no view on direction, a learned view on how far the price will move."""

from collections.abc import Sequence
from functools import partial

from predictions import versions
from predictions.forecasters import base, volatility
from predictions.forecasters.base import Forecast, Inputs
from predictions.forecasters.volatility import Serve, Width
from predictions.models.model_version import Family

regression: Serve = partial(versions.champion, family=Family.HAR)


class VolScholar:
    handle = "vol-scholar"

    def __init__(self, serve: Serve = regression) -> None:
        self._serve = serve

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        found = volatility.widths(batch, self._serve)
        return [
            answer(inputs, width, who="A regression of log volatility")
            for inputs, width in zip(batch, found, strict=True)
        ]


def answer(inputs: Inputs, width: Width | None, *, who: str) -> Forecast:
    """The interval, or the house's while there is nothing to learn from."""
    if width is None:
        reasoning = "Too little history to learn volatility from: the house's forecast stands in."
        return Forecast(base.house(), reasoning, is_cold_start=True)
    entry = base.interval(0.0, half_width_bp=width.half_bp, sigma_bp=inputs.sigma_bp)
    return Forecast(entry, volatility.told(inputs, width, who=who))

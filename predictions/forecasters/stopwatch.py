"""How long forecasts took: each its own time, and an equal share of what they took together."""

from collections.abc import Sequence
from dataclasses import replace
from time import monotonic

from predictions.forecasters.base import Forecast, Forecaster, Inputs


def timed(forecaster: Forecaster, batch: Sequence[Inputs]) -> list[Forecast]:
    """The forecaster's answer to a batch of one or more, with the seconds in every usage."""
    began = monotonic()
    forecasts = forecaster.forecast(batch)
    together = monotonic() - began - sum(forecast.usage.seconds for forecast in forecasts)
    share = max(together, 0.0) / len(batch)
    return [replace(forecast, usage=forecast.usage.longer(by_s=share)) for forecast in forecasts]

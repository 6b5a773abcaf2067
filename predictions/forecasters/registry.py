"""The forecasters that play, in the order they enter; Gemini last, because it may wait."""

from functools import lru_cache

from predictions.forecasters.analyst import GeminiAnalyst
from predictions.forecasters.base import Forecaster
from predictions.forecasters.ensemble import Ensemble
from predictions.forecasters.forest import Forest
from predictions.forecasters.rookie_line import RookieLine
from predictions.forecasters.vol_scholar import VolScholar
from predictions.forecasters.walker import HouseWalker


@lru_cache(maxsize=1)
def roster() -> tuple[Forecaster, ...]:
    """One of each: they keep no state."""
    ensemble = Ensemble()
    return (
        HouseWalker(),
        RookieLine(),
        VolScholar(),
        Forest(),
        ensemble,
        GeminiAnalyst(ensemble),
    )

"""What a built-in forecaster is given, what it answers, and how far it may reach."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Protocol

from league.frames import Frame
from league.horizons import Horizon
from league.volatility import Z90
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.training.features import Closes
from predictions.usage import NOTHING, Usage

# Entries further than six sigmas from the price are refused; sigma may move a little meanwhile.
REACH_SIGMAS = 5.9
PLACES = 4


@dataclass(frozen=True, slots=True)
class Inputs:
    """One asset at one horizon, from bars closed at or before `as_of` and nothing later.

    `bars` are at the horizon's bar size, `hourly` always of an hour; `frame` has the last close
    and the scoring rule's volatility over the horizon; `peers` are the season's assets, which one
    pooled model serves.
    """

    symbol: str
    horizon: Horizon
    price_mode: str
    peers: tuple[str, ...]
    as_of: datetime
    bars: Closes
    hourly: Closes
    frame: Frame

    @property
    def price(self) -> float:
        return float(self.frame.price)

    @property
    def sigma_bp(self) -> float:
        return self.frame.sigma_bp


@dataclass(frozen=True, slots=True)
class Forecast:
    """`is_simulated`: a template stands in for the language model that was to write this.

    `usage` is what only this forecast took; predictions.forecasters.stopwatch adds its share.
    """

    entry: Entry
    reasoning: str
    is_cold_start: bool = False
    is_simulated: bool = False
    usage: Usage = NOTHING


class Forecaster(Protocol):
    @property
    def handle(self) -> str:
        """Of the league.players.BUILT_IN player it plays."""

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        """One forecast per input, in order."""


def house(*, drift_bp: float = 0.0) -> Entry:
    """The house's shape moved by `drift_bp`; it takes its width from the round's frozen sigma."""
    return entry_forms.point(_basis_points(drift_bp), basis=entry_forms.RETURN)


def interval(middle_bp: float, *, half_width_bp: float, sigma_bp: float) -> Entry:
    """p10, p50, p90 as basis points around `middle_bp`, none beyond what an entry may reach."""
    most = REACH_SIGMAS * sigma_bp
    low, middle, high = (
        _basis_points(min(max(middle_bp + step * half_width_bp, -most), most))
        for step in (-1, 0, 1)
    )
    return entry_forms.quantiles(low, middle, high, basis=entry_forms.RETURN)


def shifted(entry: Entry, *, by_bp: float, sigma_bp: float) -> Entry:
    """The entry, one of `house` or `interval`, moved without changing its width.

    The move ends where an entry's reach does.
    """
    most = _basis_points(REACH_SIGMAS * sigma_bp)
    move = min(max(_basis_points(by_bp), -most - entry.p10), most - entry.p90)
    low, middle, high = (value + move for value in (entry.p10, entry.p50, entry.p90))
    if entry.form == entry_forms.POINT:
        return entry_forms.point(middle, basis=entry_forms.RETURN)
    return entry_forms.quantiles(low, middle, high, basis=entry_forms.RETURN)


def reached(drift_bp: float, *, horizon: Horizon, sigma_bp: float) -> float:
    """A drift of the house's shape, held back to where an entry may reach."""
    most = REACH_SIGMAS * sigma_bp - Z90 * horizon.width * sigma_bp
    return min(max(drift_bp, -most), most)


def house_half_width_bp(inputs: Inputs) -> float:
    """Half the distance from p10 to p90 of the house, in basis points."""
    return Z90 * inputs.horizon.width * inputs.sigma_bp


def _basis_points(value: float) -> Decimal:
    return Decimal(repr(round(value, PLACES))) + 0  # adding zero turns -0.0 into 0.0

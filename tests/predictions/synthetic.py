"""Invented closes with clustered volatility, and the inputs made of them."""

from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal

import numpy as np

from league.frames import Frame
from league.horizons import HOUR, TABLE, Horizon
from league.volatility import ewma_sigma_bp
from predictions.forecasters.base import Inputs
from predictions.training.features import Floats, Times

START = 1_704_067_200  # 2024-01-01T00:00Z, a Monday


@dataclass(frozen=True)
class Closes:
    opened_at: Times
    close: Floats

    def first(self, count: int) -> "Closes":
        return Closes(self.opened_at[:count], self.close[:count])


def closes(*, count: int, seed: int = 1, interval: int = HOUR, price: float = 100.0) -> Closes:
    """Volatility wanders slowly, so it can be learned; direction cannot."""
    noise = np.random.default_rng(seed)
    moods = np.empty(count)
    mood = 0.0
    for index, shock in enumerate(noise.normal(0.0, 0.12, count)):
        mood = 0.98 * mood + shock
        moods[index] = mood
    returns = 0.005 * np.exp(moods) * noise.normal(0.0, 1.0, count)
    opened_at = START + interval * np.arange(count, dtype=np.int64)
    return Closes(opened_at, price * np.exp(np.cumsum(returns)))


def texts(series: Closes) -> list[str]:
    """As a recording has them."""
    return [f"{close:.6f}" for close in series.close]


def inputs(
    series: Closes,
    *,
    symbol: str = "BTC",
    horizon: Horizon = TABLE["24h"],
    mode: str = "simulated",
    sigma_bp: float | None = None,
) -> Inputs:
    as_of = datetime.fromtimestamp(int(series.opened_at[-1]) + HOUR, tz=UTC)
    return Inputs(
        symbol=symbol,
        horizon=horizon,
        price_mode=mode,
        peers=("BTC", "ETH"),
        as_of=as_of,
        bars=series,
        hourly=series,
        frame=Frame(
            price=Decimal(repr(float(series.close[-1]))),
            sigma_bp=sigma_bp or ewma_sigma_bp(series.close, horizon=horizon),
            width=horizon.width,
            as_of=as_of,
            is_borrowed=False,
        ),
    )

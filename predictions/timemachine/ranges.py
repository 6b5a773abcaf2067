"""How far back and how far on a run may reach: what is stored of each asset."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from league.horizons import TABLE, Horizon
from league.volatility import LEAST_RETURNS
from markets import archive
from markets.consensus import AGREEING
from markets.models import Asset
from markets.observations import PATIENCE


@dataclass(frozen=True, slots=True)
class Range:
    """Where a run of this asset and horizon may start at the earliest and end at the latest."""

    symbol: str
    horizon: str
    starts_at: datetime
    ends_at: datetime


def every(*, price_mode: str, now: datetime) -> list[Range]:
    """Of all active assets, by rank, and horizons; those with too few bars are left out."""
    symbols = Asset.objects.active().listed().values_list("symbol", flat=True)
    found = [
        of(symbol, horizon=horizon, price_mode=price_mode, now=now)
        for symbol in symbols
        for horizon in TABLE.values()
    ]
    return [one for one in found if one is not None]


def of(symbol: str, *, horizon: Horizon, price_mode: str, now: datetime) -> Range | None:
    """What as many sources have as make a price; the first bars only measure volatility.

    The last minute is left out: a late source may yet add to it.
    """
    stored = archive.extents(symbol=symbol, price_mode=price_mode, interval=horizon.bar_s)
    if len(stored) < AGREEING:
        return None
    opened_at = sorted(one.opened_at for one in stored)[AGREEING - 1]
    starts_at = opened_at + timedelta(seconds=horizon.bar_s * (LEAST_RETURNS + 1))
    ends_at = min(sorted(one.closed_at for one in stored)[-AGREEING], now - PATIENCE)
    if starts_at + horizon.length >= ends_at:
        return None
    return Range(symbol, horizon.name, starts_at, ends_at)

"""Bars a season needs before it can measure anything: enough of the past, kept up to date."""

import logging
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from league import departure
from league.horizons import HOUR, TABLE
from league.models import Round, Season
from markets import bars, observations
from markets.modes import PriceMode

logger = logging.getLogger(__name__)
# Hourly bars also feed the built-in forecasters: 100 daily closes and a training window.
LEAST_HOURS = 4_320


class Series(NamedTuple):
    symbol: str
    price_mode: str
    bar_s: int


def gather(*, now: datetime) -> int:
    """Fetch what is missing for every running season. Returns the bars stored."""
    depths: dict[Series, int] = {}
    for season in Season.objects.running(now=now):
        try:
            depths = _depths([season], known=depths)
        except Exception as error:  # one poisoned season must not keep the others without bars
            departure.heed(error)
            logger.exception("season not understood", extra={"season": str(season.pk)})
    return sum(_try(series, depth, now=now) for series, depth in sorted(depths.items()))


def gather_for(rounds: Iterable[Round], *, now: datetime) -> int:
    """Fetch what is missing to measure and price these rounds, once per series."""
    series = {Series(r.asset_id, r.season.price_mode, r.terms.bar_s) for r in rounds}
    depths = _depths({r.season_id: r.season for r in rounds}.values())
    return _bring({one: depths[one] for one in series}, now=now)


def _try(series: Series, depth: int, *, now: datetime) -> int:
    """One poisoned series must not keep the others from being gathered."""
    try:
        return _bring({series: depth}, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("bars not gathered", extra={"symbol": series.symbol})
        return 0


def _depths(
    seasons: Iterable[Season], *, known: Mapping[Series, int] | None = None
) -> dict[Series, int]:
    """How many bars of each series the seasons' horizons remember."""
    depths = dict(known or {})
    for season in seasons:
        needs = [(TABLE[name].bar_s, TABLE[name].memory) for name in season.pinned["horizons"]]
        for bar_s, depth in [*needs, (HOUR, LEAST_HOURS)]:
            for symbol in season.pinned["assets"]:
                series = Series(symbol, season.price_mode, bar_s)
                depths[series] = max(depth, depths.get(series, 0))
    return depths


def _bring(depths: dict[Series, int], *, now: datetime) -> int:
    return sum(
        bars.ingest(
            symbol=series.symbol,
            price_mode=series.price_mode,
            interval=series.bar_s,
            start=now - timedelta(seconds=depth * series.bar_s),
            now=now - observations.PUBLISHING.get(PriceMode(series.price_mode), timedelta(0)),
        )
        for series, depth in sorted(depths.items())
    )

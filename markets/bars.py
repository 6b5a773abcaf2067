"""The store of bars: filled from every source of a mode, read as one series of closes."""

import logging
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Final

from django.db import connection
from django.db.models import Max, Min

from markets import breaker, series
from markets.consolidation import Closes
from markets.models import Bar
from markets.providers import base, registry

__all__ = ["Closes", "closes", "forget", "ingest", "newest_opened_at"]

BATCH: Final = 2000
# Where sources were found to begin, so that they are not asked for older bars at every tick.
_beginnings: Final[dict[tuple[str, str, str, int], datetime]] = {}
logger = logging.getLogger(__name__)


def ingest(*, symbol: str, price_mode: str, interval: int, start: datetime, now: datetime) -> int:
    """Fetch what each source's stored bars lack between `start` and `now`, and store it.

    Every source is asked before anything is written; one that fails is logged and skipped.
    Returns how many bars were new.
    """
    wanted = _Range(symbol, interval, start, now)
    sources = [p for p in registry.providers(price_mode) if interval in p.intervals]
    fetched = [(provider.name, _fetched(provider, wanted)) for provider in sources]
    return sum(_store(name, wanted, values) for name, values in fetched)


def closes(*, symbol: str, price_mode: str, interval: int, until: datetime, count: int) -> Closes:
    """Read the newest `count` closes known at `until`: bars with opened_at + interval <= until.

    Each is the median over the mode's sources that have the bar (two middle ones averaged).
    """
    key = series.Key(symbol, interval, registry.source_names(price_mode))
    return series.closes(key, last_opened=int(until.timestamp()) - interval, count=count)


def forget() -> None:
    """Drop what is kept in memory (tests, scratch databases)."""
    series.forget()
    _beginnings.clear()


def newest_opened_at(*, symbol: str, source: str, interval: int) -> datetime | None:
    """Read when the newest stored bar of a source opened: one index seek."""
    stored = Bar.objects.filter(asset_id=symbol, source=source, interval=interval)
    newest: datetime | None = stored.aggregate(newest=Max("opened_at"))["newest"]
    return newest


@dataclass(frozen=True, slots=True)
class _Range:
    symbol: str
    interval: int
    start: datetime
    end: datetime


def _fetched(provider: base.Provider, wanted: _Range) -> list[base.BarValue]:
    """Ask for what is missing at either end; a hole in the middle is the source's own gap."""
    found: list[base.BarValue] = []
    for part in _missing(provider.name, wanted):
        ask = partial(
            provider.bars,
            symbol=part.symbol,
            interval=part.interval,
            start=part.start,
            end=part.end,
        )
        try:
            answer = breaker.call(provider, ask, now=wanted.end)
        except base.ProviderError as failure:
            logger.warning(
                "bars not fetched",
                extra={"source": provider.name, "symbol": part.symbol, "word": failure.word},
            )
            break
        if not answer and part.end < wanted.end:
            _beginnings[_place(provider.name, wanted)] = part.end
        found += answer
    return found


def _missing(source: str, wanted: _Range) -> Iterator[_Range]:
    stored = Bar.objects.filter(
        asset_id=wanted.symbol, source=source, interval=wanted.interval
    ).aggregate(oldest=Min("opened_at"), newest=Max("opened_at"))
    oldest, newest = stored["oldest"], stored["newest"]
    step = timedelta(seconds=wanted.interval)
    if oldest is None:
        yield wanted
        return
    if wanted.start + step <= oldest and _beginnings.get(_place(source, wanted)) != oldest:
        yield replace(wanted, end=oldest)
    start = max(wanted.start, newest + step)
    if start + step <= wanted.end:
        yield replace(wanted, start=start)


def _place(source: str, wanted: _Range) -> tuple[str, str, str, int]:
    return str(connection.settings_dict["NAME"]), source, wanted.symbol, wanted.interval


def _store(source: str, wanted: _Range, values: Iterable[base.BarValue]) -> int:
    rows = [
        Bar(
            asset_id=wanted.symbol,
            source=source,
            interval=wanted.interval,
            opened_at=value.opened_at,
            open=value.open,
            high=value.high,
            low=value.low,
            close=value.close,
            volume=value.volume,
        )
        for value in values
    ]
    Bar.objects.bulk_create(rows, ignore_conflicts=True, batch_size=BATCH)
    return len(rows)

"""The store of bars: filled from every source of a mode, read as one series of closes."""

import contextlib
import logging
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Final

from django.db import connection, transaction
from django.db.models import Max, Min

from markets import breaker, intake, retrospect, series
from markets.consolidation import Closes
from markets.models import Bar
from markets.providers import base, registry

__all__ = ["Closes", "closes", "forget", "ingest", "newest_opened_at", "reaches", "reading"]
NEVER: Final = datetime.max.replace(tzinfo=UTC)

COLUMNS: Final = (
    "asset", "source", "interval", "opened_at", "open", "high", "low", "close", "volume",
)  # fmt: skip
# What a source does not trade; asked again by the next process.
_untraded: Final[set[tuple[str, str, str, int]]] = set()
# From when on a series has all its source has: nobody is asked for older bars at every tick.
_complete_from: Final[dict[tuple[str, str, str, int], datetime]] = {}
# How far each stored series reaches at least: bars are never deleted, so it stays true.
_reached: Final[dict[tuple[str, str, str, int], datetime]] = {}
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
    read = (retrospect.current() or series).closes
    return read(key, last_opened=int(until.timestamp()) - interval, count=count)


def is_awaited(*, symbol: str, price_mode: str, interval: int, closed_at: datetime) -> bool:
    """Whether a source that had the bar before lacks the one that closed last."""
    last = int(closed_at.timestamp()) // interval * interval - interval
    # Of the very series that will be measured: a bar that came since belongs to the next look.
    key = series.Key(symbol, interval, registry.source_names(price_mode))
    return series.has_stalled(key, opened=last - interval)


def reading() -> contextlib.AbstractContextManager[None]:
    """A block that asks for many closes as of one moment: each series is checked once."""
    return series.reading()


def forget() -> None:
    """Drop what is kept in memory (tests, scratch databases)."""
    series.forget()
    _complete_from.clear()
    _reached.clear()
    _untraded.clear()


def newest_opened_at(*, symbol: str, source: str, interval: int) -> datetime | None:
    """Read when the newest stored bar of a source opened: one index seek."""
    stored = Bar.objects.filter(asset_id=symbol, source=source, interval=interval)
    newest: datetime | None = stored.aggregate(newest=Max("opened_at"))["newest"]
    if newest is not None:
        _reached[_place(source, symbol, interval)] = newest
    return newest


def reaches(opened_at: datetime, *, symbol: str, source: str, interval: int) -> bool:
    """Whether a source's stored bars go as far; what is known of them is not read again."""
    known = _reached.get(_place(source, symbol, interval))
    if known is None or known < opened_at:
        known = newest_opened_at(symbol=symbol, source=source, interval=interval)
    return known is not None and known >= opened_at


@dataclass(frozen=True, slots=True)
class _Range:
    symbol: str
    interval: int
    start: datetime
    end: datetime


def _fetched(provider: base.Provider, wanted: _Range) -> list[base.BarValue]:
    """Ask for what is missing at either end; a hole in the middle is the source's own gap."""
    found: list[base.BarValue] = []
    place = _place(provider.name, wanted.symbol, wanted.interval)
    if place in _untraded or _has_all(place, wanted):
        return found
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
        except base.UnknownSymbol:
            _untraded.add(place)
            break
        except base.ProviderError as failure:
            logger.warning(
                "bars not fetched",
                extra={"source": provider.name, "symbol": part.symbol, "word": failure.word},
            )
            break
        if not answer and part.end < wanted.end:
            _complete_from[place] = part.start
        found += answer
    return found


def _has_all(place: tuple[str, str, str, int], wanted: _Range) -> bool:
    """Whether nothing can be missing, as far as this process knows: it asks nobody."""
    known = _reached.get(place)
    if known is None or wanted.start < _complete_from.get(place, NEVER):
        return False
    return known + 2 * timedelta(seconds=wanted.interval) > wanted.end


def _missing(source: str, wanted: _Range) -> Iterator[_Range]:
    """What lies before the oldest stored bar, while it may be had, and after the newest."""
    newest = newest_opened_at(symbol=wanted.symbol, source=source, interval=wanted.interval)
    if newest is None:
        yield wanted
        return
    stored = Bar.objects.filter(asset_id=wanted.symbol, source=source, interval=wanted.interval)
    step = timedelta(seconds=wanted.interval)
    place = _place(source, wanted.symbol, wanted.interval)
    if wanted.start < _complete_from.get(place, NEVER):
        oldest = stored.aggregate(at=Min("opened_at"))["at"]
        if wanted.start + step <= oldest:
            yield replace(wanted, end=oldest)
        else:
            _complete_from[place] = wanted.start
    start = max(wanted.start, newest + step)
    if start + step <= wanted.end:
        yield replace(wanted, start=start)


def _place(source: str, symbol: str, interval: int) -> tuple[str, str, str, int]:
    return str(connection.settings_dict["NAME"]), source, symbol, interval


def _store(source: str, wanted: _Range, values: Sequence[base.BarValue]) -> int:
    """Insert what is new; the answer to whoever asks for closes changes with it."""
    if not values:
        return 0
    series_of = (wanted.symbol, source, wanted.interval)
    rows = [
        (*series_of, one.opened_at, one.open, one.high, one.low, one.close, one.volume)
        for one in values
    ]
    with transaction.atomic(durable=True):
        count = intake.insert(Bar, COLUMNS, rows)
    series.changed()
    return count

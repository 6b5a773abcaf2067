"""Consolidated closes kept in memory and checked against the store at every use.

Bars are insert-only, so three numbers prove a kept series current: how many rows there are, the
largest id, and that the row of the largest id known is still the row known. Rows with larger ids
that make up the whole difference are merged; anything else (commits out of id order, another
database) reloads.
"""

import threading
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from django.db import connection
from django.db.models import Count, FloatField, Max, QuerySet
from django.db.models.functions import Cast

from markets import consolidation
from markets.models import Bar

Stored = tuple[int, int, str, float]  # id, opened, source, close
OUTGROWN: Final = 10_000
HOUR: Final = 3600


@dataclass(frozen=True, slots=True)
class Key:
    """One series; `sources` is part of it, so a changed configuration starts afresh."""

    symbol: str
    interval: int
    sources: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Series:
    """Everything stored with opened >= `start`, as of `count` rows and the row `last`."""

    start: int
    count: int
    last: Stored | None
    loaded: int
    table: consolidation.Table
    closes: consolidation.Closes


_kept: Final[dict[tuple[str, Key], Series]] = {}
_lock: Final = threading.Lock()


def closes(key: Key, *, last_opened: int, count: int) -> consolidation.Closes:
    """Take the newest `count` closes with opened_at <= last_opened (epoch seconds)."""
    span = count * key.interval
    series = _current(key, last_opened - span, slack=span)
    found = series.closes.until(last_opened, count=count)
    while len(found) < count and series.start > 0:  # gaps: reach further back
        series = _keep(key, _longer(key, series, last_opened))
        found = series.closes.until(last_opened, count=count)
    return found


def forget() -> None:
    """Drop everything kept: for a database that was swapped or rolled back underneath."""
    with _lock:
        _kept.clear()


def _current(key: Key, floor: int, *, slack: int) -> Series:
    with _lock:
        known = _kept.get((_database(), key))
    if known is None or known.start > floor or _outgrown(known):
        return _keep(key, _load(key, start=max(0, floor - slack)))
    fresh = _refreshed(key, known)
    return known if fresh is known else _keep(key, fresh)


def _longer(key: Key, series: Series, last_opened: int) -> Series:
    if not _stored(key, 0).filter(opened_at__lt=_moment(series.start)).exists():
        return replace(series, start=0)
    return _load(key, start=max(0, last_opened - 4 * max(last_opened - series.start, HOUR)))


def _keep(key: Key, series: Series) -> Series:
    with _lock:
        _kept[_database(), key] = series
    return series


def _database() -> str:
    return str(connection.settings_dict["NAME"])


def _outgrown(series: Series) -> bool:
    """A window that only ever grows is loaded again, shorter, once it has more than doubled."""
    return series.count > 2 * series.loaded + OUTGROWN


def _refreshed(key: Key, known: Series) -> Series:
    totals = _stored(key, known.start).aggregate(count=Count("id"), newest=Max("id"))
    newest = totals["newest"] or 0
    last_id = known.last[0] if known.last else 0
    rows = _read(_stored(key, known.start).filter(id__gte=last_id, id__lte=newest))
    if known.last:
        if not rows or rows[0] != known.last:
            return _load(key, start=known.start)
        rows = rows[1:]
    if known.count + len(rows) != totals["count"]:
        return _load(key, start=known.start)
    return _merged(known, rows) if rows else known


def _load(key: Key, *, start: int) -> Series:
    rows = _read(_stored(key, start))
    table = consolidation.empty(key.sources).merged([row[1:] for row in rows])
    return Series(start, len(rows), rows[-1] if rows else None, len(rows), table, table.closes())


def _merged(known: Series, rows: list[Stored]) -> Series:
    table = known.table.merged([row[1:] for row in rows])
    count = known.count + len(rows)
    return Series(known.start, count, rows[-1], known.loaded, table, table.closes())


def _stored(key: Key, start: int) -> QuerySet[Bar]:
    return Bar.objects.filter(
        asset_id=key.symbol,
        interval=key.interval,
        source__in=key.sources,
        opened_at__gte=_moment(start),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def _read(stored: QuerySet[Bar]) -> list[Stored]:
    rows: Iterable[tuple[int, datetime, str, float]] = (
        stored.annotate(value=Cast("close", FloatField()))
        .order_by("id")
        .values_list("id", "opened_at", "source", "value")
    )
    return [(pk, int(at.timestamp()), source, value) for pk, at, source, value in rows]

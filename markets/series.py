"""Consolidated closes kept in memory and checked against the store at every use.

Bars are insert-only, so their number proves a kept series current, and the newest row known, still
being there, that the database is the same. Rows with larger ids that make up the whole difference
are merged; anything else (commits out of id order, another database) reloads.
"""

import contextlib
import threading
from collections.abc import Iterable, Iterator
from contextvars import ContextVar
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Final

from django.db import connection
from django.db.models import FloatField, QuerySet
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
_checked: Final[ContextVar[set[Key] | None]] = ContextVar("checked", default=None)


def closes(key: Key, *, last_opened: int, count: int) -> consolidation.Closes:
    """Take the newest `count` closes with opened_at <= last_opened (epoch seconds)."""
    span = count * key.interval
    series = _current(key, last_opened - span, slack=span)
    found = series.closes.until(last_opened, count=count)
    while len(found) < count and series.start > 0:  # gaps: reach further back
        series = _keep(key, _longer(key, series, last_opened))
        found = series.closes.until(last_opened, count=count)
    return found


def has_stalled(key: Key, *, opened: int) -> bool:
    """Whether some source's newest bar is the one that opened then (epoch seconds)."""
    return _current(key, opened, slack=0).table.has_stalled(opened)


@contextlib.contextmanager
def reading() -> Iterator[None]:
    """Within the block each series is checked against the store once, and after `changed`.

    For whoever asks for many closes as of one moment: what other processes store meanwhile is the
    next block's. A block inside another is part of it.
    """
    if _checked.get() is not None:
        yield
        return
    token = _checked.set(set())
    try:
        yield
    finally:
        _checked.reset(token)


def changed() -> None:
    """Check everything again: this process has stored bars."""
    (_checked.get() or set()).clear()


def forget() -> None:
    """Drop everything kept: for a database that was swapped or rolled back underneath."""
    with _lock:
        _kept.clear()


def _current(key: Key, floor: int, *, slack: int) -> Series:
    with _lock:
        known = _kept.get((_database(), key))
    if known is None or known.start > floor or _outgrown(known):
        return _keep(key, _load(key, start=max(0, floor - slack)))
    checked = _checked.get()
    if checked is not None and key in checked:
        return known
    fresh = _refreshed(key, known)
    if checked is not None:
        checked.add(key)
    return known if fresh is known else _keep(key, fresh)


def _longer(key: Key, series: Series, last_opened: int) -> Series:
    if not stored(key, 0).filter(opened_at__lt=_moment(series.start)).exists():
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
    rows_of = stored(key, known.start)
    if rows_of.count() == known.count:
        return known if _is_still(known.last) else _load(key, start=known.start)
    last_id = known.last[0] if known.last else 0
    rows = read(rows_of.filter(id__gt=last_id))
    # Counted again after reading: rows known and rows read are then all there are.
    if rows_of.count() == known.count + len(rows) and _is_still(known.last):
        return _merged(known, rows)
    return _load(key, start=known.start)


def _is_still(last: Stored | None) -> bool:
    """Ids start anew in a database that was swapped or rolled back underneath."""
    return last is None or read(Bar.objects.filter(pk=last[0])) == [last]


def _load(key: Key, *, start: int) -> Series:
    rows = read(stored(key, start))
    table = consolidation.empty(key.sources).merged([row[1:] for row in rows])
    return Series(start, len(rows), rows[-1] if rows else None, len(rows), table, table.closes())


def _merged(known: Series, rows: list[Stored]) -> Series:
    table = known.table.merged([row[1:] for row in rows])
    count = known.count + len(rows)
    return Series(known.start, count, rows[-1], known.loaded, table, table.closes())


def stored(key: Key, start: int) -> QuerySet[Bar]:
    return Bar.objects.filter(
        asset_id=key.symbol,
        interval=key.interval,
        source__in=key.sources,
        opened_at__gte=_moment(start),
    )


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)


def read(found: QuerySet[Bar]) -> list[Stored]:
    rows: Iterable[tuple[int, datetime, str, float]] = (
        found.annotate(value=Cast("close", FloatField()))
        .order_by("id")
        .values_list("id", "opened_at", "source", "value")
    )
    return [(pk, int(at.timestamp()), source, value) for pk, at, source, value in rows]

"""Closes of a stretch of the past, apart from the series live readers keep.

Those hold everything up to the present and count it at every use: reaching years back would make
them slow for everybody. Here a window around what is asked is read, and kept as it was read.
"""

import contextlib
from collections.abc import Iterator
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Final

from markets import consolidation, series
from markets.series import Key

DAY_S: Final = 86_400
LONGER: Final = 4  # where gaps leave too few, the window grows by this


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """Everything stored that opened in [start, end)."""

    start: int
    end: int
    closes: consolidation.Closes


@dataclass(frozen=True, slots=True, eq=False)
class Stretch:
    """The newest window of each series; whoever holds one decides how long it is kept."""

    windows: dict[Key, Window] = field(default_factory=dict)

    def closes(self, key: Key, *, last_opened: int, count: int) -> consolidation.Closes:
        """The newest `count` with opened_at <= last_opened (epoch seconds)."""
        span = count * key.interval
        window = self.windows.get(key)
        if window is None or window.start > last_opened - span or window.end <= last_opened:
            window = self._read(key, last_opened - span, last_opened, ahead=max(span, DAY_S))
        found = window.closes.until(last_opened, count=count)
        while len(found) < count and window.start > 0:
            span *= LONGER
            has_older = series.stored(key, 0).filter(opened_at__lt=_moment(window.start)).exists()
            start = last_opened - span if has_older else 0
            window = self._read(key, start, last_opened, ahead=DAY_S)
            found = window.closes.until(last_opened, count=count)
        return found

    def _read(self, key: Key, start: int, last_opened: int, *, ahead: int) -> Window:
        first, end = max(0, start), last_opened + ahead
        rows = series.read(series.stored(key, first).filter(opened_at__lt=_moment(end)))
        table = consolidation.empty(key.sources).merged([row[1:] for row in rows])
        made = self.windows[key] = Window(first, end, table.closes())
        return made


_within: Final[ContextVar[Stretch | None]] = ContextVar("within", default=None)


def current() -> Stretch | None:
    """What closes are to be read from in this block; None: the live series."""
    return _within.get()


@contextlib.contextmanager
def within(stretch: Stretch) -> Iterator[None]:
    """A block whose closes come from the stretch."""
    token = _within.set(stretch)
    try:
        yield
    finally:
        _within.reset(token)


def _moment(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, tz=UTC)

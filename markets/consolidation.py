"""Many sources' closes as one series: the median of those that have the bar. Pure numpy."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Row = tuple[int, str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Closes:
    """`opened_at` epoch seconds ascending, `close` in quote currency; same length."""

    opened_at: NDArray[np.int64]
    close: NDArray[np.float64]

    def __len__(self) -> int:
        return int(self.opened_at.size)

    def until(self, last_opened: int, *, count: int) -> "Closes":
        """Take the newest `count` with opened_at <= last_opened."""
        end = int(self.opened_at.searchsorted(last_opened, side="right"))
        newest = slice(max(0, end - count), end)
        return Closes(self.opened_at[newest], self.close[newest])


@dataclass(frozen=True, slots=True, eq=False)
class Table:
    """Closes by time and source: `values` has shape (times, sources), NaN where absent."""

    sources: tuple[str, ...]
    opened: NDArray[np.int64]
    values: NDArray[np.float64]

    def merged(self, rows: Sequence[Row]) -> "Table":
        """Add (opened, source, close) rows, in any order."""
        if not rows:
            return self
        stamps = np.array([row[0] for row in rows], np.int64)
        column = {source: number for number, source in enumerate(self.sources)}
        columns = np.array([column[row[1]] for row in rows], np.intp)
        opened = np.union1d(self.opened, stamps)
        values = np.full((opened.size, len(self.sources)), np.nan)
        values[opened.searchsorted(self.opened)] = self.values
        values[opened.searchsorted(stamps), columns] = [row[2] for row in rows]
        return Table(self.sources, opened, values)

    def has_stalled(self, opened: int) -> bool:
        """Whether some source's newest bar is the one that opened then."""
        first = int(self.opened.searchsorted(opened))
        if first == self.opened.size or self.opened[first] != opened:
            return False
        present = ~np.isnan(self.values[first:])
        return bool((present[0] & ~present[1:].any(axis=0)).any())

    def closes(self) -> Closes:
        """Median across sources at each time; every time has at least one."""
        ordered = np.sort(self.values, axis=1)  # NaN last
        present = np.count_nonzero(~np.isnan(ordered), axis=1)
        lines = np.arange(self.opened.size)
        low, high = ordered[lines, (present - 1) // 2], ordered[lines, present // 2]
        return Closes(self.opened, (low + high) / 2)


def joined(heard: Mapping[str, Closes]) -> Table:
    """The table of whole series, by source."""
    opened = np.unique(np.concatenate([closes.opened_at for closes in heard.values()]))
    values = np.full((opened.size, len(heard)), np.nan)
    for column, closes in enumerate(heard.values()):
        values[opened.searchsorted(closes.opened_at), column] = closes.close
    return Table(tuple(heard), opened, values)


def empty(sources: Sequence[str]) -> Table:
    return Table(tuple(sources), np.array([], np.int64), np.empty((0, len(sources))))

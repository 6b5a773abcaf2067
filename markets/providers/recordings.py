"""One recorded file of bars, `<SYMBOL><QUOTE>_1h.csv[.gz]`, read fast and believed only whole.

Columns: timestamp_utc (the bar's OPEN, like 2024-03-01T00:00:00Z), open, high, low, close, volume
(base units, may be empty). Times ascend on the interval's grid; gaps are allowed.
"""

import csv
import gzip
import io
import itertools
import re
import zlib
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from markets.providers import base, figures

HEADER: Final = ["timestamp_utc", "open", "high", "low", "close", "volume"]
STAMP: Final = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", re.ASCII)

Column = tuple[str, ...]


class MalformedPrices(ValueError):
    """Never: a recorded file cannot be believed; says which file, which line and why."""

    def __init__(self, file: Path, line: int, reason: str) -> None:
        super().__init__(f"{file.parent.name}/{file.name}, line {line}: {reason}")
        self.file, self.line, self.reason = file, line, reason


@dataclass(frozen=True, slots=True, eq=False)
class Recording:
    """`opened` is epoch seconds, ascending; the other columns are the file's own text."""

    opened: NDArray[np.int64]
    columns: tuple[Column, ...]

    def between(self, first: int, last: int) -> list[base.BarValue]:
        """Make the bars with first <= opened < last."""
        low, high = np.searchsorted(self.opened, (first, last))
        return [self._bar(row) for row in range(int(low), int(high))]

    def _bar(self, row: int) -> base.BarValue:
        *ohlc, traded = (column[row] for column in self.columns)
        opened_at = datetime.fromtimestamp(int(self.opened[row]), tz=UTC)
        return figures.bar(opened_at, tuple(ohlc), traded or None)


def read(file: Path, *, interval: int) -> Recording:
    """Read and check a whole file.

    :raises MalformedPrices: the first row that cannot be believed.
    """
    rows = _rows(file)
    columns: list[Column] = list(zip(*rows, strict=True)) or [()] * len(HEADER)
    try:
        opened = _opened(columns[0])
        numbers = np.array([[text or "0" for text in column] for column in columns[1:]], float)
        plain = all(figures.NUMBER.fullmatch(text) for column in columns[1:5] for text in column)
    except ValueError:
        plain, opened, numbers = False, np.array([], np.int64), np.empty((5, 0))
    if not plain or not _credible(opened, numbers, interval):
        raise _first_fault(file, rows, interval)
    return Recording(opened, tuple(columns[1:]))


def hourly(minutes: Recording) -> Recording:
    """Gather minute bars into hours; an hour the recording ends inside of is left out."""
    numbers = (minutes.opened // base.HOUR).tolist()
    hours = itertools.groupby(range(minutes.opened.size), lambda row: numbers[row])
    gathered = [(hour * base.HOUR, _gathered(minutes.columns, list(rows))) for hour, rows in hours]
    if gathered and int(minutes.opened[-1]) % base.HOUR != base.HOUR - base.MINUTE:
        gathered.pop()
    columns: list[Column] = list(zip(*(row for _, row in gathered), strict=True)) or [()] * 5
    return Recording(np.array([opened for opened, _ in gathered], np.int64), tuple(columns))


def _gathered(columns: tuple[Column, ...], rows: list[int]) -> Column:
    opening, high, low, close, traded = columns
    return (
        opening[rows[0]],
        max((high[row] for row in rows), key=Decimal),
        min((low[row] for row in rows), key=Decimal),
        close[rows[-1]],
        f"{sum(Decimal(traded[row] or 0) for row in rows):f}",
    )


def _rows(file: Path) -> list[list[str]]:
    """Split the file into rows of exactly six fields."""
    try:
        data = file.read_bytes()
        text = (gzip.decompress(data) if file.suffix == ".gz" else data).decode("ascii")
    except (OSError, EOFError, zlib.error, UnicodeDecodeError) as error:
        raise MalformedPrices(file, 0, f"unreadable ({type(error).__name__})") from error
    rows = list(csv.reader(io.StringIO(text)))
    if not rows or rows[0] != HEADER:
        raise MalformedPrices(file, 1, f"header must be {','.join(HEADER)}")
    for line, row in enumerate(rows[1:], start=2):
        if len(row) != len(HEADER):
            raise MalformedPrices(file, line, f"{len(row)} fields instead of {len(HEADER)}")
    return rows[1:]


def _opened(stamps: Column) -> NDArray[np.int64]:
    if not all(STAMP.fullmatch(stamp) for stamp in stamps):
        raise ValueError("timestamp")
    bare = np.array([stamp[:-1] for stamp in stamps], dtype="datetime64[s]")
    return bare.astype(np.int64)


def _credible(opened: NDArray[np.int64], numbers: NDArray[np.float64], interval: int) -> bool:
    """Judge all rows at once; `numbers` has shape (5, rows): open, high, low, close, volume."""
    opening, high, low, close, traded = numbers
    return bool(
        np.all(np.isfinite(numbers))
        and np.all(low > 0)
        and np.all(high < float(figures.CEILING))
        and np.all(low <= np.minimum(opening, close))
        and np.all(high >= np.maximum(opening, close))
        and np.all(traded >= 0)
        and np.all(opened % interval == 0)
        and np.all(np.diff(opened) > 0)
    )


def _first_fault(file: Path, rows: list[list[str]], interval: int) -> MalformedPrices:
    """Go through a bad file row by row, slowly, to name its first fault."""
    before = -1
    for line, (stamp, *fields) in enumerate(rows, start=2):
        try:
            opened = _checked_time(stamp, before, interval)
            moment = datetime.fromtimestamp(opened, tz=UTC)
            figures.bar(moment, tuple(fields[:4]), fields[4] or None)
        except (ValueError, figures.MalformedAnswer) as error:
            return MalformedPrices(file, line, str(error).removeprefix("malformed: "))
        before = opened
    return MalformedPrices(file, 0, "unusable as a whole")


def _checked_time(stamp: str, before: int, interval: int) -> int:
    if not STAMP.fullmatch(stamp):
        raise ValueError("timestamp is not like 2024-03-01T00:00:00Z")
    opened = int(datetime.fromisoformat(stamp).timestamp())
    if opened % interval:
        raise ValueError("timestamp is off the grid")
    if opened <= before:
        raise ValueError("timestamp repeats or goes back")
    return opened

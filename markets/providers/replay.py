"""Recorded prices as sources: a directory of venues, each a directory of CSV files."""

import functools
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

import numpy as np

from markets import consolidation
from markets.modes import PriceMode
from markets.providers import base, figures, recordings

PREFIX: Final = "replay:"
FILE: Final = re.compile(
    r"(?P<symbol>[A-Z0-9]{2,12}?)(?P<quote>USDT|USD)_1(?P<unit>[hm])\.csv(\.gz)?"
)
INTERVALS: Final = {"m": base.MINUTE, "h": base.HOUR}
NAME_LENGTH: Final = 32


class NoRecordings(ValueError):
    """Never: the directory is missing or holds no `<venue>/<SYMBOL><QUOTE>_1h.csv[.gz]`."""


class Unrecorded(LookupError):
    """Never: no venue has recorded the asset."""


@dataclass(frozen=True, slots=True, eq=False)
class Venue:
    """One recorded source; `files` maps (symbol, interval in seconds) to its file.

    USDC pairs are never read: that coin has been worth 13 % less than a dollar.
    """

    name: str
    files: Mapping[tuple[str, int], Path]

    @property
    def price_mode(self) -> str:
        return PriceMode.REPLAY

    @property
    def intervals(self) -> frozenset[int]:
        """The lengths every one of its assets has: hours always, made of minutes if need be."""
        has_minutes = all((symbol, base.MINUTE) in self.files for symbol in self.symbols())
        return frozenset({base.MINUTE, base.HOUR} if has_minutes else {base.HOUR})

    def symbols(self) -> tuple[str, ...]:
        return tuple(sorted({symbol for symbol, _ in self.files}))

    def preload(self, symbols: Sequence[str]) -> int:
        """Read the files of these assets now, so that a bad row stops a replay at its start.

        Returns how many bars they hold. :raises recordings.MalformedPrices:
        """
        wanted = [key for key in self.files if key[0] in symbols]
        return sum(self._recording(*key).opened.size for key in wanted)

    def closes(self, symbol: str) -> consolidation.Closes:
        """Every hourly close recorded."""
        recording = self._recording(symbol, base.HOUR)
        prices = [float(text) for text in recording.columns[3]]
        return consolidation.Closes(recording.opened, np.array(prices))

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Quote the close of the newest bar closed at `now`."""
        known = [symbol for symbol in symbols if symbol in self.symbols()]
        if not known:
            raise base.UnknownSymbol(symbols[0] if symbols else "")
        quotes = {symbol: self._quote(symbol, now) for symbol in known}
        return {symbol: quote for symbol, quote in quotes.items() if quote is not None}

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """Cut the recording; the first question about an asset reads its file.

        :raises base.UnknownSymbol: the venue has no file of the asset.
        :raises recordings.MalformedPrices: the file cannot be believed.
        """
        if symbol not in self.symbols():
            raise base.UnknownSymbol(symbol)
        if interval not in self.intervals:
            return []
        first, last = -int(-start.timestamp() // 1), int(end.timestamp()) - interval
        return self._recording(symbol, interval).between(first, last + 1)

    def _recording(self, symbol: str, interval: int) -> recordings.Recording:
        file = self.files.get((symbol, interval))
        if file is None:
            return _gathered(self.files[symbol, base.MINUTE])
        return _read(file, interval)

    def _quote(self, symbol: str, now: datetime) -> base.QuoteValue | None:
        interval = min(interval for known, interval in self.files if known == symbol)
        recording = self._recording(symbol, interval)
        last = int(recording.opened.searchsorted(int(now.timestamp()) - interval, side="right"))
        if not last:
            return None
        opened = int(recording.opened[last - 1])
        closed_at = datetime.fromtimestamp(opened + interval, tz=UTC)
        price = recording.between(opened, opened + 1)[0].close
        return base.QuoteValue(
            symbol=symbol,
            price=price,
            source_time=closed_at,
            fetched_at=now,
            digest=figures.digest(self.name, symbol, price, closed_at.isoformat()),
        )


@functools.lru_cache(maxsize=256)
def _read(file: Path, interval: int) -> recordings.Recording:
    return recordings.read(file, interval=interval)


@functools.lru_cache(maxsize=256)
def _gathered(file: Path) -> recordings.Recording:
    return recordings.hourly(_read(file, base.MINUTE))


def load(directory: Path | str) -> tuple[Venue, ...]:
    """Find the venues of a directory, by name; files are read when first asked for.

    :raises NoRecordings: nothing to replay there.
    """
    root = Path(directory)
    if not root.is_dir():
        raise NoRecordings(f"{directory} is not a directory of recorded prices.")
    found = [_venue(folder) for folder in sorted(root.iterdir()) if folder.is_dir()]
    venues = tuple(venue for venue in found if venue.files)
    if not venues:
        raise NoRecordings(f"{directory} holds no <venue>/<SYMBOL><QUOTE>_1h.csv[.gz] files.")
    return venues


def consolidated(
    venues: Sequence[Venue], symbols: Sequence[str]
) -> dict[str, consolidation.Closes]:
    """Each asset's hourly closes as a season sees them, from everything recorded.

    :raises Unrecorded: for an asset without recordings.
    :raises recordings.MalformedPrices: a file cannot be believed.
    """
    found = {}
    for symbol in symbols:
        heard = {venue.name: venue.closes(symbol) for venue in venues if symbol in venue.symbols()}
        if not heard:
            raise Unrecorded(f"no venue has recorded {symbol}.")
        found[symbol] = consolidation.joined(heard).closes()
    return found


def _venue(folder: Path) -> Venue:
    """List a venue's files; where an asset is quoted in both, dollars come before tether."""
    name = f"{PREFIX}{folder.name}"
    if len(name) > NAME_LENGTH:
        raise NoRecordings(f"The venue name {folder.name!r} is too long.")
    files: dict[tuple[str, int], Path] = {}
    matches = ((FILE.fullmatch(file.name), file) for file in sorted(folder.iterdir()))
    named = [(match, file) for match, file in matches if match]
    for match, file in sorted(named, key=lambda pair: pair[0]["quote"] != "USD"):
        files.setdefault((match["symbol"], INTERVALS[match["unit"]]), file)
    return Venue(name, files)

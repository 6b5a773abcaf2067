"""Small recorded files and scripted sources for tests."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path

from markets.providers import base

HEADER = "timestamp_utc,open,high,low,close,volume"


def write(file: Path, rows: Sequence[str], *, header: str = HEADER) -> Path:
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("\n".join([header, *rows]) + "\n")
    return file


def hours(start: datetime, closes: Sequence[str], *, volume: str = "5") -> list[str]:
    """One row per close, an hour apart."""
    return [
        f"{start + timedelta(hours=number):%Y-%m-%dT%H:%M:%SZ},{c},{c},{c},{c},{volume}"
        for number, c in enumerate(closes)
    ]


def bar(opened_at: datetime, close: str, volume: str | None = "5") -> base.BarValue:
    price = Decimal(close)
    return base.BarValue(
        opened_at=opened_at, open=price, high=price, low=price, close=price,
        volume=None if volume is None else Decimal(volume),
    )  # fmt: skip


@dataclass
class Scripted:
    """A source that has exactly these bars; `failure` is raised instead, while it is set."""

    name: str
    held: list[base.BarValue] = field(default_factory=list)
    price_mode: str = "live"
    intervals: frozenset[int] = frozenset({60})
    failure: Exception | None = None
    quotes: dict[str, base.QuoteValue] = field(default_factory=dict)
    calls: int = 0

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        self._fail_or_count()
        return {symbol: self.quotes[symbol] for symbol in symbols if symbol in self.quotes}

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        self._fail_or_count()
        if interval not in self.intervals:
            return []
        step = timedelta(seconds=interval)
        return [one for one in self.held if start <= one.opened_at and one.opened_at + step <= end]

    def _fail_or_count(self) -> None:
        self.calls += 1
        if self.failure is not None:
            raise self.failure


def minutes(instant: datetime, *closes: str, volume: str | None = "5") -> list[base.BarValue]:
    """Minute bars, the last of which closes at the instant."""
    first = instant - timedelta(minutes=len(closes))
    return [bar(first + timedelta(minutes=n), c, volume) for n, c in enumerate(closes)]


def agreeing(instant: datetime, *names: str, close: str = "100") -> list[Scripted]:
    return [Scripted(name, minutes(instant, *[close] * 5)) for name in names]

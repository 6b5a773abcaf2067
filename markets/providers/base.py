"""The border with price sources: what every vendor, twin and recording answers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final, Protocol

MINUTE: Final = 60
HOUR: Final = 3600
DAY: Final = 86400


class ProviderError(Exception):
    """A source did not answer with prices; `word` is safe to store and to show."""

    def __init__(self, word: str, detail: str = "") -> None:
        super().__init__(f"{word}: {detail}" if detail else word)
        self.word = word


class ProviderUnavailable(ProviderError):
    """Try again, not before `retry_after` seconds where the source says so."""

    def __init__(self, word: str, detail: str = "", *, retry_after: float | None = None) -> None:
        super().__init__(word, detail)
        self.retry_after = retry_after


class ProviderRejected(ProviderError):
    """Never: the source understood and refuses (wrong key, plan, range, region)."""


class UnknownSymbol(ProviderError):
    """Never: the source does not trade this asset."""

    def __init__(self, symbol: str) -> None:
        super().__init__("unknown_symbol", symbol)
        self.symbol = symbol


@dataclass(frozen=True, slots=True, kw_only=True)
class QuoteValue:
    """The newest price a source gives; optional figures in percent and quote currency."""

    symbol: str
    price: Decimal
    source_time: datetime | None
    fetched_at: datetime
    change_24h_pct: Decimal | None = None
    market_cap: Decimal | None = None
    volume_24h: Decimal | None = None
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class BarValue:
    """One complete bar; `opened_at` is UTC, `volume` in base units."""

    opened_at: datetime
    open: Decimal
    high: Decimal
    low: Decimal
    close: Decimal
    volume: Decimal | None


class Provider(Protocol):
    """One source of prices."""

    @property
    def name(self) -> str: ...
    @property
    def price_mode(self) -> str: ...
    @property
    def intervals(self) -> frozenset[int]:
        """Bar lengths it has, in seconds; empty for a source of quotes only."""
        ...

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, QuoteValue]:
        """Ask for the newest prices; symbols the source does not trade are left out.

        :raises ProviderUnavailable: try again. :raises ProviderRejected: never.
        :raises UnknownSymbol: it trades none of them.
        """
        ...

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[BarValue]:
        """Ask for complete bars with opened_at >= start and opened_at + interval <= end.

        Ascending, without duplicates; gaps stay gaps; none for an interval it does not have.

        :raises ProviderUnavailable: try again. :raises ProviderRejected: never.
        :raises UnknownSymbol: it does not trade the asset.
        """
        ...

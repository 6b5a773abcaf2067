"""Binance spot, public market data (USDT pairs).

Shapes: Binance's own binance-spot-api-docs, REST API, "Symbol price ticker" and "Kline data".
"""

import functools
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final

from markets.modes import PriceMode
from markets.providers import base, figures, http, latest

INTERVALS: Final = {base.MINUTE: "1m", base.HOUR: "1h", base.DAY: "1d"}
PAGE: Final = 1000
COLUMNS: Final = 12
UNKNOWN_SYMBOL: Final = -1121


class Binance:
    """Prices are strings; the ticker has no time and keeps answering for a halted market."""

    name = "binance"
    price_mode = PriceMode.LIVE
    intervals = frozenset(INTERVALS)

    def __init__(self, url: str) -> None:
        # Persisting after the first 429 earns a ban of up to three days.
        self._endpoint = http.Endpoint(url, retries_limited=False)

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Read tickers one by one: a single unknown pair would fail a whole batch."""
        return latest.each(symbols, functools.partial(self._quote, now=now))

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """Page through klines, 1,000 at a time; the one still open is dropped by its close."""
        if interval not in INTERVALS:
            return []
        found: list[base.BarValue] = []
        cursor, step = start, timedelta(seconds=interval)
        while cursor + step <= end:
            page = self._page(symbol, interval, start=cursor, end=end)
            found += page
            if len(page) < PAGE:
                break
            cursor = page[-1].opened_at + step
        return figures.complete(found, interval=interval, start=start, end=end)

    def _quote(self, symbol: str, *, now: datetime) -> base.QuoteValue:
        body = self._get("/api/v3/ticker/price", symbol, {})
        if not isinstance(body, dict) or body.get("symbol") != _pair(symbol):
            raise figures.MalformedAnswer("ticker of another pair")
        price = figures.price(body.get("price"))
        return base.QuoteValue(
            symbol=symbol,
            price=price,
            source_time=None,
            fetched_at=now,
            digest=figures.digest(self.name, symbol, price),
        )

    def _page(
        self, symbol: str, interval: int, *, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        window: dict[str, str | int] = {
            "interval": INTERVALS[interval],
            "startTime": int(start.timestamp() * 1000),
            "endTime": int(end.timestamp() * 1000) - 1,
            "limit": PAGE,
        }
        rows = self._get("/api/v3/klines", symbol, window)
        if not isinstance(rows, list):
            raise figures.MalformedAnswer("klines are not a list")
        page = [_bar(row) for row in rows]
        if page and page[-1].opened_at < start:
            raise figures.MalformedAnswer("klines before the range asked for")
        return page

    def _get(self, path: str, symbol: str, params: dict[str, str | int]) -> object:
        answer = self._endpoint.get(path, {"symbol": _pair(symbol), **params})
        if answer.status == http.OK and answer.body is not None:
            return answer.body
        if isinstance(answer.body, dict) and answer.body.get("code") == UNKNOWN_SYMBOL:
            raise base.UnknownSymbol(symbol)
        if answer.status == http.OK:
            raise figures.MalformedAnswer("not JSON")
        raise base.ProviderRejected("rejected", f"status {answer.status}")


def _pair(symbol: str) -> str:
    return f"{symbol}USDT"


def _bar(row: object) -> base.BarValue:
    if not isinstance(row, list) or len(row) < COLUMNS:
        raise figures.MalformedAnswer("kline row too short")
    return figures.bar(figures.moment(row[0], unit=1000), tuple(row[1:5]), row[5])

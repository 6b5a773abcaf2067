"""Coinbase Exchange, public market data (USD pairs).

Shapes: docs.cdp.coinbase.com, Exchange REST API, "Get product ticker" and "candles".
"""

import functools
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from markets.modes import PriceMode
from markets.providers import base, figures, http, latest

PAGE: Final = 300
COLUMNS: Final = 6
MISSING: Final = 404


class Coinbase:
    """Candles come newest first, as time, low, high, open, close, volume, in JSON numbers."""

    name = "coinbase"
    price_mode = PriceMode.LIVE
    intervals = frozenset({base.MINUTE, base.HOUR, base.DAY})

    def __init__(self, url: str) -> None:
        self._endpoint = http.Endpoint(url)

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Read the last trades."""
        return latest.each(symbols, functools.partial(self._quote, now=now))

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """Page through candles in windows of 300, the most one request may span."""
        if interval not in self.intervals:
            return []
        found: list[base.BarValue] = []
        cursor, step = _on_grid(start, interval), timedelta(seconds=interval)
        while cursor + step <= end:
            last = min(cursor + step * (PAGE - 1), end)
            found += self._page(symbol, interval, start=cursor, end=last)
            cursor += step * PAGE
        return figures.complete(found, interval=interval, start=start, end=end)

    def _quote(self, symbol: str, *, now: datetime) -> base.QuoteValue:
        body = self._get(symbol, "ticker", {})
        if not isinstance(body, dict):
            raise figures.MalformedAnswer("ticker is not an object")
        price, source_time = figures.price(body.get("price")), _moment(body.get("time"))
        return base.QuoteValue(
            symbol=symbol,
            price=price,
            source_time=source_time,
            fetched_at=now,
            digest=figures.digest(self.name, symbol, price, body.get("time")),
        )

    def _page(
        self, symbol: str, interval: int, *, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        window: dict[str, str | int] = {
            "granularity": interval,
            "start": start.isoformat(),
            "end": end.isoformat(),
        }
        rows = self._get(symbol, "candles", window)
        if not isinstance(rows, list):
            raise figures.MalformedAnswer("candles are not a list")
        return [_bar(row) for row in rows]

    def _get(self, symbol: str, path: str, params: dict[str, str | int]) -> object:
        answer = self._endpoint.get(f"/products/{symbol}-USD/{path}", params)
        if answer.status == http.OK and answer.body is not None:
            return answer.body
        if answer.status == MISSING:
            raise base.UnknownSymbol(symbol)
        if answer.status == http.OK:
            raise figures.MalformedAnswer("not JSON")
        raise base.ProviderRejected("rejected", f"status {answer.status}")


def _on_grid(start: datetime, interval: int) -> datetime:
    """Round up, so that a window never spans a 301st candle."""
    seconds = -(-int(start.timestamp()) // interval) * interval
    return datetime.fromtimestamp(seconds, tz=UTC)


def _bar(row: object) -> base.BarValue:
    if not isinstance(row, list) or len(row) < COLUMNS:
        raise figures.MalformedAnswer("candle row too short")
    opened, low, high, opening, close, traded = row[:COLUMNS]
    return figures.bar(figures.moment(opened), (opening, high, low, close), traded)


def _moment(raw: object) -> datetime:
    if not isinstance(raw, str):
        raise figures.MalformedAnswer("ticker without a time")
    try:
        moment = datetime.fromisoformat(raw)
    except ValueError as error:
        raise figures.MalformedAnswer("ticker time") from error
    if moment.tzinfo is None:
        raise figures.MalformedAnswer("ticker time without a zone")
    return moment.astimezone(UTC)

"""Kraken spot, public market data (USD pairs).

Shapes: docs.kraken.com, REST API, "Get ticker information" and "Get OHLC data".
"""

import functools
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from markets.modes import PriceMode
from markets.providers import base, figures, http, latest

MINUTES: Final = {base.MINUTE: 1, base.HOUR: 60, base.DAY: 1440}
RENAMED: Final = {"BTC": "XBT", "DOGE": "XDG"}
COLUMNS: Final = 7
# Words Kraken's error strings start with or contain, under status 200.
TEMPORARY: Final = ("EService:", "EAPI:Rate limit", "EGeneral:Too many", "EGeneral:Temporary")
UNKNOWN_PAIR: Final = "EQuery:Unknown asset pair"


class Kraken:
    """Errors come with status 200 and no result; the last OHLC row is always unfinished."""

    name = "kraken"
    price_mode = PriceMode.LIVE
    intervals = frozenset(MINUTES)

    def __init__(self, url: str) -> None:
        self._endpoint = http.Endpoint(url)

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Read tickers one by one: a single unknown pair would fail a whole batch."""
        return latest.each(symbols, functools.partial(self._quote, now=now))

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """Read at most the 720 newest rows: Kraken has no older ones to give."""
        if interval not in MINUTES:
            return []
        params: dict[str, str | int] = {
            "interval": MINUTES[interval],
            "since": int(start.timestamp()) - interval,
        }
        rows = self._result("/0/public/OHLC", symbol, params)
        if not isinstance(rows, list):
            raise figures.MalformedAnswer("OHLC is not a list")
        committed = [_bar(row) for row in rows[:-1]]
        return figures.complete(committed, interval=interval, start=start, end=end)

    def _quote(self, symbol: str, *, now: datetime) -> base.QuoteValue:
        ticker = self._result("/0/public/Ticker", symbol, {})
        last = ticker.get("c") if isinstance(ticker, dict) else None
        if not isinstance(last, list) or not last:
            raise figures.MalformedAnswer("ticker without a last trade")
        price = figures.price(last[0])
        return base.QuoteValue(
            symbol=symbol,
            price=price,
            source_time=None,
            fetched_at=now,
            digest=figures.digest(self.name, symbol, price),
        )

    def _result(self, path: str, symbol: str, params: dict[str, str | int]) -> object:
        """Unwrap the one pair of the result; Kraken renames it (XBTUSD -> XXBTZUSD)."""
        pair = f"{RENAMED.get(symbol, symbol)}USD"
        answer = self._endpoint.get(path, {"pair": pair, **params})
        body = answer.body
        if not isinstance(body, dict) or not isinstance(body.get("error"), list):
            raise figures.MalformedAnswer("not Kraken's envelope")
        _refuse(body["error"], symbol)
        result = body.get("result")
        if not isinstance(result, dict):
            raise figures.MalformedAnswer("no result")
        pairs = [value for key, value in result.items() if key != "last"]
        if len(pairs) != 1:
            raise figures.MalformedAnswer("not exactly one pair")
        return pairs[0]


def _refuse(errors: list[object], symbol: str) -> None:
    """Strings that start with W are warnings beside a good result."""
    for error in (str(error) for error in errors if not str(error).startswith("W")):
        if error.startswith(UNKNOWN_PAIR):
            raise base.UnknownSymbol(symbol)
        if error.startswith(TEMPORARY):
            raise base.ProviderUnavailable("busy", error[:80])
        raise base.ProviderRejected("rejected", error[:80])


def _bar(row: object) -> base.BarValue:
    if not isinstance(row, list) or len(row) < COLUMNS:
        raise figures.MalformedAnswer("OHLC row too short")
    return figures.bar(figures.moment(row[0]), tuple(row[1:5]), row[6])

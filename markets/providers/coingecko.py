"""CoinGecko: aggregated quotes in USD, with 24 h change and market cap. It has no bars.

Shapes: docs.coingecko.com, "Coin price by ids", "Historical chart data within time range" and
"Common errors & rate limit".
"""

import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Final

from markets.modes import PriceMode
from markets.providers import base, figures, http

HEADERS: Final = {"demo": "x-cg-demo-api-key", "pro": "x-cg-pro-api-key"}
# Rate limits, and the CDN's block, pass; a wrong key (10002, 10010, 10011) or a range or plan
# limit (10005, 10012) does not, but says nothing against the next, smaller question.
PASSING: Final = frozenset({429, 1020})
WHOLE: Final = 10**22

logger = logging.getLogger(__name__)


class CoinGecko:
    """Errors nest three ways, and have been seen under status 200."""

    name = "coingecko"
    price_mode = PriceMode.LIVE
    intervals: frozenset[int] = frozenset()

    def __init__(
        self, url: str, *, key: str, key_kind: str, ids: Callable[[], Mapping[str, str]]
    ) -> None:
        """Take `ids` as a question: an operator may add an asset while the process runs."""
        self._endpoint = http.Endpoint(url, headers={HEADERS[key_kind]: key} if key else {})
        self._ids = ids

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Read all symbols in one request, with the source's own times."""
        ids = self._ids()
        wanted = {symbol: ids[symbol] for symbol in symbols if symbol in ids}
        if not wanted:
            raise base.UnknownSymbol(symbols[0] if symbols else "")
        prices = self._get(
            "/simple/price",
            {
                "ids": ",".join(wanted.values()),
                "vs_currencies": "usd",
                "include_last_updated_at": "true",
                "include_24hr_change": "true",
                "include_24hr_vol": "true",
                "include_market_cap": "true",
                "precision": "full",
            },
        )
        quotes = {symbol: _quote(symbol, prices.get(key), now) for symbol, key in wanted.items()}
        known = {symbol: quote for symbol, quote in quotes.items() if quote is not None}
        if not known:
            raise base.UnknownSymbol(symbols[0])
        return known

    def bars(
        self,
        *,
        symbol: str,  # noqa: ARG002  the Protocol's name
        interval: int,  # noqa: ARG002
        start: datetime,  # noqa: ARG002
        end: datetime,  # noqa: ARG002
    ) -> list[base.BarValue]:
        """None: its history is of points off the grid, not of bars."""
        return []

    def history(
        self, symbol: str, *, start: datetime, end: datetime
    ) -> list[tuple[datetime, Decimal]]:
        """Read (time, USD price) points of [start, end), ascending; 365 days back without a plan.

        :raises base.UnknownSymbol: :raises base.ProviderRejected: beyond the plan's window.
        """
        ids = self._ids()
        if symbol not in ids:
            raise base.UnknownSymbol(symbol)
        body = self._get(
            f"/coins/{ids[symbol]}/market_chart/range",
            {
                "vs_currency": "usd",
                "from": int(start.timestamp()),
                "to": int(end.timestamp()),
                "precision": "full",
            },
        )
        rows = body.get("prices")
        if not isinstance(rows, list):
            raise figures.MalformedAnswer("no list of prices")
        points = dict(_point(row) for row in rows)  # the last point is "now": cut by `end`
        return [(at, points[at]) for at in sorted(points) if start <= at < end]

    def _get(self, path: str, params: Mapping[str, str | int]) -> dict[str, object]:
        answer = self._endpoint.get(path, params)
        _refuse(answer)
        if not isinstance(answer.body, dict):
            raise figures.MalformedAnswer("not a JSON object")
        return answer.body


def _quote(symbol: str, figure: object, now: datetime) -> base.QuoteValue | None:
    """Read one coin; a coin that is absent or without a usable price is left out, never 0."""
    if not isinstance(figure, dict):
        return None
    try:
        price, source_time = figures.price(figure.get("usd")), _updated_at(figure)
    except figures.MalformedAnswer:
        logger.warning("unusable quote", extra={"source": CoinGecko.name, "symbol": symbol})
        return None
    return base.QuoteValue(
        symbol=symbol,
        price=price,
        source_time=source_time,
        fetched_at=now,
        change_24h_pct=figures.optional(
            figure.get("usd_24h_change"), places="1.0000", below=10**7
        ),
        market_cap=figures.optional(figure.get("usd_market_cap"), places="1.00", below=WHOLE),
        volume_24h=figures.optional(figure.get("usd_24h_vol"), places="1.00", below=WHOLE),
        digest=figures.digest(CoinGecko.name, symbol, price, source_time),
    )


def _updated_at(figure: Mapping[str, object]) -> datetime | None:
    raw = figure.get("last_updated_at")
    return None if raw is None else figures.moment(raw)


def _point(row: object) -> tuple[datetime, Decimal]:
    if not isinstance(row, list) or len(row) < 2:  # noqa: PLR2004
        raise figures.MalformedAnswer("history row too short")
    return figures.moment(row[0], unit=1000), figures.price(row[1])


def _refuse(answer: http.Answer) -> None:
    """Body first, then status: a rate limit may come under 200, a plan limit under 401."""
    code, message = _problem(answer.body)
    if code in PASSING:
        raise base.ProviderUnavailable("rate_limited", message)
    if message == "coin not found":
        raise base.UnknownSymbol(message)
    if code or message or answer.status != http.OK:
        raise base.ProviderRejected("rejected", f"{code or answer.status} {message}".strip())


def _problem(body: object) -> tuple[int, str]:
    """Find (code, message) in {"status": {}}, {"error": {"status": {}}} or {"error": ""}."""
    if not isinstance(body, dict):
        return 0, ""
    error = body.get("error", body)
    if isinstance(error, str):
        return 0, error[:80]
    status = error.get("status") if isinstance(error, dict) else None
    if not isinstance(status, dict) or "error_code" not in status:
        return 0, ""
    code = status["error_code"]
    return (code if isinstance(code, int) else 0), str(status.get("error_message", ""))[:80]

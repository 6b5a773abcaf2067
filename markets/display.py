"""The price people see: never used for scoring, always saying where it comes from and how old."""

import logging
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial
from typing import Final

from django.conf import settings
from django.core.cache import cache
from redis.exceptions import RedisError

from markets import assets, breaker, newest
from markets.models import LatestPrice
from markets.modes import PriceMode
from markets.providers import base, registry, simulated

FRESH: Final = timedelta(seconds=30)
DRESSED: Final = timedelta(hours=1)  # how old a market cap or a 24 h change may be
SIMULATED: Final = "simulated"

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class DisplayPrice:
    """USD price as of `as_of`; `change_24h` in percent; None where nobody says."""

    symbol: str
    price: Decimal
    change_24h: Decimal | None
    market_cap: Decimal | None
    as_of: datetime
    source: str
    age_seconds: int
    is_simulated: bool


def display(*, symbol: str, now: datetime) -> DisplayPrice:
    """Show the newest recorded live price, or ask the live sources in turn.

    Where live sources are off, or all of them fail, the price is simulated and marked so.

    :raises assets.UnknownAsset: no such asset.
    """
    known = assets.named(symbol).symbol
    quote = _live(known, now) if settings.PRICE_MODE == PriceMode.LIVE else None
    if quote is not None:
        return _shown(quote, now=now)
    invented = simulated.venues(settings.SIMULATION_SEED)[0].latest([known], now=now)[known]
    return _shown(_unsaved(SIMULATED, invented), now=now)


def _live(symbol: str, now: datetime) -> LatestPrice | None:
    """Recorded, else kept, else asked for now; a total failure is kept for the while, too."""
    recorded = _recorded(symbol, now)
    if recorded is not None:
        return recorded
    key, since = f"markets:display:{symbol}", (now - FRESH).timestamp()
    kept = _kept(key)
    if kept is not None and since < kept[0] <= now.timestamp():
        return kept[1]
    quote = _asked(symbol, now)
    _keep(key, (now.timestamp(), quote))
    return quote


def _recorded(symbol: str, now: datetime) -> LatestPrice | None:
    return next(iter(_told(symbol, since=now - FRESH, until=now)), None)


def _told(symbol: str, *, since: datetime, until: datetime) -> list[LatestPrice]:
    live = registry.source_names(PriceMode.LIVE)
    return newest.told(sources=live, after=since, until=until, symbols=[symbol])


def _asked(symbol: str, now: datetime) -> LatestPrice | None:
    for provider in registry.providers(PriceMode.LIVE):
        try:
            found = breaker.call(provider, partial(provider.latest, [symbol], now=now), now=now)
        except base.ProviderError as failure:
            logger.warning(
                "no price to show", extra={"source": provider.name, "word": failure.word}
            )
            continue
        if symbol in found:
            return _unsaved(provider.name, found[symbol])
    return None


def _shown(quote: LatestPrice, *, now: datetime) -> DisplayPrice:
    change, market_cap = quote.change_24h_pct, quote.market_cap
    if quote.source != SIMULATED and market_cap is None:
        change, market_cap = _dress(quote, now)
    return DisplayPrice(
        symbol=quote.asset_id,
        price=quote.price,
        change_24h=change,
        market_cap=market_cap,
        as_of=quote.source_time,
        source=quote.source,
        age_seconds=max(0, int((now - quote.source_time).total_seconds())),
        is_simulated=quote.source == SIMULATED,
    )


def _dress(quote: LatestPrice, now: datetime) -> tuple[Decimal | None, Decimal | None]:
    """Take change and market cap from whichever live source last gave them."""
    told = _told(quote.asset_id, since=now - DRESSED, until=now)
    given = next((one for one in told if one.market_cap is not None), None)
    if given is None:
        return quote.change_24h_pct, None
    return quote.change_24h_pct or given.change_24h_pct, given.market_cap


def _unsaved(source: str, value: base.QuoteValue) -> LatestPrice:
    return LatestPrice(
        asset_id=value.symbol,
        source=source,
        source_time=value.source_time or value.fetched_at,
        fetched_at=value.fetched_at,
        price=value.price,
        change_24h_pct=value.change_24h_pct,
        market_cap=value.market_cap,
    )


def _kept(key: str) -> tuple[float, LatestPrice | None] | None:
    try:
        kept: tuple[float, LatestPrice | None] | None = cache.get(key)
    except (OSError, RedisError):
        return None  # the price is only slower without a cache
    return kept


def _keep(key: str, value: tuple[float, LatestPrice | None]) -> None:
    try:
        cache.set(key, value, timeout=int(FRESH.total_seconds()))
    except (OSError, RedisError):
        logger.warning("price to show not kept")

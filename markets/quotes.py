"""Recording what the sources say, a little at every tick, and the price shown to people."""

import logging
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from functools import partial
from itertools import product
from typing import Final

from django.core.cache import cache
from django.db import transaction
from django.db.models import Exists, OuterRef, Q
from redis.exceptions import RedisError

from markets import bars, breaker, newest
from markets.display import DisplayPrice, display
from markets.models import Asset, Bar, Quote
from markets.modes import PriceMode, recorded
from markets.providers import base, registry

__all__ = ["DisplayPrice", "display", "record", "record_all"]

EVERY: Final = timedelta(seconds=15)
SPACING: Final = {"coingecko": timedelta(seconds=60)}  # its allowance is counted by the month
KEEP_S: Final = 600  # longer than any spacing
GATHERED: Final = timedelta(days=1)
PUBLISHED: Final = timedelta(seconds=2)  # after its close a bar is worth asking for
# How far back an empty store is filled: what the 5m horizon remembers, 40 half-lives of 72 h.
HISTORY: Final = {base.MINUTE: timedelta(hours=96), base.HOUR: timedelta(days=120)}

logger = logging.getLogger(__name__)


def record_all(*, now: datetime) -> int:
    """Record every mode this installation runs; returns how many rows were written."""
    return sum(record(price_mode=mode, now=now) for mode in recorded())


def record(*, price_mode: str, now: datetime) -> int:
    """Record quotes, and minute and hourly bars, of the active assets where any are due.

    Quotes also of an inactive asset somebody else still gathers bars of: a running season goes
    on pricing it. Its bars are left to them, so a day after they stop this stops too.

    What is due is read from the store, so that calling it twice, or from two processes, costs
    little and changes nothing. Recordings are not recorded again. Returns the rows written.
    """
    if price_mode == PriceMode.REPLAY:
        return 0
    quoted = _quoted(price_mode, now)
    symbols = [asset.symbol for asset in quoted if asset.is_active]
    written = _record_quotes(price_mode, [asset.symbol for asset in quoted], now)
    for interval, history in HISTORY.items():
        due = [s for s in symbols if _is_due(s, price_mode=price_mode, interval=interval, now=now)]
        gather = partial(
            bars.ingest, price_mode=price_mode, interval=interval, start=now - history, now=now
        )
        written += sum(_try(gather, symbol) for symbol in due)
    return written


def _try(gather: Callable[..., int], symbol: str) -> int:
    """One poisoned series must not keep the others from being gathered."""
    try:
        return gather(symbol=symbol)
    except Exception:
        logger.exception("bars not recorded", extra={"symbol": symbol})
        return 0


def _quoted(price_mode: str, now: datetime) -> list[Asset]:
    """List the active assets, and those of which the mode's sources have bars of the last day."""
    is_wanted = Q(is_active=True)
    for source, interval in product(registry.source_names(price_mode), HISTORY):
        # One seek of the bars' own index each; asked for all at once, it reads them all.
        recent = Bar.objects.filter(
            asset_id=OuterRef("symbol"),
            source=source,
            interval=interval,
            opened_at__gt=now - GATHERED,
            opened_at__lte=now,
        )
        is_wanted |= Q(Exists(recent))
    return list(Asset.objects.filter(is_wanted).listed())


def _is_due(symbol: str, *, price_mode: str, interval: int, now: datetime) -> bool:
    """Say whether a source lacks the bar that closed last."""
    closed = int((now - PUBLISHED).timestamp()) // interval * interval
    last = datetime.fromtimestamp(closed - interval, tz=now.tzinfo)
    return any(
        not bars.reaches(last, symbol=symbol, source=provider.name, interval=interval)
        for provider in registry.providers(price_mode)
        if interval in provider.intervals
    )


def _record_quotes(price_mode: str, symbols: Sequence[str], now: datetime) -> int:
    if not symbols:
        return 0
    sources = registry.providers(price_mode)
    due = [provider for provider in sources if _is_quiet(provider, now)]
    fetched = [(provider.name, _latest(provider, symbols, now)) for provider in due]
    rows = [_row(source, value) for source, values in fetched for value in values]
    if rows:
        _keep(rows)
    return len(rows)


def _keep(rows: Sequence[Quote]) -> None:
    """What is told again stays as first heard: when that was decides what an instant may use."""
    with transaction.atomic():
        Quote.objects.bulk_create(rows, ignore_conflicts=True)
        newest.remember(rows)


def _is_quiet(provider: base.Provider, now: datetime) -> bool:
    """Say whether a source neither told anything new nor was asked within its spacing."""
    since = now - SPACING.get(provider.name, EVERY)
    told = Quote.objects.filter(source=provider.name, fetched_at__gt=since, fetched_at__lte=now)
    if told.exists():
        return False
    # An answer that repeats a stamp, or none at all, leaves no trace in the store.
    return provider.price_mode != PriceMode.LIVE or not _was_asked(provider.name, since, now)


def _was_asked(source: str, since: datetime, now: datetime) -> bool:
    """Whether the cache knows of a request after `since`; if not, it knows of this one now."""
    key = f"markets:asked:{source}"
    try:
        asked: float = cache.get(key, 0.0)
        if since.timestamp() < asked <= now.timestamp():
            return True
        cache.set(key, now.timestamp(), timeout=KEEP_S)
    except (OSError, RedisError):
        logger.warning("last request unknown", extra={"source": source})
    return False


def _latest(
    provider: base.Provider, symbols: Sequence[str], now: datetime
) -> Iterable[base.QuoteValue]:
    try:
        return breaker.call(provider, partial(provider.latest, symbols, now=now), now=now).values()
    except base.ProviderError as failure:
        logger.warning("quotes not fetched", extra={"source": provider.name, "word": failure.word})
        return ()


def _row(source: str, value: base.QuoteValue) -> Quote:
    return Quote(
        asset_id=value.symbol,
        source=source,
        source_time=value.source_time or value.fetched_at,
        fetched_at=value.fetched_at,
        price=value.price,
        change_24h_pct=value.change_24h_pct,
        market_cap=value.market_cap,
        volume_24h=value.volume_24h,
    )

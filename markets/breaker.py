"""A breaker per vendor: five failures or refusals in a row and it is left alone for a minute.

The state is in the cache, so that all processes spare a struggling vendor together; losing it
costs a few requests, never a price.
"""

import logging
from collections.abc import Callable
from datetime import datetime
from typing import Final, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

from markets import traffic
from markets.modes import PriceMode
from markets.providers import base

FAILURES: Final = 5
OPEN_S: Final = 60
LONGEST_S: Final = 3600  # however long a vendor asks for
KEEP_S: Final = 2 * LONGEST_S

TOLD: Final[dict[type[Exception], str]] = {
    base.ProviderUnavailable: traffic.UNAVAILABLE,
    base.ProviderRejected: traffic.REJECTED,
    base.UnknownSymbol: traffic.UNTRADED,
}

logger = logging.getLogger(__name__)
T = TypeVar("T")


class BreakerOpen(base.ProviderUnavailable):
    """Try again: the source has failed too often and is being left alone."""

    def __init__(self, source: str, retry_after: float) -> None:
        super().__init__("breaker_open", source, retry_after=retry_after)


def call(provider: base.Provider, work: Callable[[], T], *, now: datetime) -> T:
    """Run `work` against a source unless its breaker is open; count how it went.

    A refusal counts: a key that is not accepted is not tried at every tick. That a source does
    not trade an asset says nothing about the source.
    Twins and recordings have no network to break, and pass straight through.

    :raises BreakerOpen: nothing was asked. Whatever `work` raises is raised.
    """
    if provider.price_mode != PriceMode.LIVE:
        return work()
    failures, open_until = state(provider.name)
    if now.timestamp() < open_until:
        raise BreakerOpen(provider.name, open_until - now.timestamp())
    try:
        answer = traffic.timed(provider.name, work, told=TOLD)
    except base.ProviderUnavailable as failure:
        record_failure(provider.name, failure.retry_after, now=now)
        raise
    except base.ProviderRejected:
        record_failure(provider.name, None, now=now)
        raise
    if failures:
        _write(provider.name, (0, 0.0))
    return answer


def state(source: str) -> tuple[int, float]:
    """Read (failures in a row, epoch seconds until which it stays open)."""
    try:
        stored: tuple[int, float] = cache.get(_key(source), (0, 0.0))
    except (OSError, RedisError):
        logger.warning("breaker state unreadable", extra={"source": source})
        return 0, 0.0
    return stored


def record_failure(source: str, retry_after: float | None, *, now: datetime) -> None:
    """Count one failure; a vendor that says how long to wait is obeyed at once."""
    failures, _ = state(source)
    pause = min(retry_after or 0.0, LONGEST_S)
    if failures + 1 >= FAILURES:
        pause = max(pause, OPEN_S)
    _write(source, (failures + 1, now.timestamp() + pause if pause else 0.0))
    logger.warning("source failed", extra={"source": source, "failures": failures + 1})


def _write(source: str, value: tuple[int, float]) -> None:
    """Last writer wins: two failures counted as one only delay the opening."""
    try:
        cache.set(_key(source), value, timeout=KEEP_S)
    except (OSError, RedisError):
        logger.warning("breaker state unwritable", extra={"source": source})


def _key(source: str) -> str:
    return f"markets:breaker:{source}"

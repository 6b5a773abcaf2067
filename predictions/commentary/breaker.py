"""When Gemini is left alone: after failures in a row, for as long as a refusal asks for.

Shared by all processes through the cache, which lets the rest end by itself.
"""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.core.cache import cache
from redis.exceptions import RedisError

from predictions.commentary.base import CommentaryUnavailable

T = TypeVar("T")
# Gemini's daily quotas start anew at midnight Pacific time.
RESETS_IN = ZoneInfo("America/Los_Angeles")
BREAKER = "commentary:gemini:breaker"
FAILURES = "commentary:gemini:failures"
MOST_FAILURES = 3
PAUSE_S = 60


class Resting(CommentaryUnavailable):
    """The call was not made: the breaker is open, or the cache that knows cannot be asked."""


def heed() -> None:
    """:raises Resting: while nothing may be asked."""
    if safely(lambda: cache.get(BREAKER)):
        raise Resting("it is resting after failures")


def failed() -> None:
    """Count a failure; the third in a row opens the breaker for a minute."""
    safely(lambda: cache.add(FAILURES, 0, timeout=10 * PAUSE_S))
    if safely(lambda: cache.incr(FAILURES)) >= MOST_FAILURES:
        rest(seconds=PAUSE_S)


def succeeded() -> None:
    """End a run of failures."""
    safely(lambda: cache.delete(FAILURES))


def rest(*, seconds: int) -> None:
    """Ask nothing for a while."""
    safely(lambda: cache.set(BREAKER, 1, timeout=seconds))


def seconds_until_reset(*, as_of: int) -> int:
    """From `as_of` (epoch seconds) to the next midnight Pacific."""
    at = datetime.fromtimestamp(as_of, tz=RESETS_IN)
    midnight = (at + timedelta(days=1)).replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.timestamp()) - as_of


def safely(ask: Callable[[], T]) -> T:
    """:raises Resting: when the cache fails."""
    try:
        return ask()
    except (RedisError, OSError, ValueError) as error:  # ValueError: the key lapsed before incr
        raise Resting("its cache is out of reach") from error

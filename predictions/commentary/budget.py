"""How often Gemini may be asked: a daily allowance and a breaker, shared through the cache.

Time comes from the facts: a day is theirs, and the cache lets the breaker lapse by itself.
"""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import TypeVar
from zoneinfo import ZoneInfo

from django.core.cache import cache
from redis.exceptions import RedisError

from predictions.commentary.base import CommentaryUnavailable

T = TypeVar("T")
# Gemini's daily quotas start anew at midnight Pacific time.
RESETS_IN = ZoneInfo("America/Los_Angeles")
TWO_DAYS_S = 172_800
BREAKER = "commentary:gemini:breaker"
FAILURES = "commentary:gemini:failures"
MOST_FAILURES = 3
PAUSE_S = 60


class OverBudget(CommentaryUnavailable):
    """The call was not made: the allowance is spent, or the breaker is open."""


def reserve(*, as_of: int, daily_calls: int) -> None:
    """Take one call from the day's allowance before making it.

    :raises OverBudget: when the breaker is open, the allowance is spent, or the cache that
        counts cannot be asked.
    """
    key = f"commentary:gemini:calls:{datetime.fromtimestamp(as_of, tz=UTC):%Y-%m-%d}"
    if safely(lambda: cache.get(BREAKER)):
        raise OverBudget("it is resting after failures")
    safely(lambda: cache.add(key, 0, timeout=TWO_DAYS_S))
    if safely(lambda: cache.incr(key)) > daily_calls:
        raise OverBudget("the daily allowance is spent")


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
    """:raises OverBudget: when the cache fails; what cannot be counted is not spent."""
    try:
        return ask()
    except (RedisError, OSError, ValueError) as error:  # ValueError: the key lapsed before incr
        raise OverBudget("its call counter is out of reach") from error

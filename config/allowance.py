"""How many requests somebody has left this minute: a moving window, counted atomically.

With Redis one script counts for every process at once, by the server's clock. While Redis is away
each process counts by itself: the limit is then per process, never gone.
"""

import functools
import math
import threading
import time
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass

import redis
from prometheus_client import Counter

from config import reachability

WINDOW_S = 60
CROWDED = 10_000
# Every request waits for this, so a stalled Redis may not cost the ones it surprises much more.
TIMEOUTS = {"socket_connect_timeout": 0.2, "socket_timeout": 0.2}
UNSHARED = Counter(
    "league_rate_limit_unshared", "Requests counted by one process alone: Redis was away."
)
# KEYS: a sorted set per name. ARGV: quota, window in microseconds. A request counts in every set
# or in none. Answers [1 or 0, then for each set: how many are left, microseconds until one more].
COUNT = """
local t = redis.call('TIME')
local now = t[1] * 1000000 + t[2]
local quota, window = tonumber(ARGV[1]), tonumber(ARGV[2])
local used, allowed = {}, 1
for i, key in ipairs(KEYS) do
  redis.call('ZREMRANGEBYSCORE', key, '-inf', string.format('%.0f', now - window))
  used[i] = redis.call('ZCARD', key)
  if used[i] >= quota then allowed = 0 end
end
local answer = {allowed}
for i, key in ipairs(KEYS) do
  if allowed == 1 then
    redis.call('ZADD', key, string.format('%.0f', now), string.format('%.0f-%d', now, used[i]))
    redis.call('PEXPIRE', key, window / 1000)
    used[i] = used[i] + 1
  end
  local first = redis.call('ZRANGE', key, 0, 0, 'WITHSCORES')[2]
  answer[#answer + 1] = quota - used[i]
  answer[#answer + 1] = first and first + window - now or 0
end
return answer
"""


@dataclass(frozen=True, slots=True)
class Standing:
    """`name` is what is counted (ip, key, account); `reset_s` until the oldest request is past."""

    name: str
    quota: int
    remaining: int
    reset_s: int


@dataclass(frozen=True, slots=True)
class Verdict:
    is_allowed: bool
    standings: tuple[Standing, ...]


class Shared:
    """Counted in Redis. :raises redis.RedisError: from `take`, when it cannot be."""

    def __init__(self, url: str) -> None:
        pool = reachability.Pool.from_url(url, reach_url=url, **TIMEOUTS)
        self._count = redis.Redis(connection_pool=pool).register_script(COUNT)

    def take(self, who: Mapping[str, str], *, quota: int) -> Verdict:
        """One request of everybody in `who` (name of the limit -> identity)."""
        keys = [f"allowance:{name}:{identity}" for name, identity in who.items()]
        is_allowed, *numbers = map(int, self._count(keys=keys, args=[quota, WINDOW_S * 10**6]))
        pairs = zip(numbers[::2], numbers[1::2], strict=True)
        return Verdict(
            bool(is_allowed),
            tuple(
                Standing(name, quota, max(left, 0), seconds(wait / 1e6))
                for name, (left, wait) in zip(who, pairs, strict=True)
            ),
        )


class Own:
    """Counted in this process, by its monotonic clock."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[tuple[str, str], deque[float]] = {}

    def take(self, who: Mapping[str, str], *, quota: int) -> Verdict:
        now = time.monotonic()
        with self._lock:
            if len(self._seen) > CROWDED:
                self._forget(now)
            windows = {name: self._window((name, identity), now) for name, identity in who.items()}
            is_allowed = all(len(window) < quota for window in windows.values())
            if is_allowed:
                for window in windows.values():
                    window.append(now)
            return Verdict(
                is_allowed,
                tuple(
                    Standing(
                        name,
                        quota,
                        max(quota - len(window), 0),
                        seconds(window[0] + WINDOW_S - now if window else 0),
                    )
                    for name, window in windows.items()
                ),
            )

    def _window(self, key: tuple[str, str], now: float) -> deque[float]:
        window = self._seen.setdefault(key, deque())
        while window and window[0] <= now - WINDOW_S:
            window.popleft()
        return window

    def _forget(self, now: float) -> None:
        """Those who have been silent for a whole window."""
        self._seen = {
            key: window
            for key, window in self._seen.items()
            if window and window[-1] > now - WINDOW_S
        }


def seconds(wait: float) -> int:
    return min(max(math.ceil(wait), 1), WINDOW_S)


@functools.cache
def shared(url: str) -> Shared:
    return Shared(url)


@functools.cache
def own() -> Own:
    return Own()


def take(who: Mapping[str, str], *, quota: int, url: str) -> Verdict:
    """Count one request of everybody in `who`; in Redis if there is one and it answers."""
    if not url:
        return own().take(who, quota=quota)
    try:
        return shared(url).take(who, quota=quota)
    except redis.RedisError:
        UNSHARED.inc()
        return own().take(who, quota=quota)


def forget() -> None:
    """Start afresh: for tests, which share a process."""
    shared.cache_clear()
    own.cache_clear()

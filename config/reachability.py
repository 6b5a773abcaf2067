"""Redis as the request path sees it: asked briefly and once, then left alone until it is back.

A Redis that refuses, stalls or has vanished costs the requests that find it out one short timeout.
From then on this process does without it; a thread asks in their stead every second. redis-py
would retry every call three times, and a stalled server would cost each request seconds.
"""

import functools
import logging
import threading
from collections.abc import Callable
from typing import Any, Self, TypeVar

import redis
from prometheus_client import Counter, Gauge
from redis.backoff import NoBackoff
from redis.retry import Retry

logger = logging.getLogger(__name__)
T = TypeVar("T")
ASK_AGAIN_S = 1.0
TIMEOUTS = {"socket_connect_timeout": 1, "socket_timeout": 0.5}
LOSSES = Counter("league_redis_losses", "Times a process found Redis away and went on without.")
AWAY = Gauge(
    "league_redis_away", "Processes that do without Redis now.", multiprocess_mode="livesum"
)


class Reachability:
    """One process's knowledge of one Redis: away from the first failure until a probe succeeds.

    Away means that the probing thread lives: a forked child has no such thread and asks itself.
    `era` counts the losses, so that a connection from before one is told from a later one.
    """

    def __init__(self, url: str) -> None:
        self.url = url
        self.era = 0
        self._lock = threading.Lock()
        self._probe: threading.Thread | None = None
        self._is_over = threading.Event()

    @property
    def is_away(self) -> bool:
        return self._probe is not None and self._probe.is_alive()

    def lose(self, error: Exception) -> None:
        """A call failed: nobody asks again before the probe has had an answer."""
        with self._lock:
            if self.is_away or self._is_over.is_set():
                return
            self.era += 1
            self._probe = threading.Thread(target=self._await, name="redis-probe", daemon=True)
            self._probe.start()
        LOSSES.inc()
        logger.warning("redis is away", extra={"error": repr(error)})

    def end(self) -> None:
        """Stop probing for good, for a store that is not used any more."""
        self._is_over.set()
        if self._probe is not None:
            self._probe.join(timeout=2)

    def _await(self) -> None:
        AWAY.inc()
        while not self._is_over.wait(ASK_AGAIN_S) and not answers(self.url):
            pass
        AWAY.dec()
        logger.warning("redis is no longer asked for")


def answers(url: str) -> bool:
    """Whether the server answers a new connection in time."""
    try:
        with redis.Redis.from_url(url, retry=Retry(NoBackoff(), 0), **TIMEOUTS) as client:
            return bool(client.ping())
    except (redis.RedisError, OSError):
        return False


@functools.cache
def of(url: str) -> Reachability:
    return Reachability(url)


class Once(Retry):
    """The retry policy that does not retry, and reports a failure."""

    def __init__(self, reach: Reachability) -> None:
        super().__init__(NoBackoff(), 0)
        self.reach = reach

    def __deepcopy__(self, _memo: object) -> Self:
        return self  # every connection copies its policy; the knowledge is the process's

    def call_with_retry(
        self, do: Callable[[], T], fail: Callable[..., Any], *arguments: Any, **options: Any
    ) -> T:
        """:raises redis.ConnectionError: and redis.TimeoutError, after one try."""
        try:
            return super().call_with_retry(do, fail, *arguments, **options)
        except (redis.ConnectionError, redis.TimeoutError, OSError) as error:
            self.reach.lose(error)
            raise


class Pool(redis.ConnectionPool):
    """Hands out no connection while Redis is away, and none from before it was.

    `reach_url` names whose absence counts: the cache and the limiter share a server.
    """

    def __init__(self, *, reach_url: str, **options: Any) -> None:
        self.reach = of(reach_url)
        self.era = self.reach.era
        super().__init__(retry=Once(self.reach), **(TIMEOUTS | options))

    def get_connection(self, *arguments: Any, **options: Any) -> Any:
        """:raises redis.ConnectionError: at once while Redis is away."""
        if self.reach.is_away:
            raise redis.ConnectionError("Redis is away.")
        if self.era != self.reach.era:
            self.era = self.reach.era
            self.disconnect(inuse_connections=False)
        return super().get_connection(*arguments, **options)

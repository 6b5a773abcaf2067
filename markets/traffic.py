"""How often each source was asked, what came of it and how long it took, by every process.

Counted in the cache, which all processes share: a worker's own memory is seen by no scrape. Losing
the cache begins the counts anew, as a restart begins those of any process; without one (no Redis)
each process counts for itself.
"""

import bisect
import logging
import time
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final, TypeVar

from django.core.cache import cache
from redis.exceptions import RedisError

logger = logging.getLogger(__name__)
T = TypeVar("T")
OK, UNAVAILABLE, REJECTED, UNTRADED, FAULT, FALLBACK = OUTCOMES = (
    "ok", "unavailable", "rejected", "untraded", "fault", "fallback",
)  # fmt: skip
WITHIN_S: Final = (0.1, 0.3, 1.0, 3.0, 10.0, float("inf"))
LASTING: Final = "ms"


@dataclass(frozen=True, slots=True)
class Traffic:
    """`within` are the requests no longer than each of WITHIN_S, cumulative."""

    source: str
    outcomes: dict[str, int]
    within: list[int]
    seconds: float


def timed(source: str, work: Callable[[], T], *, told: Mapping[type[Exception], str]) -> T:
    """What `work` answers or raises, counted: by `told`, or as a fault of ours."""
    began_s, outcome = time.monotonic(), OK
    try:
        return work()
    except Exception as error:
        outcome = next((word for kind, word in told.items() if isinstance(error, kind)), FAULT)
        raise
    finally:
        count(source, outcome, seconds=time.monotonic() - began_s)


def count(source: str, outcome: str, *, seconds: float | None = None) -> None:
    """One more; without `seconds` nothing was asked. A cache that is away counts nothing."""
    added = {outcome: 1}
    if seconds is not None:
        bucket = WITHIN_S[bisect.bisect_left(WITHIN_S, seconds)]
        added |= {str(bucket): 1, LASTING: round(seconds * 1000)}
    try:
        for name, more in added.items():
            _add(_key(source, name), more)
    except (OSError, RedisError):
        logger.warning("traffic not counted", extra={"source": source})


def counted(sources: Iterable[str]) -> Iterator[Traffic]:
    """:raises redis.exceptions.RedisError: or OSError, when the cache is away."""
    names = [*OUTCOMES, *map(str, WITHIN_S), LASTING]
    for source in sources:
        keys = {_key(source, name): name for name in names}
        told = {keys[key]: value for key, value in cache.get_many(keys).items()}
        within, total = [], 0
        for bucket in WITHIN_S:
            total += told.get(str(bucket), 0)
            within.append(total)
        outcomes = {name: told.get(name, 0) for name in OUTCOMES}
        yield Traffic(source, outcomes, within, told.get(LASTING, 0) / 1000)


def _add(key: str, more: int) -> None:
    try:
        cache.incr(key, more)
    except ValueError:  # nobody has counted yet; whoever comes first makes the key
        cache.add(key, 0, timeout=None)
        cache.incr(key, more)


def _key(source: str, name: str) -> str:
    return f"markets:traffic:{source}:{name}"

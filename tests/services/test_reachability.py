"""The shared cache behind every fault of the network: one short wait, then none."""

import time
from collections.abc import Iterator

import pytest
import redis
from django.core.cache.backends.redis import RedisCache

from config import reachability
from tests.services import servers
from tests.services.proxy import Proxy

pytestmark = pytest.mark.services
FAULTS = ("refuse", "stall", "vanish", "half_open")


@pytest.fixture
def proxy(redis_url: str) -> Iterator[Proxy]:
    with Proxy(int(redis_url.rpartition(":")[2].partition("/")[0])) as made:
        yield made


@pytest.fixture
def cache(proxy: Proxy) -> Iterator[RedisCache]:
    """Django's cache, configured as the league's is."""
    url = f"redis://127.0.0.1:{proxy.port}/1"
    options = {"pool_class": "config.reachability.Pool", "reach_url": url}
    made = RedisCache(url, {"OPTIONS": options})
    yield made
    reachability.of(url).end()
    made.close()


def reach(proxy: Proxy) -> reachability.Reachability:
    return reachability.of(f"redis://127.0.0.1:{proxy.port}/1")


@pytest.mark.parametrize("fault", FAULTS)
def test_only_the_first_call_waits_and_the_cache_is_back_by_itself(
    cache: RedisCache, proxy: Proxy, fault: str
) -> None:
    cache.set("a", 1)
    getattr(proxy, fault)()
    with pytest.raises(redis.RedisError):
        cache.get("a")
    era = reach(proxy).era
    if fault != "half_open":  # there the first probe succeeds
        assert reach(proxy).is_away
        links, began = proxy.links, time.monotonic()
        for _ in range(200):
            with pytest.raises(redis.ConnectionError, match="away"):
                cache.set_many({"a": 1, "b": 2})
        assert time.monotonic() - began < 5
        assert proxy.links <= links + 5  # the probe's own
    proxy.heal()
    servers.until(lambda: not reach(proxy).is_away, within_s=15, what="a probe's success")
    cache.set_many({"a": 1, "b": 2})
    assert cache.get_many(["a", "b", "c"]) == {"a": 1, "b": 2}
    assert (reach(proxy).era, era) == (1, 1)


def test_connections_from_before_a_loss_are_not_used_after_it(
    cache: RedisCache, proxy: Proxy
) -> None:
    cache.set("a", 1)
    proxy.half_open()
    with pytest.raises(redis.RedisError):
        cache.get("a")
    servers.until(lambda: not reach(proxy).is_away, within_s=15, what="a probe's success")
    assert [cache.get("a") for _ in range(20)] == [1] * 20
    assert reach(proxy).era == 1


def test_a_wrong_use_is_no_absence(cache: RedisCache, proxy: Proxy) -> None:
    cache.set("word", "text")
    with pytest.raises(redis.ResponseError):
        cache.incr("word")
    assert not reach(proxy).is_away

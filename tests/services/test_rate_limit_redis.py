"""The shared count on a real Redis: exact for many connections, of one window for all names."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
import redis

from config import allowance, reachability
from tests.services import servers

pytestmark = pytest.mark.services


@pytest.fixture
def url(redis_url: str) -> Iterator[str]:
    yield redis_url
    reachability.of(redis_url).end()


def test_four_stores_with_connections_of_their_own_share_one_allowance(url: str) -> None:
    stores = [allowance.Shared(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        verdicts = list(pool.map(lambda n: stores[n % 4].take({"ip": "a"}, quota=50), range(300)))
    assert [verdict.is_allowed for verdict in verdicts].count(True) == 50
    left = sorted(verdict.standings[0].remaining for verdict in verdicts if verdict.is_allowed)
    assert left == list(range(50))
    assert all(1 <= verdict.standings[0].reset_s <= 60 for verdict in verdicts)


def test_a_request_counts_for_everybody_it_names_or_for_nobody(url: str) -> None:
    store = allowance.Shared(url)
    assert store.take({"ip": "a", "key": "k"}, quota=1).is_allowed
    refused = store.take({"ip": "b", "key": "k"}, quota=1)
    assert not refused.is_allowed
    assert [standing.remaining for standing in refused.standings] == [1, 0]
    assert store.take({"ip": "b"}, quota=1).is_allowed


def test_the_count_leaves_redis_by_itself(url: str) -> None:
    allowance.Shared(url).take({"ip": "a", "key": "k"}, quota=5)
    client = redis.Redis.from_url(url)
    names = list(client.scan_iter())
    assert len(names) == 2
    assert all(0 < client.pttl(name) <= 60_000 for name in names)
    client.close()


def test_an_emptied_redis_starts_a_new_window(url: str) -> None:
    store = allowance.Shared(url)
    assert not [store.take({"ip": "a"}, quota=1) for _ in range(2)][1].is_allowed
    client = redis.Redis.from_url(url)
    client.flushall()
    client.script_flush()
    client.close()
    assert store.take({"ip": "a"}, quota=1).is_allowed


def test_it_is_shared_again_soon_after_redis_is_back(url: str) -> None:
    reach = reachability.of(url)
    store = allowance.Shared(url)
    store.take({"ip": "a"}, quota=5)
    reach.lose(redis.ConnectionError("as if"))
    assert reach.is_away
    with pytest.raises(redis.ConnectionError):
        store.take({"ip": "a"}, quota=5)
    servers.until(lambda: not reach.is_away, within_s=10, what="a probe's success")
    assert store.take({"ip": "a"}, quota=5).standings[0].remaining == 3

"""Counting in one process; the shared count is tests/services/test_rate_limit_redis.py."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from prometheus_client import REGISTRY

from config import allowance, reachability

NOBODY = "redis://127.0.0.1:1/0"


def test_a_window_moves(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    own = allowance.Own()
    taken = []
    for now in (1000.0, 1030.0, 1059.9, 1060.0, 1060.1, 1090.0):  # noqa: B007 -- read above
        verdict = own.take({"ip": "a"}, quota=2)
        taken.append((verdict.is_allowed, verdict.standings[0].remaining))
    assert taken == [(True, 1), (True, 0), (False, 0), (True, 0), (False, 0), (True, 0)]


def test_a_request_counts_for_everybody_it_names_or_for_nobody() -> None:
    own = allowance.Own()
    assert own.take({"ip": "a", "key": "k"}, quota=1).is_allowed
    refused = own.take({"ip": "b", "key": "k"}, quota=1)
    assert not refused.is_allowed
    assert [standing.remaining for standing in refused.standings] == [1, 0]
    assert own.take({"ip": "b"}, quota=1).is_allowed


def test_a_crowd_is_forgotten_once_it_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(allowance, "CROWDED", 3)
    now = 1000.0
    monkeypatch.setattr(time, "monotonic", lambda: now)
    own = allowance.Own()
    for number in range(4):
        own.take({"ip": str(number)}, quota=5)
    now = 1061.0
    own.take({"ip": "new"}, quota=5)
    assert set(own._seen) == {("ip", "new")}


def test_without_its_redis_each_process_still_limits_and_says_so() -> None:
    name = "league_rate_limit_unshared_total"
    before = REGISTRY.get_sample_value(name) or 0
    try:
        with ThreadPoolExecutor(8) as pool:
            verdicts = pool.map(
                lambda _: allowance.take({"ip": "a"}, quota=5, url=NOBODY), range(40)
            )
            assert [verdict.is_allowed for verdict in verdicts].count(True) == 5
        assert REGISTRY.get_sample_value(name) == before + 40
        assert reachability.of(NOBODY).is_away
    finally:
        reachability.of(NOBODY).end()
        reachability.of.cache_clear()

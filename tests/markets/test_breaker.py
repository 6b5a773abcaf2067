from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from django.core.cache import caches
from redis.exceptions import ConnectionError as RedisDown

from markets import breaker
from markets.providers import base
from tests.markets.conftest import NOON
from tests.markets.recordings import Scripted

DOWN = base.ProviderUnavailable("unreachable")


def work(source: Scripted, *, at: datetime = NOON) -> list[base.BarValue]:
    ask: Callable[[], list[base.BarValue]] = lambda: source.bars(  # noqa: E731
        symbol="BTC", interval=60, start=NOON, end=NOON
    )
    return breaker.call(source, ask, now=at)


def fail(source: Scripted, times: int) -> None:
    for _ in range(times):
        with pytest.raises(base.ProviderUnavailable):
            work(source)


def test_five_failures_in_a_row_open_it_for_a_minute() -> None:
    source = Scripted("a", failure=DOWN)
    fail(source, 5)
    with pytest.raises(breaker.BreakerOpen) as caught:
        work(source, at=NOON + timedelta(seconds=59))
    assert caught.value.retry_after == 1
    assert source.calls == 5
    source.failure = None
    assert work(source, at=NOON + timedelta(seconds=60)) == []


def test_a_success_in_between_starts_the_count_again() -> None:
    source = Scripted("a", failure=DOWN)
    fail(source, 4)
    source.failure = None
    work(source)
    source.failure = DOWN
    fail(source, 4)
    with pytest.raises(base.ProviderUnavailable, match="unreachable"):
        work(source)


def test_after_the_minute_one_more_failure_opens_it_again() -> None:
    source = Scripted("a", failure=DOWN)
    fail(source, 5)
    with pytest.raises(base.ProviderUnavailable, match="unreachable"):
        work(source, at=NOON + timedelta(seconds=61))
    with pytest.raises(breaker.BreakerOpen):
        work(source, at=NOON + timedelta(seconds=62))


def test_a_source_that_says_how_long_to_wait_is_obeyed_at_once_within_reason() -> None:
    source = Scripted("a", failure=base.ProviderUnavailable("rate_limited", retry_after=90))
    fail(source, 1)
    with pytest.raises(breaker.BreakerOpen) as caught:
        work(source, at=NOON + timedelta(seconds=30))
    assert caught.value.retry_after == 60
    endless = Scripted("b", failure=base.ProviderUnavailable("rate_limited", retry_after=1e6))
    fail(endless, 1)
    assert breaker.state("b")[1] == NOON.timestamp() + breaker.LONGEST_S


def test_five_refusals_open_it_too() -> None:
    source = Scripted("a", failure=base.ProviderRejected("rejected"))
    for _ in range(5):
        with pytest.raises(base.ProviderRejected):
            work(source)
    with pytest.raises(breaker.BreakerOpen):
        work(source)
    assert source.calls == 5


def test_an_asset_the_source_does_not_trade_is_no_failure_of_the_source() -> None:
    source = Scripted("a", failure=base.UnknownSymbol("BTC"))
    for _ in range(6):
        with pytest.raises(base.UnknownSymbol):
            work(source)
    assert breaker.state("a") == (0, 0.0)


def test_sources_do_not_share_a_breaker() -> None:
    fail(Scripted("a", failure=DOWN), 5)
    assert work(Scripted("b")) == []


def test_a_twin_has_no_breaker() -> None:
    source = Scripted("sim", failure=DOWN, price_mode="simulated")
    for _ in range(6):
        with pytest.raises(base.ProviderUnavailable, match="unreachable"):
            work(source)
    assert breaker.state("sim") == (0, 0.0)


def test_without_a_cache_prices_still_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisDown

    backend = type(caches["default"])
    monkeypatch.setattr(backend, "get", refuse)
    monkeypatch.setattr(backend, "set", refuse)
    assert work(Scripted("a")) == []
    fail(Scripted("a", failure=DOWN), 6)

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.core.cache import caches
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from redis.exceptions import ConnectionError as RedisDown

from markets import assets, quotes
from markets.models import Asset, Bar, LatestPrice, Quote
from markets.providers import base, coingecko, registry
from tests.markets.conftest import IDS, NOON
from tests.markets.recordings import Scripted, minutes
from tests.markets.vendor_server import Reply, VendorServer

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]


def quote(symbol: str = "BTC", *, at: datetime = NOON, price: str = "100") -> base.QuoteValue:
    return base.QuoteValue(symbol=symbol, price=Decimal(price), source_time=at, fetched_at=at)


def record(*sources: base.Provider, at: datetime) -> int:
    with registry.installed("live", sources):
        return quotes.record(price_mode="live", now=at)


@pytest.fixture(autouse=True)
def _bitcoin_only(known_assets: None) -> None:
    Asset.objects.exclude(symbol="BTC").update(is_active=False)


def test_a_sweep_records_quotes_and_minute_and_hourly_bars() -> None:
    source = Scripted("a", minutes(NOON, *"123"), quotes={"BTC": quote()})
    assert record(source, at=NOON + timedelta(seconds=3)) == 4
    assert (Quote.objects.count(), Bar.objects.count()) == (1, 3)


def test_quotes_are_asked_for_every_fifteen_seconds_at_most() -> None:
    source = Scripted("a", intervals=frozenset())
    for seconds in (0, 5, 10, 15, 20, 30):
        at = NOON + timedelta(seconds=seconds)
        source.quotes["BTC"] = quote(at=at)
        record(source, at=at)
    assert source.calls == 3
    assert Quote.objects.count() == 3


def test_a_quote_told_twice_is_one_row() -> None:
    source = Scripted("a", intervals=frozenset(), quotes={"BTC": quote()})
    record(source, at=NOON)
    source.quotes["BTC"] = replace(quote(), fetched_at=NOON + timedelta(seconds=20))
    record(source, at=NOON + timedelta(seconds=20))
    assert Quote.objects.count() == 1


def test_a_quote_told_again_stays_as_first_heard() -> None:
    source = Scripted("a", intervals=frozenset(), quotes={"BTC": quote()})
    record(source, at=NOON)
    later = NOON + timedelta(seconds=90)
    source.quotes["BTC"] = replace(quote(), fetched_at=later)
    record(source, at=later)
    assert source.calls == 2
    assert Quote.objects.get().fetched_at == NOON


@pytest.mark.parametrize(("name", "calls"), [("coingecko", 10), ("a", 40)])
def test_a_repeated_or_missing_answer_is_not_asked_for_sooner(name: str, calls: int) -> None:
    repeating = Scripted(name, intervals=frozenset(), quotes={"BTC": quote()})
    for seconds in range(0, 600, 5):
        at = NOON + timedelta(seconds=seconds)
        repeating.quotes["BTC"] = replace(quote(), fetched_at=at)
        record(repeating, at=at)
    assert repeating.calls == calls


def test_a_refused_key_is_not_tried_at_every_tick() -> None:
    refused = Scripted("a", intervals=frozenset(), failure=base.ProviderRejected("rejected"))
    for seconds in range(0, 600, 5):
        record(refused, at=NOON + timedelta(seconds=seconds))
    assert refused.calls <= 15


def test_without_a_cache_quotes_still_come(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RedisDown

    monkeypatch.setattr(type(caches["default"]), "get", refuse)
    source = Scripted("a", intervals=frozenset(), quotes={"BTC": quote()})
    record(source, at=NOON)
    record(source, at=NOON + timedelta(seconds=5))
    assert (source.calls, Quote.objects.count()) == (1, 1)


def test_an_inactive_asset_whose_bars_somebody_gathers_gets_quotes_for_a_day() -> None:
    Asset.objects.update(is_active=False)
    for symbol, name, age in (("BTC", "a", timedelta(hours=1)), ("ETH", "b", timedelta(0))):
        Bar.objects.create(
            asset_id=symbol, source=name, interval=60,
            opened_at=NOON - age, open=1, high=1, low=1, close=1,
        )  # fmt: skip
    source = Scripted("a", minutes(NOON, "1"), quotes={"BTC": quote(), "ETH": quote("ETH")})
    record(source, at=NOON)
    assert [one.asset_id for one in Quote.objects.all()] == ["BTC"]
    assert Bar.objects.count() == 2  # the bars are gathered by whoever prices the asset
    record(source, at=NOON + timedelta(days=1))
    assert source.calls == 1


def test_a_minute_bar_is_asked_for_once_two_seconds_after_its_close() -> None:
    closed = NOON + timedelta(minutes=1)
    source = Scripted("a", minutes(closed, *"123"))
    for seconds in (-57, -5):
        at = closed + timedelta(seconds=seconds)
        source.quotes["BTC"] = replace(quote(), fetched_at=at, source_time=at)
        record(source, at=at)
    before = source.calls
    written = [record(source, at=closed + timedelta(seconds=seconds)) for seconds in (1, 2, 7)]
    assert written == [0, 1, 0]
    assert source.calls == before + 2  # for the new bar, and once to learn there are none older


def test_when_nothing_is_due_a_sweep_costs_a_few_queries() -> None:
    source = Scripted("a", minutes(NOON, *"123"), quotes={"BTC": quote()})
    record(source, at=NOON + timedelta(seconds=3))
    with CaptureQueriesContext(connection) as queries:
        assert record(source, at=NOON + timedelta(seconds=4)) == 0
    assert len(queries) <= 3


def test_a_failing_source_does_not_stop_the_others() -> None:
    down = Scripted("a", failure=base.ProviderUnavailable("unreachable"))
    good = Scripted("b", minutes(NOON, "1"), quotes={"BTC": quote()})
    assert record(down, good, at=NOON + timedelta(seconds=3)) == 2


def test_a_recording_is_not_recorded() -> None:
    source = Scripted("replay:a", minutes(NOON, "1"), price_mode="replay")
    with registry.installed("replay", [source]):
        assert quotes.record(price_mode="replay", now=NOON) == 0


def test_without_active_assets_nobody_is_asked() -> None:
    Asset.objects.update(is_active=False)
    source = Scripted("a")
    assert record(source, at=NOON) == 0
    assert source.calls == 0


def test_live_sources_are_recorded_only_in_live_mode(settings: Any) -> None:
    source = Scripted("a", minutes(NOON, "1"))
    twin = Scripted("sim-alpha", minutes(NOON, "1"), price_mode="simulated")
    with registry.installed("live", [source]), registry.installed("simulated", [twin]):
        settings.PRICE_MODE = "simulated"
        quotes.record_all(now=NOON + timedelta(seconds=3))
        assert (source.calls > 0, twin.calls > 0) == (False, True)
        settings.PRICE_MODE = "live"
        quotes.record_all(now=NOON + timedelta(seconds=3))
        assert source.calls > 0


# -- the price for people ---------------------------------------------------------------------
def show(*sources: base.Provider, at: datetime = NOON) -> quotes.DisplayPrice:
    with registry.installed("live", sources):
        return quotes.display(symbol="BTC", now=at)


def test_simulated_prices_are_marked(settings: Any) -> None:
    settings.PRICE_MODE = "simulated"
    source = Scripted("a", quotes={"BTC": quote()})
    shown = show(source)
    assert (shown.source, shown.is_simulated, shown.age_seconds) == ("simulated", True, 0)
    assert shown.change_24h is not None
    assert source.calls == 0


def test_the_first_live_source_that_answers_is_shown_and_named(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    down = Scripted("a", failure=base.ProviderUnavailable("unreachable"))
    good = Scripted("b", quotes={"BTC": quote(at=NOON - timedelta(seconds=9))})
    shown = show(down, good)
    assert (shown.source, shown.price, shown.age_seconds) == ("b", Decimal(100), 9)
    assert not shown.is_simulated


def test_a_shown_price_is_kept_for_thirty_seconds_and_grows_older(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    source = Scripted("a", quotes={"BTC": quote()})
    show(source)
    source.quotes["BTC"] = quote(price="105")
    kept = show(source, at=NOON + timedelta(seconds=29))
    assert (kept.price, kept.age_seconds, source.calls) == (Decimal(100), 29, 1)
    assert show(source, at=NOON + timedelta(seconds=31)).price == Decimal(105)


def test_a_recorded_quote_is_shown_without_asking_anyone(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    at = NOON - timedelta(seconds=12)
    LatestPrice.objects.create(
        asset_id="BTC", source="a", source_time=at, fetched_at=at, price=Decimal(42),
        change_24h_pct=Decimal("-1.5"), market_cap=Decimal(9),
    )  # fmt: skip
    source = Scripted("a")
    shown = show(source)
    assert (shown.price, shown.age_seconds, source.calls) == (Decimal(42), 12, 0)
    assert (shown.change_24h, shown.market_cap) == (Decimal("-1.5"), Decimal(9))


def test_a_quote_recorded_a_moment_ago_is_the_one_shown(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    source = Scripted("a", intervals=frozenset(), quotes={"BTC": quote(price="43")})
    record(source, at=NOON)
    calls = source.calls
    shown = show(source, at=NOON + timedelta(seconds=20))
    assert (shown.price, shown.age_seconds, source.calls) == (Decimal(43), 20, calls)


def test_change_and_market_cap_come_from_whoever_gives_them(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    for source, seconds, market_cap in (("a", 5, None), ("b", 90, Decimal(77))):
        at = NOON - timedelta(seconds=seconds)
        LatestPrice.objects.create(
            asset_id="BTC", source=source, source_time=at, fetched_at=at, price=Decimal(seconds),
            change_24h_pct=market_cap and Decimal("2.5"), market_cap=market_cap,
        )  # fmt: skip
    shown = show(Scripted("a"), Scripted("b"))
    assert (shown.source, shown.market_cap, shown.change_24h) == ("a", Decimal(77), Decimal("2.5"))


def test_total_failure_shows_a_simulated_price_marked_so_and_asks_no_more(settings: Any) -> None:
    settings.PRICE_MODE = "live"
    down = Scripted("a", failure=base.ProviderUnavailable("unreachable"))
    for seconds in (0, 5, 20):
        shown = show(down, at=NOON + timedelta(seconds=seconds))
        assert (shown.source, shown.is_simulated) == ("simulated", True)
    assert down.calls == 1


def test_a_real_vendor_fills_the_whole_contract(settings: Any, vendor: VendorServer) -> None:
    settings.PRICE_MODE = "live"
    coin = {
        "usd": 60123.45, "usd_market_cap": 1184000000000.0, "usd_24h_change": -1.2345,
        "last_updated_at": int(NOON.timestamp()) - 4,
    }  # fmt: skip
    vendor.reply("/simple/price", Reply({"bitcoin": coin}))
    shown = show(coingecko.CoinGecko(vendor.url, key="", key_kind="demo", ids=lambda: IDS))
    assert (shown.price, shown.market_cap) == (Decimal("60123.45"), Decimal(1184000000000))
    assert (shown.change_24h, shown.age_seconds) == (Decimal("-1.2345"), 4)


def test_an_unknown_asset_has_no_price() -> None:
    with pytest.raises(assets.UnknownAsset):
        quotes.display(symbol="NOPE", now=NOON)


def test_the_database_refuses_a_quote_that_is_not_positive() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Quote.objects.create(
            asset_id="BTC", source="a", source_time=NOON, fetched_at=NOON, price=Decimal(0)
        )

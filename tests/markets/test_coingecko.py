from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from markets.providers import base, coingecko
from tests.markets.conftest import IDS, NOON
from tests.markets.vendor_server import Reply, VendorServer

PRICE, RANGE = "/simple/price", "/coins/bitcoin/market_chart/range"
LIMIT = {"error_code": 429, "error_message": "You've exceeded the Rate Limit."}


def latest(provider: coingecko.CoinGecko) -> base.QuoteValue:
    return provider.latest(["BTC"], now=NOON)["BTC"]


def test_numbers_keep_their_written_digits(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko
) -> None:
    text = '{"bitcoin":{"usd":60123.450000010000002,"last_updated_at":1736942390}}'
    vendor.reply(PRICE, Reply(text))
    quote = latest(vendor_coingecko)
    assert quote.price == Decimal("60123.45000001")
    assert quote.source_time == datetime(2025, 1, 15, 11, 59, 50, tzinfo=UTC)


def test_every_figure_beside_the_price_may_be_null(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko
) -> None:
    coin = {"usd": 2501, "usd_market_cap": None, "usd_24h_change": None, "last_updated_at": None}
    vendor.reply(PRICE, Reply({"bitcoin": coin}))
    quote = latest(vendor_coingecko)
    assert (quote.price, quote.market_cap, quote.change_24h_pct) == (Decimal(2501), None, None)
    assert quote.source_time is None


@pytest.mark.parametrize("coin", [None, {}, {"usd": None}, {"usd": 0}, {"usd": -5}, {"usd": "x"}])
def test_a_coin_without_a_usable_price_is_absent_never_nought(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko, coin: object
) -> None:
    good = {"usd": 2501.1, "last_updated_at": 1736942390}
    vendor.reply(PRICE, Reply({"bitcoin": coin, "ethereum": good}))
    assert set(vendor_coingecko.latest(["BTC", "ETH"], now=NOON)) == {"ETH"}


def test_an_unknown_id_is_an_empty_answer_and_an_error_here(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko
) -> None:
    vendor.reply(PRICE, Reply({}))
    with pytest.raises(base.UnknownSymbol):
        latest(vendor_coingecko)


@pytest.mark.parametrize("kind", ["demo", "pro"])
def test_the_key_travels_in_its_header_and_never_in_the_address(
    vendor: VendorServer, kind: str
) -> None:
    keyed = coingecko.CoinGecko(vendor.url, key="secret-key", key_kind=kind, ids=lambda: IDS)
    latest(keyed)
    (request,) = vendor.requests
    assert request.headers[f"x-cg-{kind}-api-key"] == "secret-key"
    assert "secret-key" not in str(request.params)
    assert "secret-key" not in repr(keyed._endpoint)


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply({"status": LIMIT}), base.ProviderUnavailable),
        (Reply({"error": {"status": LIMIT}}), base.ProviderUnavailable),
        (Reply({"status": LIMIT | {"error_code": 1020}}, 403), base.ProviderUnavailable),
        (Reply({"error": {"status": LIMIT | {"error_code": 10012}}}, 401), base.ProviderRejected),
        (Reply({"error": {"status": LIMIT | {"error_code": 10010}}}, 400), base.ProviderRejected),
        (Reply({"error": "coin not found"}, 404), base.UnknownSymbol),
        (Reply({"error": "something else"}), base.ProviderRejected),
        (Reply("<html>", 403), base.ProviderRejected),
        (Reply("<html>"), base.ProviderUnavailable),
        (Reply("[1, 2]"), base.ProviderUnavailable),
        (Reply('{"bitcoin":{"usd":NaN}}'), base.ProviderUnavailable),
    ],
)
def test_the_body_is_judged_before_the_status(
    vendor: VendorServer,
    vendor_coingecko: coingecko.CoinGecko,
    reply: Reply,
    kind: type[Exception],
) -> None:
    vendor.reply(PRICE, reply)
    with pytest.raises(kind):
        latest(vendor_coingecko)


def test_a_plain_text_limit_says_how_long_to_wait(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko
) -> None:
    vendor.reply(PRICE, Reply("Throttled", 429, {"retry-after": "119"}))
    with pytest.raises(base.ProviderUnavailable) as caught:
        latest(vendor_coingecko)
    assert caught.value.retry_after == 119


def test_history_is_in_milliseconds_and_its_last_point_is_now(
    vendor_coingecko: coingecko.CoinGecko,
) -> None:
    start = NOON - timedelta(hours=5)
    points = vendor_coingecko.history("BTC", start=start, end=NOON)
    assert [at for at, _ in points] == [start + timedelta(hours=n, seconds=13) for n in range(5)]


def test_history_beyond_the_plan_is_final_but_only_for_that_question(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko
) -> None:
    plan = {"error": {"status": LIMIT | {"error_code": 10012}}}
    vendor.reply(RANGE, Reply(plan, 401))
    with pytest.raises(base.ProviderRejected, match="10012"):
        vendor_coingecko.history("BTC", start=NOON - timedelta(days=900), end=NOON)
    assert latest(vendor_coingecko).price > 0


@pytest.mark.parametrize("prices", [None, [[1736942390000]], [["x", 1]], [[1736942390000, 0]]])
def test_malformed_history_is_refused(
    vendor: VendorServer, vendor_coingecko: coingecko.CoinGecko, prices: object
) -> None:
    vendor.reply(RANGE, Reply({"prices": prices}))
    with pytest.raises(base.ProviderUnavailable, match="malformed"):
        vendor_coingecko.history("BTC", start=NOON - timedelta(days=1), end=NOON)

from datetime import timedelta
from decimal import Decimal

import pytest

from markets.providers import base, binance, http
from tests.markets.conftest import NOON
from tests.markets.vendor_server import Reply, VendorServer

TICKER, KLINES = "/api/v3/ticker/price", "/api/v3/klines"


def minute_bars(provider: binance.Binance) -> list[base.BarValue]:
    start = NOON - timedelta(minutes=5)
    return provider.bars(symbol="BTC", interval=60, start=start, end=NOON)


def test_the_kline_still_open_is_dropped(
    vendor: VendorServer, vendor_binance: binance.Binance
) -> None:
    vendor.now = NOON - timedelta(seconds=20)  # its clock is behind: 11:59 is still open there
    end = NOON - timedelta(seconds=20)
    found = vendor_binance.bars(
        symbol="BTC", interval=60, start=NOON - timedelta(minutes=3), end=end
    )
    assert [bar.opened_at.minute for bar in found] == [57, 58]


def test_long_ranges_are_paged_a_thousand_at_a_time(
    vendor: VendorServer, vendor_binance: binance.Binance
) -> None:
    start = NOON - timedelta(minutes=2500)
    found = vendor_binance.bars(symbol="BTC", interval=60, start=start, end=NOON)
    assert len(found) == 2500
    assert len(vendor.requests) == 3


def test_prices_are_read_from_their_text(
    vendor: VendorServer, vendor_binance: binance.Binance
) -> None:
    vendor.reply(TICKER, Reply({"symbol": "BTCUSDT", "price": "60123.45000001"}))
    quote = vendor_binance.latest(["BTC"], now=NOON)["BTC"]
    assert quote.price == Decimal("60123.45000001")
    assert quote.source_time is None  # the ticker has none, and repeats itself when halted


def test_a_ticker_of_another_pair_is_refused(
    vendor: VendorServer, vendor_binance: binance.Binance
) -> None:
    vendor.reply(TICKER, Reply({"symbol": "BTCUSDC", "price": "60123.45"}))
    with pytest.raises(base.ProviderUnavailable, match="malformed"):
        vendor_binance.latest(["BTC"], now=NOON)


@pytest.mark.parametrize("status", [418, 429])
def test_a_rate_limit_stops_at_once_and_says_how_long(
    vendor: VendorServer, vendor_binance: binance.Binance, status: int
) -> None:
    body = {"code": -1003, "msg": "Too much request weight used; please use WebSocket."}
    vendor.reply(KLINES, Reply(body, status, {"Retry-After": "37"}))
    with pytest.raises(base.ProviderUnavailable) as caught:
        minute_bars(vendor_binance)
    assert caught.value.word == "rate_limited"
    assert caught.value.retry_after == 37
    assert len(vendor.requests) == 1


@pytest.mark.parametrize("status", [403, 451])
def test_a_firewall_or_region_block_is_final(
    vendor: VendorServer, vendor_binance: binance.Binance, status: int
) -> None:
    vendor.reply(KLINES, Reply("<html>blocked</html>", status))
    with pytest.raises(base.ProviderRejected, match=str(status)):
        minute_bars(vendor_binance)


@pytest.mark.parametrize(
    "row",
    [
        [1736942100000, "1.0"],
        "a string",
        [1736942100000, "NaN", "2", "1", "1", "1", 0, "", 0, "", "", ""],
        [1736942100000, "1_0", "20", "1", "10", "1", 0, "", 0, "", "", ""],
        [1736942100000, "-1", "2", "-1", "1", "1", 0, "", 0, "", "", ""],
        [1736942100000, "3", "2", "1", "1.5", "1", 0, "", 0, "", "", ""],
        [1736942100000, "1", "2", "1", "1", "-4", 0, "", 0, "", "", ""],
        ["2025-01-15", "1", "2", "1", "1", "4", 0, "", 0, "", "", ""],
        [1736942100001000000, "1", "2", "1", "1", "4", 0, "", 0, "", "", ""],
        [True, "1", "2", "1", "1", "4", 0, "", 0, "", "", ""],
        [1736942130000, "1", "2", "1", "1", "4", 0, "", 0, "", "", ""],
    ],
    ids=["short", "text", "nan", "underscore", "negative", "range", "volume", "date", "far",
         "bool", "off-grid"],
)  # fmt: skip
def test_a_malformed_kline_spoils_the_whole_answer(
    vendor: VendorServer, vendor_binance: binance.Binance, row: object
) -> None:
    vendor.reply(KLINES, Reply([row]))
    with pytest.raises(base.ProviderUnavailable, match="malformed"):
        minute_bars(vendor_binance)


def test_an_identical_repeat_is_one_bar_and_a_different_one_is_refused(
    vendor: VendorServer, vendor_binance: binance.Binance
) -> None:
    row = [1736942100000, "1", "2", "1", "1.5", "4", 1736942159999, "0", 0, "0", "0", "0"]
    vendor.reply(KLINES, Reply([row, row]))
    assert len(minute_bars(vendor_binance)) == 1
    vendor.reply(KLINES, Reply([row, [*row[:4], "1.6", *row[5:]]]))
    with pytest.raises(base.ProviderUnavailable, match="two bars of one time"):
        minute_bars(vendor_binance)


def test_the_session_is_shared_by_one_process_only() -> None:
    assert http._session(1) is http._session(1)
    first = http._session(1)
    assert http._session(2) is not first

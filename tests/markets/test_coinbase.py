from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from markets.providers import base, coinbase
from tests.markets.conftest import NOON
from tests.markets.vendor_server import Reply, VendorServer

CANDLES, TICKER = "/products/BTC-USD/candles", "/products/BTC-USD/ticker"
OPENED = int((NOON - timedelta(minutes=2)).timestamp())


def minute_bars(provider: coinbase.Coinbase) -> list[base.BarValue]:
    start = NOON - timedelta(minutes=5)
    return provider.bars(symbol="BTC", interval=60, start=start, end=NOON)


def test_columns_are_time_low_high_open_close(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    vendor.reply(CANDLES, Reply([[OPENED, 99.5, 110.25, 100, 105.75, 8.5]]))
    (bar,) = minute_bars(vendor_coinbase)
    assert (bar.low, bar.high) == (Decimal("99.5"), Decimal("110.25"))
    assert (bar.open, bar.close) == (Decimal(100), Decimal("105.75"))
    assert bar.volume == Decimal("8.5")


def test_newest_first_is_turned_round(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    rows = [[OPENED - 60 * n, 1, 2, 1, 2, 3] for n in range(3)]
    vendor.reply(CANDLES, Reply(rows))
    opened = [bar.opened_at for bar in minute_bars(vendor_coinbase)]
    assert opened == sorted(opened)


def test_a_float_on_the_wire_keeps_its_written_digits(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    vendor.reply(CANDLES, Reply(f"[[{OPENED}, 0.1, 0.3, 0.1, 0.30000000, 1e-05]]"))
    (bar,) = minute_bars(vendor_coinbase)
    assert (str(bar.close), str(bar.volume)) == ("0.30000000", "0.00001000")


def test_intervals_without_trades_stay_gaps(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    vendor.reply(CANDLES, Reply([[OPENED, 1, 2, 1, 2, 3], [OPENED - 120, 1, 2, 1, 2, 3]]))
    assert len(minute_bars(vendor_coinbase)) == 2


def test_no_request_spans_more_than_300_candles(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    start = NOON - timedelta(minutes=700, seconds=1)
    found = vendor_coinbase.bars(symbol="BTC", interval=60, start=start, end=NOON)
    assert len(found) == 700  # the server refuses a longer window with 400
    assert len(vendor.requests) == 3


def test_a_user_agent_is_sent(vendor: VendorServer, vendor_coinbase: coinbase.Coinbase) -> None:
    minute_bars(vendor_coinbase)
    assert vendor.requests[0].headers["User-Agent"].startswith("prediction-league")


def test_the_ticker_has_its_own_time(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    body = {"price": "60123.45", "time": "2025-01-15T11:59:58.511254Z", "rfq_volume": "1"}
    vendor.reply(TICKER, Reply(body))
    quote = vendor_coinbase.latest(["BTC"], now=NOON)["BTC"]
    assert quote.source_time == datetime(2025, 1, 15, 11, 59, 58, 511254, tzinfo=UTC)


@pytest.mark.parametrize(
    "body",
    [
        {"bid": "1", "ask": "2"},
        {"price": "1"},
        {"price": "1", "time": "yesterday"},
        {"price": "1", "time": "2025-01-15T11:59:58"},
        ["1"],
    ],
)
def test_a_product_without_trades_has_no_quote(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase, body: object
) -> None:
    vendor.reply(TICKER, Reply(body))
    with pytest.raises(base.ProviderUnavailable, match="malformed"):
        vendor_coinbase.latest(["BTC"], now=NOON)


def test_a_refused_range_is_final(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    vendor.reply(CANDLES, Reply({"message": "granularity too small"}, 400))
    with pytest.raises(base.ProviderRejected):
        minute_bars(vendor_coinbase)


def test_a_short_wait_is_waited_out(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    limited = Reply({"message": "Public rate limit exceeded"}, 429, {"Retry-After": "0"})
    vendor.reply(CANDLES, limited, Reply([[OPENED, 1, 2, 1, 2, 3]]))
    assert len(minute_bars(vendor_coinbase)) == 1
    assert len(vendor.requests) == 2


def test_a_long_wait_is_not_waited_out(
    vendor: VendorServer, vendor_coinbase: coinbase.Coinbase
) -> None:
    vendor.reply(CANDLES, Reply("Throttled", 429, {"Retry-After": "119"}))
    with pytest.raises(base.ProviderUnavailable) as caught:
        minute_bars(vendor_coinbase)
    assert caught.value.retry_after == 119
    assert len(vendor.requests) == 1

from datetime import timedelta
from decimal import Decimal

import pytest

from markets.providers import base, kraken
from tests.markets.conftest import NOON
from tests.markets.vendor_server import Reply, VendorServer

OHLC, TICKER = "/0/public/OHLC", "/0/public/Ticker"
OPENED = int((NOON - timedelta(minutes=2)).timestamp())


def minute_bars(provider: kraken.Kraken) -> list[base.BarValue]:
    start = NOON - timedelta(minutes=5)
    return provider.bars(symbol="BTC", interval=60, start=start, end=NOON)


def row(opened: int) -> list[object]:
    return [opened, "60000.0", "60250.0", "59900.1", "60123.4", "60080.0", "8.345", 52]


def test_the_renamed_pair_is_taken_whatever_it_is_called(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    rows = [row(OPENED), row(OPENED + 60)]
    vendor.reply(OHLC, Reply({"error": [], "result": {"ODDNAME": rows, "last": OPENED}}))
    (bar,) = minute_bars(vendor_kraken)
    assert bar.close == Decimal("60123.4")
    assert bar.volume == Decimal("8.345")  # column 6; column 5 is the average price


def test_two_pairs_in_one_result_are_refused(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    vendor.reply(OHLC, Reply({"error": [], "result": {"A": [], "B": [], "last": 0}}))
    with pytest.raises(base.ProviderUnavailable, match="exactly one pair"):
        minute_bars(vendor_kraken)


def test_bitcoin_and_dogecoin_are_asked_for_by_krakens_names(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    vendor.reply(TICKER, Reply({"error": [], "result": {"X": {"c": ["1.5", "1"]}}}))
    vendor_kraken.latest(["BTC", "DOGE", "SOL"], now=NOON)
    assert [one.params["pair"] for one in vendor.requests] == ["XBTUSD", "XDGUSD", "SOLUSD"]


def test_the_last_row_is_never_believed_even_when_it_looks_closed(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    vendor.reply(OHLC, Reply({"error": [], "result": {"X": [row(OPENED)], "last": 0}}))
    assert minute_bars(vendor_kraken) == []


def test_an_older_range_than_720_rows_gives_what_there_is(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    start = NOON - timedelta(minutes=2000)
    found = vendor_kraken.bars(symbol="BTC", interval=60, start=start, end=NOON)
    assert len(found) == 719
    assert found[-1].opened_at == NOON - timedelta(minutes=1)


@pytest.mark.parametrize(
    ("error", "kind"),
    [
        ("EQuery:Unknown asset pair", base.UnknownSymbol),
        ("EGeneral:Invalid arguments", base.ProviderRejected),
        ("EGeneral:Too many requests", base.ProviderUnavailable),
        ("EAPI:Rate limit exceeded", base.ProviderUnavailable),
        ("EService:Unavailable", base.ProviderUnavailable),
    ],
)
def test_errors_come_with_status_200(
    vendor: VendorServer, vendor_kraken: kraken.Kraken, error: str, kind: type[Exception]
) -> None:
    vendor.reply(OHLC, Reply({"error": [error]}))
    with pytest.raises(kind):
        minute_bars(vendor_kraken)


def test_a_warning_beside_a_result_is_not_an_error(
    vendor: VendorServer, vendor_kraken: kraken.Kraken
) -> None:
    body = {"error": ["WGeneral:Deprecated"], "result": {"X": {"c": ["1.5", "1"]}}}
    vendor.reply(TICKER, Reply(body))
    assert vendor_kraken.latest(["BTC"], now=NOON)["BTC"].price == Decimal("1.5")


@pytest.mark.parametrize(
    "body",
    [[], {"result": {}}, {"error": []}, {"error": [], "result": []}, "<html>busy</html>",
     {"error": [], "result": {"X": {"c": []}}}, {"error": [], "result": {"X": [1]}}],
)  # fmt: skip
def test_anything_but_krakens_envelope_is_malformed(
    vendor: VendorServer, vendor_kraken: kraken.Kraken, body: object
) -> None:
    vendor.reply(TICKER, Reply(body))
    with pytest.raises(base.ProviderUnavailable, match="malformed"):
        vendor_kraken.latest(["BTC"], now=NOON)

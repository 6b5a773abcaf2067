"""One suite that every price source passes: four vendors, the simulation, a recording."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from markets.providers import base, binance, coinbase, coingecko, http, kraken, replay, simulated
from tests.markets import invented, vendor_server

NOON = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)
LOCK = NOON + timedelta(seconds=30)
IDS = {"BTC": "bitcoin", "ETH": "ethereum", "NOPE": "nope"}
VENDORS: dict[str, Callable[[str], base.Provider]] = {
    "binance": binance.Binance,
    "coinbase": coinbase.Coinbase,
    "kraken": kraken.Kraken,
    "coingecko": lambda url: coingecko.CoinGecko(url, key="k", key_kind="demo", ids=lambda: IDS),
}


def recording(folder: Path) -> base.Provider:
    """A venue of minute bars for two assets, in the invented market."""
    venue = folder / "venue_one"
    venue.mkdir()
    first = (NOON - timedelta(hours=30)).timestamp()
    lines = ["timestamp_utc,open,high,low,close,volume"] + [
        f"{datetime.fromtimestamp(b.opened, UTC):%Y-%m-%dT%H:%M:%SZ},"
        f"{b.open},{b.high},{b.low},{b.close},{b.volume}"
        for b in invented.bars(60, first, NOON.timestamp() + 7200)
    ]
    for symbol in ("BTC", "ETH"):
        (venue / f"{symbol}USD_1m.csv").write_text("\n".join(lines) + "\n")
    return replay.load(folder)[0]


@pytest.fixture(params=[*VENDORS, "simulated", "replay"])
def provider(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[base.Provider]:
    if request.param == "simulated":
        yield simulated.venues(7)[1]
    elif request.param == "replay":
        yield recording(tmp_path)
    else:
        with vendor_server.serving(LOCK) as vendor:
            yield VENDORS[request.param](vendor.url)
        http._session.cache_clear()


RECORDED = [*VENDORS, "replay"]  # everything but the simulation, which is its own market
BARRED = ["binance", "coinbase", "kraken", "simulated", "replay"]
with_bars = pytest.mark.parametrize(
    ("provider", "interval"),
    [(name, interval) for name in BARRED for interval in (base.MINUTE, base.HOUR)],
    indirect=["provider"],
)
recorded = pytest.mark.parametrize("provider", RECORDED, indirect=True)


def fetch(provider: base.Provider, interval: int, start: datetime) -> list[base.BarValue]:
    return provider.bars(symbol="BTC", interval=interval, start=start, end=LOCK)


@with_bars
def test_bars_are_complete_ascending_and_without_repeats(
    provider: base.Provider, interval: int
) -> None:
    step = timedelta(seconds=interval)
    start = NOON - 11 * step
    opened = [bar.opened_at for bar in fetch(provider, interval, start)]
    assert opened == [start + number * step for number in range(11)]


@with_bars
def test_bars_are_sane_decimals_in_utc(provider: base.Provider, interval: int) -> None:
    for bar in fetch(provider, interval, NOON - timedelta(seconds=5 * interval)):
        assert bar.opened_at.utcoffset() == timedelta(0)
        assert 0 < bar.low <= min(bar.open, bar.close)
        assert bar.high >= max(bar.open, bar.close)
        assert all(isinstance(figure, Decimal) for figure in (bar.open, bar.close, bar.volume))


@with_bars
def test_two_halves_are_the_whole(provider: base.Provider, interval: int) -> None:
    step = timedelta(seconds=interval)
    whole = fetch(provider, interval, NOON - 10 * step)
    earlier = provider.bars(
        symbol="BTC", interval=interval, start=NOON - 10 * step, end=NOON - 4 * step
    )
    assert earlier + fetch(provider, interval, NOON - 4 * step) == whole


@with_bars
def test_a_start_off_the_grid_gives_only_bars_opened_after_it(
    provider: base.Provider, interval: int
) -> None:
    step = timedelta(seconds=interval)
    found = fetch(provider, interval, NOON - 3 * step + timedelta(seconds=1))
    assert [bar.opened_at for bar in found] == [NOON - 2 * step, NOON - step]


@with_bars
def test_an_empty_range_has_no_bars(provider: base.Provider, interval: int) -> None:
    assert fetch(provider, interval, LOCK) == []


@pytest.mark.parametrize("interval", [base.MINUTE, base.HOUR])
@pytest.mark.parametrize("provider", ["binance", "coinbase", "kraken", "replay"], indirect=True)
def test_bars_agree_with_the_market(provider: base.Provider, interval: int) -> None:
    found = fetch(provider, interval, NOON - timedelta(seconds=3 * interval))
    assert [float(bar.close) for bar in found] == [
        invented.price(bar.opened_at.timestamp() + interval) for bar in found
    ]


def test_an_interval_it_does_not_have_gives_no_bars(provider: base.Provider) -> None:
    assert fetch(provider, 1234, NOON - timedelta(hours=3)) == []


@recorded
def test_an_unknown_asset_is_said_to_be_unknown(provider: base.Provider) -> None:
    with pytest.raises(base.UnknownSymbol):
        provider.latest(["NOPE"], now=LOCK)
    for interval in provider.intervals:
        with pytest.raises(base.UnknownSymbol):
            provider.bars(
                symbol="NOPE", interval=interval, start=NOON - timedelta(days=3), end=NOON
            )


def test_latest_quotes_the_assets_it_knows(provider: base.Provider) -> None:
    quotes = provider.latest(["BTC", "ETH"], now=LOCK)
    assert set(quotes) == {"BTC", "ETH"}
    for symbol, quote in quotes.items():
        assert quote.symbol == symbol
        assert quote.fetched_at == LOCK
        assert quote.price > 0
        assert -int(quote.price.as_tuple().exponent) <= 8
        assert quote.source_time is None or quote.source_time <= LOCK
        assert len(quote.digest) == 64


@recorded
def test_latest_leaves_out_what_it_does_not_trade(provider: base.Provider) -> None:
    assert set(provider.latest(["BTC", "NOPE"], now=LOCK)) == {"BTC"}


@pytest.mark.parametrize("name", VENDORS)
def test_a_dead_server_is_a_reason_to_try_again(
    name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    with vendor_server.serving(LOCK) as vendor:
        provider = VENDORS[name](vendor.url)
    with pytest.raises(base.ProviderUnavailable):
        provider.latest(["BTC"], now=LOCK)
    http._session.cache_clear()

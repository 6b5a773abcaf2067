import gzip
import os
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from markets import bars, observations
from markets.observations import PriceDisputed
from markets.providers import base, recordings, registry, replay
from tests.markets.recordings import hours, write

MARCH = datetime(2024, 3, 1, tzinfo=UTC)
DATA = Path(
    os.environ.get("LEAGUE_DATA_DIR", Path(__file__).resolve().parents[3] / "shared" / "data")
)
has_data = pytest.mark.skipif(
    not (DATA / "hourly").is_dir(), reason=f"no recorded prices at {DATA} (set LEAGUE_DATA_DIR)"
)


def fetch(venue: base.Provider, symbol: str = "BTC", count: int = 9) -> list[base.BarValue]:
    end = MARCH + timedelta(hours=count)
    return venue.bars(symbol=symbol, interval=3600, start=MARCH, end=end)


def test_venues_are_named_after_their_folders_in_order(tmp_path: Path) -> None:
    write(tmp_path / "zeta" / "BTCUSD_1h.csv", hours(MARCH, ["5"]))
    write(tmp_path / "alpha" / "SOLUSDT_1h.csv", hours(MARCH, ["5"]))
    (tmp_path / "empty").mkdir()
    venues = replay.load(tmp_path)
    assert [venue.name for venue in venues] == ["replay:alpha", "replay:zeta"]
    assert [venue.symbols() for venue in venues] == [("SOL",), ("BTC",)]
    assert all(venue.intervals == {3600} for venue in venues)


def test_dollars_come_before_tether_and_usdc_never(tmp_path: Path) -> None:
    for name, close in (("BTCUSDT", "5"), ("BTCUSD", "6"), ("BTCUSDC", "7"), ("ETHUSDC", "7")):
        write(tmp_path / "v" / f"{name}_1h.csv", hours(MARCH, [close]))
    (venue,) = replay.load(tmp_path)
    assert venue.symbols() == ("BTC",)
    assert fetch(venue)[0].close == Decimal(6)
    with pytest.raises(base.UnknownSymbol):
        fetch(venue, "ETH")


def test_gzip_files_are_read_and_gaps_kept(tmp_path: Path) -> None:
    plain = write(tmp_path / "v" / "BTCUSD_1h.csv", hours(MARCH, list("123456"))[::2])
    plain.with_suffix(".csv.gz").write_bytes(gzip.compress(plain.read_bytes()))
    plain.unlink()
    (venue,) = replay.load(tmp_path)
    assert [bar.close for bar in fetch(venue)] == [Decimal(1), Decimal(3), Decimal(5)]


def test_minute_files_also_answer_for_hours(tmp_path: Path) -> None:
    first = MARCH + timedelta(minutes=30)
    rows = [
        f"{first + timedelta(minutes=n):%Y-%m-%dT%H:%M:%SZ},{n + 5},{n + 7},{n + 4},{n + 6},0.5"
        for n in range(100)
    ]
    write(tmp_path / "v" / "BTCUSD_1m.csv", rows)
    (venue,) = replay.load(tmp_path)
    assert venue.intervals == {60, 3600}
    half, whole = fetch(venue)  # the third hour never ends: it is left out
    assert (half.open, half.high, half.low, half.close) == tuple(map(Decimal, (5, 36, 4, 35)))
    assert half.volume == Decimal(15)
    assert (whole.opened_at, whole.close) == (MARCH + timedelta(hours=1), Decimal(95))


def test_latest_is_the_close_of_the_newest_bar_closed(tmp_path: Path) -> None:
    write(tmp_path / "v" / "BTCUSD_1h.csv", hours(MARCH, ["5", "6", "7"]))
    (venue,) = replay.load(tmp_path)
    now = MARCH + timedelta(hours=2, minutes=59)
    quote = venue.latest(["BTC", "ETH"], now=now)["BTC"]
    assert (quote.price, quote.source_time) == (Decimal(6), MARCH + timedelta(hours=2))
    assert venue.latest(["BTC"], now=MARCH) == {}


def test_an_absent_or_empty_directory_says_so(tmp_path: Path) -> None:
    with pytest.raises(replay.NoRecordings, match="not a directory"):
        replay.load(tmp_path / "nowhere")
    with pytest.raises(replay.NoRecordings, match="holds no"):
        replay.load(tmp_path)
    (tmp_path / ("v" * 40)).mkdir()
    with pytest.raises(replay.NoRecordings, match="too long"):
        replay.load(tmp_path)


GOOD = hours(MARCH, ["5", "6", "7", "8"])
STAMP = "2024-03-01T02:00:00Z"


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (f"{STAMP},5,5,5,5", "5 fields"),
        (f"{STAMP},5,5,5,5,1,9", "7 fields"),
        (f"{STAMP},5,5,5,abc,1", "not a plain number"),
        (f"{STAMP},5,5,5,NaN,1", "not a plain number"),
        (f"{STAMP},5,inf,5,5,1", "not a plain number"),
        (f"{STAMP},5,5,5,,1", "not a plain number"),
        (f"{STAMP},5, 5,5,5,1", "not a plain number"),
        (f"{STAMP},0,5,0,5,1", "out of range"),
        (f"{STAMP},-5,5,-5,5,1", "out of range"),
        (f"{STAMP},5,5e20,5,5,1", "out of range"),
        (f"{STAMP},9,5,5,5,1", "outside low and high"),
        (f"{STAMP},5,5,5,5,-1", "volume out of range"),
        ("2024-03-01T02:00:00,5,5,5,5,1", "timestamp is not like"),
        ("2024-03-01 02:00:00Z,5,5,5,5,1", "timestamp is not like"),
        ("2024-13-01T02:00:00Z,5,5,5,5,1", "month"),
        ("2024-03-01T02:30:00Z,5,5,5,5,1", "off the grid"),
        ("2024-03-01T01:00:00Z,5,5,5,5,1", "repeats or goes back"),
        ("2024-02-01T01:00:00Z,5,5,5,5,1", "repeats or goes back"),
    ],
)
def test_a_malformed_row_is_named_by_file_line_and_reason(
    tmp_path: Path, bad: str, reason: str
) -> None:
    file = write(tmp_path / "v" / "BTCUSD_1h.csv", [*GOOD[:2], bad, GOOD[3]])
    (venue,) = replay.load(tmp_path)
    with pytest.raises(recordings.MalformedPrices, match=reason) as caught:
        venue.preload(["BTC"])
    assert (caught.value.file, caught.value.line) == (file, 4)
    assert str(caught.value).startswith("v/BTCUSD_1h.csv, line 4: ")


@pytest.mark.parametrize("header", ["", "time,open,high,low,close,volume", "timestamp_utc,open"])
def test_a_wrong_header_is_refused(tmp_path: Path, header: str) -> None:
    write(tmp_path / "v" / "BTCUSD_1h.csv", GOOD, header=header)
    with pytest.raises(recordings.MalformedPrices, match="line 1: header must be"):
        fetch(replay.load(tmp_path)[0])


def test_a_file_that_is_not_gzip_or_not_text_is_unreadable(tmp_path: Path) -> None:
    folder = tmp_path / "v"
    folder.mkdir()
    (folder / "BTCUSD_1h.csv.gz").write_bytes(b"plain")
    (folder / "ETHUSD_1h.csv").write_bytes(b"\xff\xfe")
    (venue,) = replay.load(tmp_path)
    for symbol in ("BTC", "ETH"):
        with pytest.raises(recordings.MalformedPrices, match="unreadable"):
            fetch(venue, symbol)


def test_only_the_files_asked_for_are_read(tmp_path: Path) -> None:
    write(tmp_path / "v" / "BTCUSD_1h.csv", GOOD)
    write(tmp_path / "v" / "ETHUSD_1h.csv", ["rubbish"])
    (venue,) = replay.load(tmp_path)
    assert venue.preload(["BTC", "SOL"]) == 4


def test_an_empty_recording_has_no_bars(tmp_path: Path) -> None:
    write(tmp_path / "v" / "BTCUSD_1h.csv", [])
    assert fetch(replay.load(tmp_path)[0]) == []


@pytest.mark.django_db
@pytest.mark.usefixtures("known_assets")
def test_a_recorded_instant_is_priced_without_patience(tmp_path: Path) -> None:
    for name, close in (("a", "100"), ("b", "100.1"), ("c", "100.3")):
        write(tmp_path / name / "BTCUSD_1h.csv", hours(MARCH, ["90", close]))
    instant = MARCH + timedelta(hours=2)
    with registry.installed("replay", replay.load(tmp_path)):
        found = observations.price_of_instant(
            symbol="BTC", instant=instant, price_mode="replay", now=instant
        )
    assert found.price == Decimal("100.1")
    evidence = observations.evidence(symbol="BTC", instant=instant, price_mode="replay")
    assert [line["source"] for line in evidence] == ["replay:a", "replay:b", "replay:c"]


@has_data
def test_a_large_recording_is_read_in_well_under_a_second() -> None:
    file = DATA / "hourly" / "binance_spot" / "BTCUSDT_1h.csv.gz"
    before = time.monotonic()
    assert recordings.read(file, interval=3600).opened.size > 40_000
    assert time.monotonic() - before < 5  # 0.3 s alone; generous, for a loaded machine


@has_data
@pytest.mark.django_db
@pytest.mark.usefixtures("known_assets")
@pytest.mark.parametrize(
    ("hour", "price", "used", "binance"),
    [
        (11, "28027.95000000", {"binance_spot", "binance_usdm_perp", "kraken"}, ""),
        (12, "27588.50000000", {"binance_usdm_perp", "kraken"}, ""),  # 166 bp off: dropped
        (13, "27970.05000000", {"binance_usdm_perp", "kraken"}, "halted"),
        (14, "27939.35000000", {"binance_usdm_perp", "kraken"}, "no_bar"),
    ],
)
def test_the_halt_of_march_2023_never_touches_the_price(
    hour: int, price: str, used: set[str], binance: str
) -> None:
    """Binance stopped trading on 2023-03-24 before noon, and its price stood still."""
    instant = datetime(2023, 3, 24, hour, tzinfo=UTC)
    with registry.installed("replay", replay.load(DATA / "hourly")):
        found = observations.price_of_instant(
            symbol="BTC", instant=instant, price_mode="replay", now=instant
        )
    evidence = observations.evidence(symbol="BTC", instant=instant, price_mode="replay")
    reasons = {str(line["source"]): line["reason"] for line in evidence}
    assert {source.removeprefix(replay.PREFIX) for source in found.sources} == used
    assert reasons["replay:binance_spot"] == binance
    if hour > 11:
        assert found.price == Decimal(price)


@has_data
@pytest.mark.django_db
@pytest.mark.usefixtures("known_assets")
def test_usdc_prices_of_the_depeg_are_not_even_loaded() -> None:
    venues = replay.load(DATA / "minute" / "usdc_depeg_2023-03")
    assert [venue.name for venue in venues] == ["replay:binanceus"]
    instant = datetime(2023, 3, 11, 12, tzinfo=UTC)
    with registry.installed("replay", venues), pytest.raises(PriceDisputed, match="too_few"):
        observations.price_of_instant(
            symbol="BTC", instant=instant, price_mode="replay", now=instant
        )
    with registry.installed("replay", venues):
        start = instant - timedelta(hours=3)
        assert bars.ingest(
            symbol="BTC", price_mode="replay", interval=3600, start=start, now=instant
        ) == 3  # fmt: skip

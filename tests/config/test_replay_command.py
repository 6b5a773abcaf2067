"""`manage.py replay`: what it reports, and how it refuses what cannot be played."""

import gzip
import json
import math
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DEFAULT_DB_ALIAS, connections
from pytest_django import DjangoDbBlocker

from config.replay import entries
from tests.markets import recordings

START = datetime(2024, 3, 4, tzinfo=UTC)  # a Monday
HOURS = 120
COLUMNS = ",".join(entries.COLUMNS)
Json = dict[str, Any]


@pytest.fixture(autouse=True)
def _unblocked(django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """The command makes a scratch database of its own; no test database is touched."""
    with django_db_blocker.unblock():
        yield


def closes(lean: float) -> list[str]:
    """Hourly closes from five days before START to a day after, 50 bp up and down."""
    return [f"{1000 * (1 + lean) * math.exp(0.005 * (n % 2)):.4f}" for n in range(HOURS + 24)]


@pytest.fixture
def prices(tmp_path: Path) -> Path:
    first = START - timedelta(hours=HOURS)
    for venue, lean in (("north", 0.0), ("south", 1e-4)):
        file = tmp_path / "prices" / venue / "BTCUSD_1h.csv"
        recordings.write(file, recordings.hours(first, closes(lean)))
    # A venue lacking the asset is simply no source for it.
    recordings.write(tmp_path / "prices/west/ETHUSD_1h.csv", recordings.hours(first, closes(0)))
    return tmp_path / "prices"


def replay(prices: Path, **options: Any) -> str:
    shown = StringIO()
    defaults = {
        "start": "2024-03-04T00:00:00Z", "end": "2024-03-04T03:00:00Z",
        "assets": "BTC", "horizons": "1h",
    }  # fmt: skip
    call_command("replay", prices=prices, stdout=shown, **(defaults | options))
    return shown.getvalue()


def refusal(prices: Path, **options: Any) -> str:
    with pytest.raises(CommandError) as error:
        replay(prices, **options)
    return str(error.value)


# -- the report ----------------------------------------------------------------------------------
def test_the_report_lists_every_round_score_and_standing(prices: Path, tmp_path: Path) -> None:
    rows = [
        "ada,BTC,1h,2024-03-04T00:00:00Z,quantiles,990,1000,1010,,,price",
        "ada,BTC,1h,2024-03-04T01:00:00Z,point,,,,3.5,,return",
        "bela,BTC,1h,2024-03-04T00:00:00Z,prob_up,,,,,0.7,",
    ]
    file = recordings.write(tmp_path / "people.csv", rows, header=COLUMNS)
    shown = replay(prices, entries=file, report=tmp_path / "report.json")
    assert "3 rounds (3 final)" in shown
    report = json.loads((tmp_path / "report.json").read_text())
    assert set(report) == {"rounds", "scores", "standings", "verdict"}
    first = report["rounds"][0]
    assert first["sigma_bp"] == pytest.approx(50, rel=1e-3)
    assert {name: first[name] for name in first if name != "sigma_bp"} == {
        "asset": "BTC", "horizon": "1h", "status": "final",
        "opens_at": "2024-03-03T23:00:00Z", "locks_at": "2024-03-04T00:00:00Z",
        "settles_at": "2024-03-04T01:00:00Z",
        "reference_price": "1005.06275000", "settlement_price": "1000.05000000",
        "sources": ["north", "south"],
    }  # fmt: skip
    locks = [row["locks_at"] for row in report["rounds"]]
    assert locks == [f"2024-03-04T0{hour}:00:00Z" for hour in range(3)]
    keys = [(s["player"], s["asset"], s["horizon"], s["locks_at"]) for s in report["scores"]]
    assert keys == sorted(keys)
    assert {s["player"] for s in report["scores"] if s["kind"] == "human"} == {"ada", "bela"}
    assert len([s for s in report["scores"] if s["player"] == "house-walker"]) == 3
    assert {s["points_milli"] for s in report["scores"] if s["kind"] == "house"} == {0}
    ranks = [row["rank"] for row in report["standings"] if row["rank"]]
    assert ranks == sorted(ranks) == list(range(1, len(ranks) + 1))
    ada = next(row for row in report["standings"] if row["player"] == "ada")
    assert (ada["kind"], ada["horizon"], ada["rounds"], ada["provisional"]) == (
        "human", "1h", 2, True,
    )  # fmt: skip
    assert set(report["verdict"]) == {"1h"}


def test_the_same_replay_gives_the_same_bytes_and_leaves_the_league_alone(
    prices: Path, tmp_path: Path
) -> None:
    configured = connections[DEFAULT_DB_ALIAS].settings_dict["NAME"]
    replay(prices, report=tmp_path / "one.json")
    replay(prices, report=tmp_path / "two.json", start="2024-03-04T01:00:00+01:00", assets=" btc ")
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    with pytest.raises(CommandError, match=r"--entries: absent\.csv, line 0: unreadable"):
        replay(prices, entries=tmp_path / "absent.csv")
    assert connections[DEFAULT_DB_ALIAS].settings_dict["NAME"] == configured


# -- what is refused -----------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("options", "reason"),
    [
        ({"start": "yesterday"}, "--start: 'yesterday' is not an ISO 8601 instant"),
        ({"end": "2024-03-04T03:00:00"}, "--end: .* names no time zone"),
        ({"start": "0001-01-01T00:00:00+14:00"}, "--start: "),
        ({"end": "2024-03-04T00:00:00Z"}, "--end must be after --start"),
        ({"end": "2024-03-04T00:59:59Z"}, "no round locks and settles in this window"),
        ({"assets": ""}, "--assets: "),
        ({"assets": "BTC,BTC"}, "--assets: .*without repetitions"),
        ({"assets": "btc,BTC"}, "--assets: .*without repetitions"),
        ({"assets": "BTC,SOL"}, "no venue has recorded SOL"),
        ({"assets": "NOPE"}, "no venue has recorded NOPE"),
        ({"horizons": "2h"}, "--horizons: unknown '2h'; known: 5m, 1h, 24h, 7d"),
        ({"horizons": "1h,1h"}, "--horizons: .*without repetitions"),
        ({"horizons": "5m"}, "5m needs 60-second bars"),
        ({"cadence": "24h"}, "--cadence: "),
        ({"cadence": "24h=soon"}, "--cadence: "),
        ({"cadence": "24h=61"}, "--cadence: .*24h"),
        ({"cadence": "2h=3600"}, "--cadence: .*2h"),
    ],
)
def test_an_option_that_cannot_be_meant_is_named(
    prices: Path, tmp_path: Path, options: Json, reason: str
) -> None:
    report = tmp_path / "report.json"
    with pytest.raises(CommandError, match=reason):
        replay(prices, report=report, **options)
    assert not report.exists()


def test_a_recorded_asset_the_league_does_not_know_is_named(prices: Path) -> None:
    first = START - timedelta(hours=HOURS)
    recordings.write(prices / "north" / "PEPEUSD_1h.csv", recordings.hours(first, closes(0)))
    assert refusal(prices, assets="PEPE") == "--assets: Unknown asset 'PEPE'."


def test_a_directory_without_recordings_is_refused(tmp_path: Path) -> None:
    assert "is not a directory of recorded prices" in refusal(tmp_path / "absent")
    assert "_1h.csv[.gz] files" in refusal(tmp_path)
    (tmp_path / "file").write_text("x")
    assert "is not a directory" in refusal(tmp_path / "file")


def cut(file: Path) -> None:
    file.write_bytes(gzip.compress(file.read_bytes())[:-20])
    file.rename(file.with_suffix(".csv.gz"))


def line(number: int, text: str) -> Callable[[Path], None]:
    def spoil(file: Path) -> None:
        lines = file.read_text().splitlines()
        lines[number - 1] = text
        file.write_text("\n".join(lines) + "\n")

    return spoil


@pytest.mark.parametrize(
    ("spoil", "reason"),
    [
        (line(1, "time,open,high,low,close,volume"), "line 1: header must be timestamp_utc,open"),
        (line(9, "2024-02-28T07:00:00Z,1,2,3"), "line 9: 4 fields instead of 6"),
        (line(9, "2024-02-28T07:00:00Z,NaN,2,1,1,1"), "line 9: "),
        (line(9, "2024-02-28T07:00:00Z,1,0.5,1,1,1"), "line 9: "),
        (line(9, "2024-02-28T07:30:00Z,1,1,1,1,1"), "line 9: timestamp is off the grid"),
        (line(9, "2024-02-28T06:00:00Z,1,1,1,1,1"), "line 9: timestamp repeats or goes back"),
        (line(9, "28/02/2024 07:00,1,1,1,1,1"), "line 9: timestamp is not like"),
        (cut, "line 0: unreadable"),
    ],
)
def test_a_malformed_price_file_is_named_with_its_line(
    prices: Path, tmp_path: Path, spoil: Callable[[Path], None], reason: str
) -> None:
    spoil(prices / "south" / "BTCUSD_1h.csv")
    found = refusal(prices, report=tmp_path / "report.json")
    assert found.startswith("--prices: south/BTCUSD_1h.csv")
    assert reason in found
    assert not (tmp_path / "report.json").exists()


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        ("ada,BTC,1h,2024-03-04T00:00:00Z,quantiles,1010,1000,990,,,price", "line 3: p50: "),
        ("ada,BTC,1h,2024-03-04T00:00:00Z,point,,,,2000,,", "line 3: .* lies .* from the current"),
    ],
)
def test_an_entry_that_cannot_be_played_stops_everything(
    prices: Path, tmp_path: Path, row: str, reason: str
) -> None:
    """The second is found only while playing: it is too far from the price of its moment."""
    good = "bela,BTC,1h,2024-03-04T00:00:00Z,point,,,,1000,,"
    file = recordings.write(tmp_path / "people.csv", [good, row], header=COLUMNS)
    report = tmp_path / "report.json"
    report.write_text("of yesterday")
    with pytest.raises(CommandError, match=f"--entries: people.csv, ({reason})"):
        replay(prices, entries=file, report=report)
    assert report.read_text() == "of yesterday"


def test_a_report_that_cannot_be_written_is_refused_before_anything_is_played(
    prices: Path, tmp_path: Path
) -> None:
    assert refusal(prices, report=tmp_path / "no" / "report.json").startswith("--report: ")
    assert refusal(prices, report=tmp_path).startswith("--report: ")

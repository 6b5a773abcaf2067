"""The entries file of a replay: believed only whole, and a fault is named by file and line."""

from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from config.replay import entries
from config.replay.entries import MalformedEntries, Row
from league.cadence import Slot
from tests.factories import NOON

HOUR = timedelta(hours=1)
HEADER = ",".join(entries.COLUMNS)
LOCK = "2025-01-15T12:00:00Z"
GOOD = f"ada,BTC,1h,{LOCK},quantiles,1,2,3,,,price"
SLOTS = {
    (asset, "1h", NOON + n * HOUR): Slot(
        asset, "1h", NOON + (n - 1) * HOUR, NOON + n * HOUR, NOON + (n + 1) * HOUR
    )
    for asset in ("BTC", "ETH")
    for n in range(3)
}


def read(folder: Path, *lines: str, header: str = HEADER) -> list[Row]:
    file = folder / "people.csv"
    file.write_text("\n".join([header, *lines]) + "\n", encoding="utf-8")
    return entries.read(file, slots=SLOTS)


def fault(folder: Path, *lines: str, header: str = HEADER) -> str:
    with pytest.raises(MalformedEntries) as error:
        read(folder, *lines, header=header)
    return str(error.value)


# -- what is read --------------------------------------------------------------------------------
def test_every_form_is_read_in_order(tmp_path: Path) -> None:
    rows = read(
        tmp_path,
        GOOD,
        f"ada,ETH,1h,{LOCK},quantiles,-20,-1.5,30,,,return",
        f"bela,BTC,1h,{LOCK},point,,,,60000.25,,",
        f"bela,ETH,1h,{LOCK},point,,,,-12.5,,return",
        f"chidi,BTC,1h,{LOCK},prob_up,,,,,0.65,",
    )
    assert [row.line for row in rows] == [2, 3, 4, 5, 6]
    assert [row.player for row in rows] == ["ada", "ada", "bela", "bela", "chidi"]
    assert [(r.entry.form, r.entry.basis) for r in rows] == [
        ("quantiles", "price"), ("quantiles", "return"), ("point", "price"), ("point", "return"),
        ("prob_up", "return"),
    ]  # fmt: skip
    assert rows[2].entry.p50 == Decimal("60000.25")
    assert rows[0].slot == SLOTS["BTC", "1h", NOON]


def test_columns_may_stand_in_any_order_and_times_in_any_zone(tmp_path: Path) -> None:
    (row,) = read(
        tmp_path,
        "price,,,3,2,1,quantiles,2025-01-15T14:30:00+02:30,1h,BTC,ada",
        header=",".join(reversed(entries.COLUMNS)),
    )
    assert (row.player, row.entry.p10, row.slot.locks_at) == ("ada", Decimal(1), NOON)


def test_a_file_of_no_rows_is_no_fault(tmp_path: Path) -> None:
    assert read(tmp_path) == []


def test_spaces_around_a_field_are_nothing(tmp_path: Path) -> None:
    (row,) = read(tmp_path, f" ada , BTC ,1h, {LOCK} ,quantiles, 1, 2, 3,,,price")
    assert row.entry.p90 == Decimal(3)


# -- what is refused -----------------------------------------------------------------------------
def row(**changes: str) -> str:
    fields = dict(zip(entries.COLUMNS, GOOD.split(","), strict=True)) | changes
    return ",".join(fields.values())


POINT = {"form": "point", "p10": "", "p50": "", "p90": ""}


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"player": "A"}, "player: 3 to 40 characters"),
        ({"player": ""}, "player: "),
        ({"player": "ada\u0660"}, "player: "),
        ({"player": "house-walker"}, "player: house-walker is a built-in player"),
        ({"player": "crowd"}, "player: crowd is a built-in player"),
        ({"asset": "DOGE"}, "asset: 'DOGE' is not played"),
        ({"asset": "btc"}, "asset: 'btc' is not played"),
        ({"horizon": "24h"}, "horizon: '24h' is not played"),
        ({"horizon": ""}, "horizon: "),
        ({"locks_at": "2025-01-15T12:00:00"}, "locks_at: "),
        ({"locks_at": "noon"}, "locks_at: 'noon' is not an ISO 8601 instant"),
        ({"locks_at": "0001-01-01T00:00:00+14:00"}, "locks_at: "),
        ({"locks_at": "2025-01-15T12:00:01Z"}, "locks_at: no BTC 1h round locks at"),
        ({"locks_at": "2025-01-15T11:00:00Z"}, "locks_at: no BTC 1h round locks at"),
        ({"form": "guess"}, "form: 'guess' is not one of quantiles, point, prob_up"),
        ({"basis": "log"}, "basis: 'log' is neither price nor return"),
        ({"p50": ""}, "p50: '' is not a number"),
        ({"p50": "two"}, "p50: 'two' is not a number"),
        ({"p50": "NaN"}, "p50: 'NaN' is not a number"),
        ({"p90": "Infinity"}, "p90: 'Infinity' is not a number"),
        ({"p50": "1_000"}, "p50: '1_000' is not a number"),
        ({"p50": "\u0662"}, "p50: '\u0662' is not a number"),
        ({"p10": "0"}, "p10: A price is greater than zero"),
        ({"p50": "0.5"}, "p50: Give p10, p50 and p90 in ascending order"),
        ({"p90": "1.5"}, "p90: Give p10, p50 and p90 in ascending order"),
        ({"p90": "3.000000001"}, "p90: Give at most eight decimal places"),
        ({"p90": "1e12"}, "p90: Give a number below one trillion"),
        ({"point": "2"}, "point: does not belong to the form quantiles"),
        ({"prob_up": "0.5"}, "prob_up: does not belong to the form quantiles"),
        (POINT, "point: '' is not a number"),
        (POINT | {"point": "5", "p10": "1"}, "p10: does not belong to the form point"),
        (POINT | {"form": "prob_up", "prob_up": "0.99", "basis": ""}, "prob_up: Give a "),
    ],
)  # fmt: skip
def test_a_row_that_cannot_be_played_is_named(
    tmp_path: Path, changes: dict[str, str], reason: str
) -> None:
    found = fault(tmp_path, row(player="bela"), row(**changes))
    assert found.startswith("people.csv, line 3: ")
    assert reason in found


@pytest.mark.parametrize(
    ("lines", "start"),
    [
        ([GOOD, "ada,BTC"], "people.csv, line 3: 2 fields instead of 11"),
        ([GOOD + ",more"], "people.csv, line 2: 12 fields instead of 11"),
        ([""], "people.csv, line 2: 0 fields instead of 11"),
        ([GOOD, GOOD], "people.csv, line 3: ada already has an entry in that round"),
        ([row(player="x" * 200_000)], "people.csv, line 2: "),
    ],
)
def test_a_line_that_is_no_row_is_named(tmp_path: Path, lines: Sequence[str], start: str) -> None:
    assert fault(tmp_path, *lines).startswith(start)


@pytest.mark.parametrize(
    "header", ["", "player", HEADER + ",x", HEADER.replace("basis", "base"), HEADER + ",basis"]
)
def test_the_header_is_exactly_the_columns(tmp_path: Path, header: str) -> None:
    found = fault(tmp_path, GOOD, header=header)
    assert found.startswith(f"people.csv, line 1: the header must be {HEADER}")


def test_a_file_that_is_not_there_or_no_text_is_named(tmp_path: Path) -> None:
    with pytest.raises(MalformedEntries, match=r"absent\.csv, line 0: unreadable"):
        entries.read(tmp_path / "absent.csv", slots=SLOTS)
    noise = tmp_path / "noise.csv"
    noise.write_bytes(b"\xff\xfe\x00player")
    with pytest.raises(MalformedEntries, match=r"noise\.csv, line 0: unreadable"):
        entries.read(noise, slots=SLOTS)
    with pytest.raises(MalformedEntries, match="unreadable"):
        entries.read(tmp_path, slots=SLOTS)

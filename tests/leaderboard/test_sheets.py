"""What a spreadsheet gets to see: RFC 4180, and nothing it would take for a formula."""

import csv
import io
from datetime import UTC, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leaderboard import sheets
from leaderboard.sheets import CsvRenderer, Sheet

FORMULAS = [
    "=1+1", "=cmd|' /C calc'!A0", '=HYPERLINK("http://x","y")', "+1+1", "-1+1", "@SUM(1)",
    "\t=1", "\r=1", "\n=1", " =1", "  +1", "=", "+", "-", "@", "-5", "+49 123", "\uff1d1",
    "\uff0b1", "\uff0d1", "\uff20SUM(1)", "\u00a0=1", "\u3000=1", "=IMPORTXML(A1)", "-2+3+cmd|x",
]  # fmt: skip
PLAIN = ["", "Ada", "a=b", "1-2", "x@y", "'quoted", 'say "hi"', "one,two", "two\nlines", "\u202ex"]


def read(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@pytest.mark.parametrize("formula", FORMULAS)
def test_what_begins_like_a_formula_begins_with_an_apostrophe(formula: str) -> None:
    assert sheets.cell(formula) == f"'{formula}"
    written = sheets.text(Sheet("x", ["name"], [[formula]]))
    assert read(written) == [["name"], [f"'{formula}"]]


@pytest.mark.parametrize("plain", PLAIN)
def test_other_text_is_as_it_was(plain: str) -> None:
    assert read(sheets.text(Sheet("x", ["a", "b"], [[plain, "z"]])))[1] == [plain, "z"]


@given(st.text(), st.text())
def test_no_text_whatever_becomes_a_formula_or_another_cell(one: str, other: str) -> None:
    row = read(sheets.text(Sheet("x", ["a", "b"], [[one, other]])))[1]
    assert len(row) == 2
    for cell, given_ in zip(row, (one, other), strict=True):
        assert not cell.lstrip().startswith(sheets.TRIGGERS)
        assert cell in {given_, f"'{given_}"}


@pytest.mark.parametrize(
    ("value", "written"),
    [
        (-5, "-5"),
        (-1.5, "-1.5"),
        (Decimal("-0.001"), "-0.001"),
        (Decimal("1E-8"), "0.00000001"),
        (Decimal("1E+3"), "1000"),
        (0.1, "0.1"),
        (None, ""),
        (datetime(2025, 1, 15, 12, tzinfo=UTC), "2025-01-15T12:00:00Z"),
    ],
)
def test_numbers_and_times_stay_what_they_are(value: sheets.Cell, written: str) -> None:
    assert sheets.cell(value) == written


def test_lines_end_as_the_format_says_and_text_is_utf_8() -> None:
    made = CsvRenderer().render(Sheet("x", ["a"], [["ü"], [1]]))
    assert made == "a\r\nü\r\n1\r\n".encode()


def test_what_is_no_table_is_written_as_names_and_values() -> None:
    made = CsvRenderer().render({"name": "=x", "n": 1})
    assert made == b"name,value\r\nname,'=x\r\nn,1\r\n"

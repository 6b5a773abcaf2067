from decimal import Decimal, InvalidOperation

import pytest

from league_client import entries
from predictions import entry_shapes


@pytest.mark.parametrize(
    ("given", "sent"),
    [
        (61200, "61200"),
        ("61200.50", "61200.50"),
        (Decimal("1E+3"), "1000"),
        (0.1 + 0.2, "0.3"),
        (0.00001, "0.00001"),
        (-45, "-45"),
        (1e-12, "0"),
        (61200.0, "61200"),
    ],
)
def test_numbers_are_sent_without_an_exponent(given: entries.Number, sent: str) -> None:
    assert entries.plain(given) == sent


def test_what_is_no_number_is_not_sent() -> None:
    with pytest.raises(InvalidOperation):
        entries.plain("6l200")


@pytest.mark.parametrize(
    "entry",
    [
        entries.quantiles(58900, 61200.5, Decimal(63000)),
        entries.quantiles("-45", "1", "45", basis="return"),
        entries.point(61200),
        entries.point(-3.5, basis="return"),
        entries.prob_up(0.65),
    ],
)
def test_the_league_reads_what_is_made(entry: entries.Entry) -> None:
    read = entry_shapes.read(dict(entry))
    assert read.form == entry["form"]


def test_an_item_is_an_entry_with_its_round() -> None:
    made = entries.for_round("r", entries.prob_up(0.5))
    assert made == {"round": "r", "form": "prob_up", "prob_up": "0.5"}

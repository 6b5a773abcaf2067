"""The same on SQLite and, by tests/services, on PostgreSQL."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from markets import bars, intake
from markets.models import Bar
from tests.markets.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]
MINUTE = timedelta(minutes=1)
SIZES = pytest.mark.parametrize("count", [1, intake.BULK - 1, intake.BULK, 3 * intake.BULK])


def row(number: int, close: str = "10.12345678", **changed: Any) -> tuple[Any, ...]:
    price = Decimal(close)
    whole = {
        "asset": "BTC", "source": "a", "interval": 60, "opened_at": NOON + number * MINUTE,
        "open": price, "high": price, "low": price, "close": price, "volume": None,
    }  # fmt: skip
    return tuple((whole | changed).values())


def insert(rows: list[tuple[Any, ...]]) -> int:
    return intake.insert(Bar, bars.COLUMNS, rows)


@SIZES
def test_rows_arrive_as_they_were_given(count: int) -> None:
    assert insert([row(number) for number in range(count)]) == count
    stored = Bar.objects.order_by("opened_at").values_list(*bars.COLUMNS)
    assert list(stored) == [row(number) for number in range(count)]


@SIZES
def test_the_same_rows_again_change_nothing(count: int) -> None:
    insert([row(number, "10") for number in range(count)])
    assert insert([row(number, "11") for number in range(count)]) == 0
    assert set(Bar.objects.values_list("close", flat=True)) == {Decimal(10)}


@SIZES
def test_only_what_is_new_is_counted(count: int) -> None:
    insert([row(0)])
    assert insert([row(number) for number in range(count)]) == count - 1
    assert Bar.objects.count() == count


@SIZES
def test_a_row_given_twice_is_stored_once(count: int) -> None:
    assert insert([row(number // 2) for number in range(2 * count)]) == count


@SIZES
def test_a_row_the_table_refuses_takes_all_the_others_with_it(count: int) -> None:
    bad = row(count, low=Decimal(0))
    with pytest.raises(IntegrityError), transaction.atomic():
        insert([*(row(number) for number in range(count)), bad])
    assert not Bar.objects.exists()
    assert insert([row(number) for number in range(count)]) == count


def test_nothing_is_no_statement(django_assert_num_queries: Any) -> None:
    with django_assert_num_queries(0):
        assert insert([]) == 0


def test_two_large_intakes_fit_into_one_transaction() -> None:
    with transaction.atomic():
        first = insert([row(number) for number in range(intake.BULK)])
        second = insert([row(number, source="b") for number in range(intake.BULK)])
    assert (first, second, Bar.objects.count()) == (intake.BULK, intake.BULK, 2 * intake.BULK)

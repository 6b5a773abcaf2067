from datetime import datetime, timedelta
from decimal import Decimal
from itertools import permutations

import pytest
from django.db import IntegrityError, transaction

from markets import newest
from markets.models import LatestPrice, Quote
from tests.markets.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]
SECOND = timedelta(seconds=1)


def quote(
    second: int, *, source: str = "a", symbol: str = "BTC", heard: datetime | None = None
) -> Quote:
    at = NOON + second * SECOND
    return Quote(
        asset_id=symbol,
        source=source,
        source_time=at,
        fetched_at=heard or at + SECOND,
        price=Decimal(100 + second),
    )


def prices() -> dict[tuple[str, str], Decimal]:
    return {(row.asset_id, row.source): row.price for row in LatestPrice.objects.all()}


@pytest.mark.parametrize("order", list(permutations((0, 1, 2))))
def test_the_newest_word_stands_in_whatever_order_it_came(order: tuple[int, ...]) -> None:
    heard = NOON + 10 * SECOND
    for second in order:
        newest.remember([quote(second, heard=heard)])
    assert prices() == {("BTC", "a"): Decimal(102)}


def test_a_word_told_again_stays_as_first_heard() -> None:
    newest.remember([quote(0)])
    newest.remember([quote(0, heard=NOON + 60 * SECOND)])
    assert LatestPrice.objects.get().fetched_at == NOON + SECOND


def test_a_stamp_from_the_future_holds_until_the_next_word_only() -> None:
    newest.remember([quote(3600, heard=NOON)])
    newest.remember([quote(5)])
    assert prices() == {("BTC", "a"): Decimal(105)}


def test_sources_and_assets_are_kept_apart() -> None:
    newest.remember([quote(0), quote(1, source="b"), quote(2, symbol="ETH")])
    assert prices() == {("BTC", "a"): 100, ("BTC", "b"): 101, ("ETH", "a"): 102}


def test_nothing_told_changes_nothing() -> None:
    newest.remember([])
    assert prices() == {}


def test_the_newest_come_first_and_only_those_asked_for() -> None:
    newest.remember(
        [quote(0), quote(5, source="b"), quote(5, source="c"), quote(6, source="d"),
         quote(3, symbol="ETH")]
    )  # fmt: skip
    told = newest.told(
        sources=["c", "b", "a"], after=NOON - SECOND, until=NOON + 5 * SECOND, symbols=["BTC"]
    )
    assert [row.source for row in told] == ["b", "c", "a"]
    told = newest.told(sources=["a", "b"], after=NOON, until=NOON + 4 * SECOND)
    assert [(row.asset_id, row.source) for row in told] == [("ETH", "a")]


def test_the_database_refuses_a_price_that_is_not_positive() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        LatestPrice.objects.create(
            asset_id="BTC", source="a", source_time=NOON, fetched_at=NOON, price=Decimal(0)
        )

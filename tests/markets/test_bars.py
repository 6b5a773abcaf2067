from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import partial
from statistics import median

import numpy as np
import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from markets import bars, series
from markets.models import Bar
from markets.providers import base, registry
from tests.markets.conftest import NOON
from tests.markets.recordings import Scripted, minutes

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]
SOURCES = ("a", "b", "c")
EPOCH = int(NOON.timestamp())


def row(source: str, number: int, close: str, *, pk: int | None = None) -> Bar:
    price = Decimal(close)
    return Bar(
        pk=pk, asset_id="BTC", source=source, interval=60,
        opened_at=NOON + timedelta(minutes=number),
        open=price, high=price, low=price, close=price, volume=None,
    )  # fmt: skip


def sources(*names: str) -> list[Scripted]:
    return [Scripted(name) for name in names]


def read(until_minute: int, count: int) -> tuple[list[int], list[float]]:
    """(minute numbers opened, closes)."""
    with registry.installed("live", sources(*SOURCES)):
        found = bars.closes(
            symbol="BTC",
            price_mode="live",
            interval=60,
            until=NOON + timedelta(minutes=until_minute),
            count=count,
        )
    assert found.opened_at.dtype == np.int64
    assert found.close.dtype == np.float64
    return [(int(at) - EPOCH) // 60 for at in found.opened_at], found.close.tolist()


def ingest(*providers: base.Provider, start: datetime, now: datetime = NOON) -> int:
    with registry.installed("live", providers):
        return bars.ingest(symbol="BTC", price_mode="live", interval=60, start=start, now=now)


def test_a_close_is_the_median_of_the_sources_that_have_the_bar() -> None:
    Bar.objects.bulk_create(
        [row("a", 0, "10"), row("b", 0, "11"), row("c", 0, "90"), row("a", 1, "10"),
         row("c", 1, "13"), row("b", 3, "14"), row("zzz", 0, "1")]
    )  # fmt: skip
    assert read(4, 10) == ([0, 1, 3], [11.0, 11.5, 14.0])


def test_only_bars_closed_by_then_count_and_only_the_newest() -> None:
    Bar.objects.bulk_create([row("a", number, str(10 + number)) for number in range(6)])
    assert read(4, 2) == ([2, 3], [12.0, 13.0])
    assert read(0, 2) == ([], [])


def test_gaps_are_reached_across_to_find_as_many_as_asked() -> None:
    Bar.objects.bulk_create([row("a", number, "5") for number in (-40_000, -900, -3, 0)])
    assert read(1, 3) == ([-900, -3, 0], [5.0] * 3)
    assert read(1, 9) == ([-40_000, -900, -3, 0], [5.0] * 4)


def test_a_warm_read_is_two_small_queries() -> None:
    Bar.objects.bulk_create([row("a", number, "5") for number in range(50)])
    read(50, 20)
    with CaptureQueriesContext(
        connection,
    ) as queries:
        assert read(49, 20)[0] == list(range(29, 49))
    assert len(queries) == 2


def test_rows_committed_out_of_id_order_are_seen() -> None:
    Bar.objects.bulk_create([row("a", 0, "5", pk=100), row("a", 1, "6", pk=102)])
    assert read(9, 9) == ([0, 1], [5.0, 6.0])
    Bar.objects.bulk_create([row("a", 2, "7", pk=101)])
    assert read(9, 9) == ([0, 1, 2], [5.0, 6.0, 7.0])
    Bar.objects.bulk_create([row("b", 2, "9", pk=99), row("b", 3, "1", pk=103)])
    assert read(9, 9) == ([0, 1, 2, 3], [5.0, 6.0, 8.0, 1.0])


def test_another_database_behind_the_same_ids_is_noticed() -> None:
    Bar.objects.bulk_create([row("a", 0, "5", pk=1)])
    assert read(9, 9)[1] == [5.0]
    Bar.objects.all().delete()
    Bar.objects.bulk_create([row("a", 0, "6", pk=1)])
    assert read(9, 9)[1] == [6.0]


BATCHES = st.lists(
    st.lists(
        st.tuples(
            st.sampled_from(SOURCES), st.integers(-30, 30), st.integers(1, 9), st.integers(1, 4000)
        ),
        max_size=8,
    ),
    min_size=1,
    max_size=5,
)


def expected(until: int, count: int) -> tuple[list[int], list[float]]:
    """The same, straight from the rows."""
    closes: dict[int, list[float]] = {}
    for bar in Bar.objects.filter(source__in=SOURCES):
        number = (int(bar.opened_at.timestamp()) - EPOCH) // 60
        if number + 1 <= until:
            closes.setdefault(number, []).append(float(bar.close))
    newest = sorted(closes)[-count:]
    return newest, [median(closes[number]) for number in newest]


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(BATCHES, st.integers(-35, 35), st.integers(1, 12))
def test_kept_closes_equal_the_store_whatever_is_inserted_in_whatever_order(
    batches: Iterable[list[tuple[str, int, int, int]]], until: int, count: int
) -> None:
    bars.forget()
    with transaction.atomic():
        for batch in batches:
            rows = [row(source, at, str(close), pk=pk) for source, at, close, pk in batch]
            Bar.objects.bulk_create(rows, ignore_conflicts=True)
            assert read(until, count) == expected(until, count)
            assert read(40, 12) == expected(40, 12)
        transaction.set_rollback(True)


def test_a_window_that_outgrew_itself_is_loaded_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "OUTGROWN", 0)
    Bar.objects.bulk_create([row("a", number, "5") for number in range(40)])
    assert read(10, 2)[0] == [8, 9]
    Bar.objects.bulk_create([row("a", number, "5") for number in range(40, 140)])
    for _ in range(2):
        assert read(140, 2)[0] == [138, 139]
    kept = next(iter(series._kept.values()))
    assert kept.count < 20


def test_ingest_stores_what_each_source_has_and_is_idempotent() -> None:
    held = minutes(NOON, "1", "2", "3")
    start = NOON - timedelta(minutes=10)
    assert ingest(Scripted("a", held), Scripted("b", held[1:]), start=start) == 5
    assert ingest(Scripted("a", held), Scripted("b", held[1:]), start=start) == 0
    stored = Bar.objects.get(source="b", opened_at=NOON - timedelta(minutes=1))
    assert (stored.close, stored.volume) == (Decimal(3), Decimal(5))


def test_ingest_asks_only_for_what_is_newer_than_it_has() -> None:
    source = Scripted("a", minutes(NOON, "1", "2"))
    ingest(source, start=NOON - timedelta(minutes=2))
    assert ingest(source, start=NOON - timedelta(minutes=2)) == 0
    assert source.calls == 1


def test_ingest_reaches_back_when_more_history_is_wanted_but_asks_once() -> None:
    source = Scripted("a", minutes(NOON, *"12345"))
    assert ingest(source, start=NOON - timedelta(minutes=2)) == 2
    assert ingest(source, start=NOON - timedelta(minutes=9)) == 3
    assert ingest(source, start=NOON - timedelta(minutes=9)) == 0
    asked = source.calls
    assert ingest(source, start=NOON - timedelta(minutes=9)) == 0
    assert source.calls == asked


def test_a_failing_source_does_not_stop_the_others() -> None:
    down = Scripted("a", failure=base.ProviderUnavailable("unreachable"))
    unknown = Scripted("b", failure=base.UnknownSymbol("BTC"))
    good = Scripted("c", minutes(NOON, "1"))
    assert ingest(down, unknown, good, start=NOON - timedelta(minutes=5)) == 1


def test_a_source_without_that_interval_is_not_asked() -> None:
    hourly = Scripted("a", intervals=frozenset({3600}))
    assert ingest(hourly, start=NOON - timedelta(minutes=5)) == 0
    assert hourly.calls == 0


@pytest.mark.parametrize(
    "wrong",
    [
        {"low": Decimal(0)}, {"low": Decimal(11)}, {"high": Decimal(9)}, {"open": Decimal(99)},
        {"close": Decimal(99)}, {"interval": 0},
    ],
)  # fmt: skip
def test_the_database_refuses_impossible_bars(wrong: dict[str, object]) -> None:
    impossible = row("a", 0, "10")
    for name, value in wrong.items():
        setattr(impossible, name, value)
    with pytest.raises(IntegrityError), transaction.atomic():
        impossible.save()


def test_bars_of_other_times_and_lengths_do_not_mix() -> None:
    Bar.objects.bulk_create([row("a", 0, "5")])
    other = row("a", 0, "7")
    other.interval = 3600
    other.save()
    assert read(9, 9) == ([0], [5.0])
    assert bars.newest_opened_at(symbol="BTC", source="a", interval=60) == NOON
    assert bars.newest_opened_at(symbol="ETH", source="a", interval=60) is None
    assert NOON.tzinfo is UTC


def test_within_a_reading_each_series_is_checked_once_and_after_bars_came() -> None:
    Bar.objects.bulk_create([row("a", number, "5") for number in range(50)])
    read(50, 20)
    with CaptureQueriesContext(connection) as queries, bars.reading():
        for until in (50, 49, 48):
            with bars.reading():  # part of the outer one
                assert len(read(until, 20)[0]) == 20
    assert len(queries) == 2
    with bars.reading():
        assert read(60, 1) == ([49], [5.0])
        with registry.installed(
            "live", [Scripted("a", minutes(NOON + timedelta(minutes=51), *["5"] * 51))]
        ):
            bars.ingest(
                symbol="BTC", price_mode="live", interval=60,
                start=NOON, now=NOON + timedelta(minutes=51),
            )  # fmt: skip
        assert read(60, 1)[0] == [50]


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ({"a": 4, "b": 5}, True),  # a had every bar but the last
        ({"a": 5, "b": 5}, False),
        ({"a": 3, "b": 5}, False),  # a has been silent for longer: it is not waited for
        ({"a": 6, "b": 6}, False),
        ({}, False),
    ],
)
def test_a_source_that_lacks_only_the_last_bar_is_awaited(
    numbers: dict[str, int], expected: bool
) -> None:
    Bar.objects.bulk_create(
        row(source, number, "5") for source, count in numbers.items() for number in range(count)
    )
    with registry.installed("live", sources(*SOURCES)):
        found = bars.is_awaited(
            symbol="BTC", price_mode="live", interval=60, closed_at=NOON + timedelta(minutes=5)
        )
    assert found is expected


def test_what_is_known_to_be_stored_is_not_read_again() -> None:
    Bar.objects.bulk_create([row("a", number, "5") for number in range(5)])
    reaches = partial(bars.reaches, symbol="BTC", source="a", interval=60)
    assert reaches(NOON + timedelta(minutes=4))
    with CaptureQueriesContext(connection) as queries:
        assert reaches(NOON + timedelta(minutes=3))
    assert len(queries) == 0
    assert not reaches(NOON + timedelta(minutes=5))
    Bar.objects.bulk_create([row("a", 5, "5")])
    assert reaches(NOON + timedelta(minutes=5))


def test_a_series_that_has_all_there_can_be_costs_no_query() -> None:
    source = Scripted("a", minutes(NOON, *["5"] * 10))
    ingest(source, start=NOON - timedelta(minutes=10))
    ingest(source, start=NOON - timedelta(minutes=10))
    with CaptureQueriesContext(connection) as queries:
        assert ingest(source, start=NOON - timedelta(minutes=10)) == 0
    assert len(queries) == 0
    later = Scripted("a", minutes(NOON + timedelta(minutes=1), *["5"] * 11))
    assert ingest(later, start=NOON - timedelta(minutes=10), now=NOON + timedelta(minutes=1)) == 1

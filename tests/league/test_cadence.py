from datetime import UTC, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from league import cadence
from league.cadence import Window
from league.horizons import DAY, HOUR, MINUTE, TABLE

MONDAY = datetime(2024, 1, 8, tzinfo=UTC)
MOMENTS = st.datetimes(
    datetime(2020, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
    datetime(2030, 1, 1),  # noqa: DTZ001
    timezones=st.just(UTC),
)
NAMES = st.sampled_from(sorted(TABLE))


def locks(
    name: str, first: datetime, last: datetime, *, cadence_s: int | None = None
) -> list[datetime]:
    """The locks of a horizon whose rounds settle by `last`, whenever they open."""
    window = Window(first_lock=first, last_settlement=last, opens_by=last)
    step = cadence_s or TABLE[name].cadence_s
    return list(cadence.lock_times(horizon=TABLE[name], cadence_s=step, window=window))


def test_daily_rounds_lock_at_midnight_utc() -> None:
    found = locks("24h", MONDAY + timedelta(hours=1), MONDAY + timedelta(days=4))
    assert found == [MONDAY + timedelta(days=day) for day in (1, 2, 3)]


def test_weekly_rounds_lock_on_mondays_at_midnight_utc() -> None:
    found = locks("7d", datetime(2024, 1, 1, 0, 1, tzinfo=UTC), datetime(2024, 3, 1, tzinfo=UTC))
    assert found == [MONDAY + timedelta(days=7 * week) for week in range(7)]
    assert {at.weekday() for at in found} == {0}


def test_hourly_and_five_minute_rounds_lock_on_the_clock() -> None:
    start = MONDAY + timedelta(minutes=7, seconds=3)
    assert locks("1h", start, start + timedelta(hours=3)) == [
        MONDAY + timedelta(hours=hour) for hour in (1, 2)
    ]
    assert locks("5m", start, start + timedelta(minutes=15))[:2] == [
        MONDAY + timedelta(minutes=10), MONDAY + timedelta(minutes=15),
    ]  # fmt: skip


def test_the_window_takes_the_start_lock_in_and_the_end_as_last_settlement() -> None:
    end = MONDAY + timedelta(days=2)
    assert locks("24h", MONDAY, end) == [MONDAY, MONDAY + timedelta(days=1)]
    assert locks("24h", MONDAY + timedelta(microseconds=1), end) == [MONDAY + timedelta(days=1)]
    assert locks("24h", MONDAY, end - timedelta(microseconds=1)) == [MONDAY]
    assert locks("24h", MONDAY, MONDAY + timedelta(hours=23)) == []


def test_a_round_that_opens_later_is_not_in_the_window_yet() -> None:
    horizon, end = TABLE["24h"], MONDAY + timedelta(days=9)
    window = Window(first_lock=MONDAY, last_settlement=end, opens_by=MONDAY)
    found = list(cadence.lock_times(horizon=horizon, cadence_s=DAY, window=window))
    assert found == [MONDAY, MONDAY + timedelta(days=1)]  # the second opens exactly now


def test_a_cadence_of_its_own_keeps_to_the_utc_grid() -> None:
    found = locks("24h", MONDAY, MONDAY + timedelta(days=2), cadence_s=6 * HOUR)
    assert found == [MONDAY + timedelta(hours=6 * n) for n in range(5)]
    weekly = locks("7d", MONDAY, MONDAY + timedelta(days=9), cadence_s=DAY)
    assert weekly == [MONDAY + timedelta(days=n) for n in range(3)]


def test_locks_before_1970_are_on_the_same_grid() -> None:
    start = datetime(1969, 12, 1, tzinfo=UTC)
    assert {at.weekday() for at in locks("7d", start, start + timedelta(days=40))} == {0}


@given(name=NAMES, first=MOMENTS, length=st.integers(0, 40 * DAY), cadence_m=st.integers(1, 3000))
def test_every_lock_is_on_the_grid_in_the_window_and_none_is_missing(
    name: str, first: datetime, length: int, cadence_m: int
) -> None:
    step = max(cadence_m * MINUTE, length // 50 // MINUTE * MINUTE)
    last, horizon = first + timedelta(seconds=length), TABLE[name]
    found = locks(name, first, last, cadence_s=step)
    assert all(first <= at and at + horizon.length <= last for at in found)
    assert all((b - a).total_seconds() == step for a, b in pairwise(found))
    assert all((at.timestamp() - horizon.offset_s) % step == 0 for at in found)
    gap = timedelta(seconds=step)
    if found:
        assert found[0] - gap < first
        assert found[-1] + gap + horizon.length > last
    else:
        assert last - first < gap + horizon.length


def test_slots_open_one_horizon_before_their_lock_and_settle_one_after() -> None:
    rules = {
        "assets": ["BTC", "ETH"],
        "horizons": ["1h", "7d"],
        "cadence": {"1h": HOUR, "7d": 7 * DAY},
    }
    end = MONDAY + timedelta(days=7)
    window = Window(first_lock=MONDAY, last_settlement=end, opens_by=end)
    found = list(cadence.slots(rules=rules, window=window))
    assert len(found) == 2 * (7 * 24) + 2
    assert len({(slot.asset, slot.horizon, slot.opens_at) for slot in found}) == len(found)
    for slot in found:
        length = TABLE[slot.horizon].length
        assert slot.locks_at - slot.opens_at == slot.settles_at - slot.locks_at == length


@pytest.mark.parametrize(
    ("name", "bars", "half_life", "width", "shrinkage"),
    [
        ("5m", 5, 120, 0.85, 100),
        ("1h", 1, 24, 0.85, 100),
        ("24h", 24, 72, 0.9, 30),
        ("7d", 168, 264, 0.9, 30),
    ],
)
def test_the_horizon_table_is_the_rules(
    name: str, bars: int, half_life: int, width: float, shrinkage: int
) -> None:
    horizon = TABLE[name]
    assert (horizon.bars, horizon.half_life) == (bars, half_life)
    assert (horizon.width, horizon.shrinkage) == (width, shrinkage)
    assert horizon.bar_s == (MINUTE if name == "5m" else HOUR)
    assert horizon.memory >= 40 * half_life


# -- days that are not like the others: the grid is UTC's, so none of them matters ----------------
ODD_DAYS = {
    "leap day": datetime(2028, 2, 29, tzinfo=UTC),
    "day after a leap day": datetime(2028, 3, 1, tzinfo=UTC),
    "no leap year": datetime(2100, 2, 28, tzinfo=UTC),
    "new year": datetime(2027, 1, 1, tzinfo=UTC),
    "spring forward in Europe": datetime(2026, 3, 29, tzinfo=UTC),
    "fall back in Europe": datetime(2026, 10, 25, tzinfo=UTC),
    "spring forward in America": datetime(2026, 3, 8, tzinfo=UTC),
    "leap second of 2016": datetime(2017, 1, 1, tzinfo=UTC),
}


@pytest.mark.parametrize("day", ODD_DAYS.values(), ids=ODD_DAYS)
@pytest.mark.parametrize("name", sorted(TABLE))
def test_an_odd_day_has_as_many_rounds_as_any_other(name: str, day: datetime) -> None:
    step = timedelta(seconds=TABLE[name].cadence_s)
    begin, end = day - timedelta(days=8), day + timedelta(days=8)
    found = locks(name, begin, end + TABLE[name].length)
    assert {later - earlier for earlier, later in pairwise(found)} == {step}
    assert found[-1] + step > end
    assert found[0] - step < begin


@pytest.mark.parametrize("name", sorted(TABLE))
def test_zones_with_summer_time_name_the_same_instants(name: str) -> None:
    """A window given in a zone whose clocks jump inside it is the same window."""
    zone = ZoneInfo("Europe/Berlin")
    first = datetime(2026, 3, 28, 0, 0, tzinfo=UTC)
    last = first + timedelta(days=15)
    assert locks(name, first.astimezone(zone), last.astimezone(zone)) == locks(name, first, last)


@pytest.mark.parametrize("name", sorted(TABLE))
@pytest.mark.parametrize("day", ODD_DAYS.values(), ids=ODD_DAYS)
def test_the_last_microsecond_before_a_lock_is_before_it(name: str, day: datetime) -> None:
    """Half-open: at :59.999999 the lock is still ahead, at :00 it is the first of the window."""
    lock = locks(name, day, day + timedelta(days=30))[0]
    moment = timedelta(microseconds=1)
    assert locks(name, lock, lock + TABLE[name].length)[:1] == [lock]
    assert locks(name, lock - moment, lock + TABLE[name].length)[:1] == [lock]
    assert lock not in locks(name, lock + moment, lock + timedelta(days=30))
    assert locks(name, lock, lock + TABLE[name].length - moment) == []

from datetime import timedelta

import pytest

from league import calendar
from league.models import League, Round, Season
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def locks() -> list[object]:
    return list(Round.objects.order_by("locks_at").values_list("locks_at", flat=True))


def test_rounds_are_made_an_hour_before_they_open() -> None:
    factories.season()
    assert calendar.schedule(now=NOON) == 2
    assert locks() == [NOON + HOUR, NOON + 2 * HOUR]  # opening now, and in an hour


def test_a_lock_at_this_very_moment_comes_too_late() -> None:
    factories.season(now=NOON - HOUR)
    calendar.schedule(now=NOON)
    assert NOON not in locks()
    calendar.schedule(now=NOON - timedelta(seconds=1))
    assert NOON in locks()


def test_looking_again_makes_nothing_again() -> None:
    factories.season(factories.league(symbols=["BTC", "ETH"], horizons=["5m", "1h", "24h", "7d"]))
    made = calendar.schedule(now=NOON)
    assert made == Round.objects.count() > 0
    before = sorted(Round.objects.values_list("pk", "version"))
    for _ in range(3):
        assert calendar.schedule(now=NOON) == 0
    assert sorted(Round.objects.values_list("pk", "version")) == before


def test_a_round_already_there_is_left_as_it_is() -> None:
    season = factories.season()
    there = factories.opened(factories.round_of(season, locks_at=NOON + HOUR))
    calendar.create(season, factories.slots(season))
    assert factories.fresh(there).status == "open"
    assert Round.objects.filter(locks_at=NOON + HOUR).count() == 1


def test_no_round_locks_before_the_start_or_settles_after_the_end() -> None:
    season = factories.season(ends_at=NOON + 3 * HOUR)
    for hour in range(-3, 6):
        calendar.schedule(now=NOON + hour * HOUR + timedelta(minutes=1))
    assert locks() == [NOON, NOON + HOUR, NOON + 2 * HOUR]
    assert Round.objects.filter(settles_at=season.ends_at).count() == 1


def test_an_outage_skips_the_locks_it_slept_through() -> None:
    factories.season()
    calendar.schedule(now=NOON)
    calendar.schedule(now=NOON + 10 * HOUR)
    assert locks() == [NOON + hour * HOUR for hour in (1, 2, 11, 12)]


def test_a_paused_or_finished_season_gets_no_rounds() -> None:
    league = factories.league()
    factories.season(league, slug="paused")
    Season.objects.update(is_paused=True)
    factories.season(league, slug="over", starts_at=NOON - 9 * HOUR, ends_at=NOON)
    assert calendar.schedule(now=NOON) == 0


def test_two_seasons_of_one_league_have_rounds_of_their_own() -> None:
    league = factories.league()
    for slug in ("one", "two"):
        factories.season(league, slug=slug)
    assert calendar.schedule(now=NOON) == 4
    assert League.objects.count() == 1
    assert Round.objects.values("season").distinct().count() == 2

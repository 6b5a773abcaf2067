from datetime import timedelta

import pytest
from django.db.models import Count

from league import history
from markets.models import Bar
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
SINCE = NOON - 3 * 24 * HOUR


def stored() -> dict[tuple[str, int], int]:
    rows = Bar.objects.values_list("asset_id", "interval").annotate(rows=Count("pk"))
    return {(symbol, interval): count for symbol, interval, count in rows}


def test_every_running_season_gets_the_bars_its_horizons_need() -> None:
    factories.season(factories.league(symbols=["BTC", "ETH"], horizons=["1h", "24h"]))
    with factories.market(since=SINCE):
        gathered = history.gather(now=NOON)
    assert stored() == {("BTC", 3600): 3 * 72, ("ETH", 3600): 3 * 72}
    assert gathered == 6 * 72


def test_short_horizons_bring_minutes_and_hours() -> None:
    factories.season(factories.league(horizons=["5m"]))
    with factories.market(since=NOON - 2 * HOUR):
        history.gather(now=NOON)
    assert stored() == {("BTC", 60): 3 * 120, ("BTC", 3600): 3 * 2}


def test_no_bar_that_is_still_open_is_gathered() -> None:
    factories.season()
    with factories.market(since=SINCE):
        history.gather(now=NOON + timedelta(minutes=59, seconds=59))
    newest = Bar.objects.order_by("-opened_at").first()
    assert newest is not None
    assert newest.opened_at == NOON - HOUR


def test_gathering_again_brings_only_what_is_new() -> None:
    factories.season()
    with factories.market(since=SINCE):
        history.gather(now=NOON)
        assert history.gather(now=NOON) == 0
        assert history.gather(now=NOON + 2 * HOUR) == 3 * 2


def test_a_finished_season_is_no_longer_gathered_for_but_its_rounds_are() -> None:
    season = factories.season(starts_at=NOON - 9 * HOUR, ends_at=NOON)
    round_ = factories.fresh(factories.round_of(season, locks_at=NOON - HOUR))
    with factories.market(since=SINCE):
        assert history.gather(now=NOON) == 0
        assert history.gather_for([round_], now=NOON) == 3 * 72


def test_a_rounds_own_series_is_gathered_and_no_other() -> None:
    league = factories.league(symbols=["BTC", "ETH"], horizons=["1h", "5m"])
    season = factories.season(league)
    round_ = factories.fresh(factories.round_of(season, locks_at=NOON, symbol="ETH"))
    with factories.market(since=SINCE):
        history.gather_for([round_, round_], now=NOON)
    assert set(stored()) == {("ETH", 3600)}


def test_the_depth_remembers_forty_half_lives() -> None:
    factories.season(factories.league(horizons=["1h"]))
    with factories.market(since=NOON - 5000 * HOUR):
        history.gather(now=NOON)
    assert stored() == {("BTC", 3600): 3 * history.LEAST_HOURS}

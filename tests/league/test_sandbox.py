"""A place to practise that never closes, never touches live prices and counts nowhere."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import pytest
from django.conf import LazySettings
from django.contrib.auth.models import User

from config import installation, sweeps
from league import calendar, players, sandbox
from league.models import Delivery, League, Round, RoundEvent, Season
from league.models.round import Status
from markets.models import Asset, Observation
from markets.modes import PriceMode
from markets.providers import base, registry
from predictions import retraining
from predictions.models import Prediction, Score, Trial
from tests import factories
from tests.factories import NOON
from tests.league import webhook_world as worlds

pytestmark = pytest.mark.django_db
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
ALL_BUT_QUOTES = {"markets.record_quotes"}


@pytest.fixture
def _market() -> Iterator[None]:
    with factories.market(since=NOON - 20 * HOUR):
        yield


def opened(*, now: datetime = NOON) -> Season:
    installation.prepare(now=now)
    assert sandbox.keep(now=now) == 1
    return Season.objects.get()


def test_it_opens_by_itself_and_says_what_it_is() -> None:
    season = opened()
    assert (season.slug, season.price_mode, season.is_sandbox) == ("sandbox-1", "simulated", True)
    assert (season.starts_at, season.ends_at) == (NOON, NOON + sandbox.LENGTH)
    assert season.pinned["horizons"] == ["5m"]
    assert season.network == "local"
    assert League.objects.get().visibility == "public"


def test_there_is_always_a_round_to_enter() -> None:
    """Over three seasons' ends, looking every twenty minutes."""
    installation.prepare(now=NOON)
    at, ends = NOON, NOON + 3 * sandbox.LENGTH + DAY
    while at < ends:
        is_near_an_end = (ends - DAY - at) % sandbox.LENGTH < 2 * HOUR
        if is_near_an_end or not (at - NOON) % DAY:
            calendar.schedule(now=at)
            open_now = Round.objects.filter(opens_at__lte=at + MINUTE, locks_at__gt=at + MINUTE)
            assert open_now.count() >= (0 if at == NOON else 2), at
        at += 20 * MINUTE
    seasons = list(Season.objects.order_by("starts_at"))
    assert [season.slug for season in seasons] == [f"sandbox-{n}" for n in (1, 2, 3, 4)]
    assert all(one.ends_at == other.starts_at for one, other in pairwise(seasons))


def test_after_a_long_sleep_the_next_one_starts_now() -> None:
    season = opened()
    later = season.ends_at + 30 * DAY
    assert sandbox.keep(now=later) == 1
    assert sandbox.keep(now=later) == 0
    assert Season.objects.get(slug="sandbox-2").starts_at == later


def test_whoever_comes_second_opens_none() -> None:
    """Another worker made it between the look and the insert: its slug is taken."""
    season = opened()
    Season.objects.filter(pk=season.pk).update(slug="sandbox-2")
    assert sandbox.keep(now=season.ends_at) == 0
    assert Season.objects.count() == 1


def test_turned_off_there_is_none(settings: LazySettings) -> None:
    settings.SANDBOX = False
    assert installation.prepare(now=NOON).endswith("no sandbox: ready")
    assert calendar.schedule(now=NOON) == 0
    assert not League.objects.exists()


def test_turned_off_later_it_ends_with_its_season(settings: LazySettings) -> None:
    season = opened()
    settings.SANDBOX = False
    assert calendar.schedule(now=NOON + HOUR) > 0
    assert sandbox.keep(now=season.ends_at) == 0


class Untouchable:
    """A live source nobody may ask."""

    name, price_mode = "binance", PriceMode.LIVE
    intervals = frozenset({base.MINUTE, base.HOUR})

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        raise AssertionError("asked")

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        raise AssertionError("asked")


def play(*, now: datetime = NOON, user: User | None = None) -> None:
    """Two locks and their settlements; one person enters."""
    opened(now=now)
    Asset.objects.update(is_active=False)
    profile = players.Profile("ada", "Ada")
    person = players.register_human(profile=profile, user=user, now=now)
    for minutes in range(0, 16, 5):
        at = now + minutes * MINUTE
        sweeps.run(now=at, skip=ALL_BUT_QUOTES)
        for round_ in Round.objects.filter(status=Status.OPEN, locks_at=at + 5 * MINUTE):
            factories.enter(round_, person, factories.at_return(-20, 0, 20))
        sweeps.run(now=at + 5 * MINUTE, skip=ALL_BUT_QUOTES)


@pytest.mark.usefixtures("_market")
@pytest.mark.parametrize("mode", ["live", "simulated"])
def test_its_prices_are_simulated_whatever_the_league_s_are(
    settings: LazySettings, mode: str
) -> None:
    settings.PRICE_MODE = mode
    with registry.installed(PriceMode.LIVE, [Untouchable()]):
        play()
    final = Round.objects.filter(status=Status.FINAL)
    assert final.count() >= 4
    assert all(round_.season.is_simulated for round_ in final.select_related("season"))
    sources = set(Observation.objects.values_list("source", flat=True))
    assert sources == set(registry.source_names(PriceMode.SIMULATED))
    assert Score.objects.filter(player__handle="ada").exists()
    assert Score.objects.filter(player__kind="ai").exists()


@pytest.mark.usefixtures("_market")
def test_no_model_learns_from_it_and_none_is_tried_in_it() -> None:
    play()
    assert list(retraining._courses(now=NOON)) == []
    assert Prediction.objects.filter(player__kind="ai").exists()
    assert not Trial.objects.exists()


@pytest.mark.usefixtures("_market")
def test_of_its_rounds_only_who_entered_is_told() -> None:
    user = worlds.account()
    worlds.subscribe(user)
    play(user=user)
    assert RoundEvent.objects.filter(is_told=False).count() == 0
    assert not Delivery.objects.filter(type__startswith="round.").exists()
    assert Delivery.objects.filter(type="prediction.scored").exists()

"""The demonstration season, played over a short hourly past."""

from collections.abc import Iterator
from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command

from config import demo, demo_people, sweeps
from leaderboard.models import Board, Standing
from league.horizons import TABLE
from league.models import League, Player, Round, RoundEvent, Season
from markets import bars
from predictions.models import Prediction, Score
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)
NOW = NOON + timedelta(minutes=3, seconds=7)
PLAYED = 3
PAST = demo.PAST  # before the tests shorten it


@pytest.fixture(autouse=True)
def _short(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Three hours of one horizon: what an operator may choose for the demo's league, too."""
    monkeypatch.setattr(demo, "PAST", {"1h": PLAYED * HOUR})
    League.objects.create(slug=demo.SLUG, name="Demo", horizons=["1h"])
    with factories.market(since=NOON - 120 * HOUR):
        yield


def prepare() -> list[tuple[int, int]]:
    return list(demo.prepare(now=NOW))


def test_each_horizon_with_a_past_is_one_of_the_rules() -> None:
    assert set(PAST) <= set(TABLE)
    assert all(past > timedelta(0) for past in PAST.values())


def test_a_prepared_demo_has_open_rounds_final_rounds_and_a_board() -> None:
    assert not demo.is_ready()
    steps = prepare()
    assert demo.is_ready()
    assert [done for done, _ in steps] == list(range(1, len(steps) + 1))
    assert {total for _, total in steps} == {len(steps)}
    season = Season.objects.get()
    assert (season.name, season.slug, season.price_mode) == ("Demo season", "demo", "simulated")
    assert season.is_simulated
    assert not season.is_paused
    assert sorted(season.pinned["assets"]) == ["BTC", "ETH", "SOL"]
    statuses = list(Round.objects.values_list("status", flat=True))
    assert set(statuses) == {"final", "running", "open"}
    assert statuses.count("open") == statuses.count("running") == 3
    assert statuses.count("final") == 3 * (PLAYED - 1)
    assert Board.objects.get().rounds == 3 * (PLAYED - 1)
    ranked = Standing.objects.filter(rank__isnull=False)
    assert set(ranked.values_list("player__kind", flat=True)) == {"human", "ai"}
    assert Score.objects.filter(player__kind="ai").exclude(points_milli=0).exists()


def test_the_invented_people_are_marked_and_give_words_of_every_form() -> None:
    prepare()
    people = Player.objects.filter(kind="human")
    assert people.count() == len(demo_people.PEOPLE)
    assert all(person.is_demo and person.user is None for person in people)
    words = Prediction.objects.filter(player__kind="human")
    assert set(words.values_list("form", flat=True)) == {"quantiles", "point", "prob_up"}
    locked = Round.objects.exclude(status="open").count()
    assert words.count() == locked * len(demo_people.PEOPLE)
    assert all(word.accepted_at < word.round.locks_at for word in words.select_related("round"))


def test_an_interrupted_preparation_goes_on_from_what_is_there() -> None:
    steps = demo.prepare(now=NOW)
    for _ in range(3):
        next(steps)
    del steps
    assert not demo.is_ready()
    assert Season.objects.get().is_paused
    prepare()
    assert demo.is_ready()
    assert Season.objects.count() == 1
    assert Round.objects.count() == 3 * (PLAYED + 1)
    assert RoundEvent.objects.count() == sum(Round.objects.values_list("version", flat=True))
    assert Score.objects.values("round", "player").distinct().count() == Score.objects.count()


def test_the_demo_says_the_same_on_every_machine() -> None:
    def points() -> list[tuple[object, ...]]:
        rows = Score.objects.order_by("round__locks_at", "round__asset", "player__handle")
        return list(rows.values_list("round__asset", "player__handle", "points_milli"))

    prepare()
    first = points()
    factories.erase(
        "leaderboard.Standing", "leaderboard.Board", "predictions.Settlement",
        "predictions.Score", "predictions.Tally", "predictions.Revision",
        "predictions.Prediction", "predictions.Commitment", "predictions.Aggregate",
        "chain.Anchor", "chain.LedgerEntry", "league.Round", "league.Season", "league.Player",
        "markets.Bar", "markets.Observation",
    )  # fmt: skip
    bars.forget()
    prepare()
    assert points() == first


def test_the_ordinary_sweeps_carry_the_demo_on() -> None:
    prepare()
    sweeps.run(now=NOON + HOUR)
    statuses = list(Round.objects.values_list("status", flat=True))
    assert statuses.count("final") == 3 * PLAYED
    assert statuses.count("open") == 3


def test_seeding_twice_does_it_once() -> None:
    shown = StringIO()
    call_command("seed_demo", now="2025-01-15T12:03:07Z", stdout=shown)
    assert "moments played" in shown.getvalue()
    before = Round.objects.count()
    shown = StringIO()
    call_command("seed_demo", stdout=shown)
    assert shown.getvalue() == "demo season: ready\n"
    assert Round.objects.count() == before


@pytest.mark.parametrize("text", ["yesterday", "2025-01-15T12:03:07", "2025-13-01T00:00:00Z"])
def test_an_instant_that_is_none_is_named(text: str) -> None:
    with pytest.raises(CommandError, match="--now: "):
        call_command("seed_demo", now=text)
    assert not Season.objects.exists()

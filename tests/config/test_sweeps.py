"""Looking more often, less often or in another order changes nothing that is decided."""

import contextlib
import random
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from typing import Any

import pytest
from django.apps import apps

from config import sweeps
from league import players
from league.models import Player, Round, Season
from league.models.round import Status
from markets.models import Asset
from markets.providers import base
from predictions.models import Commitment, Prediction, Score
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR, SECOND = timedelta(hours=1), timedelta(seconds=1)
APPS = ("markets", "league", "predictions", "leaderboard", "chain")
LOCKS = 3


SINCE = NOON - 240 * HOUR


@pytest.fixture(autouse=True)
def _market() -> Iterator[None]:
    with factories.market(since=SINCE):
        yield


def prepare(*symbols: str) -> Season:
    """A season of three locks; only its own assets are recorded."""
    players.ensure_built_in(now=NOON)
    league = factories.league(symbols=symbols or ["BTC"])
    Asset.objects.exclude(pk__in=symbols or ["BTC"]).update(is_active=False)
    return factories.season(league, ends_at=NOON + LOCKS * HOUR)


def people_enter(at: datetime) -> None:
    """Six people's words on every open round, the same whenever they are asked."""
    for number, player in enumerate(Player.objects.filter(kind="human").order_by("pk")):
        for round_ in Round.objects.filter(status=Status.OPEN, locks_at=at + SECOND):
            word = factories.at_return(-30 - number, number, 40 + 2 * number)
            if not Prediction.objects.filter(round=round_, player=player).exists():
                factories.enter(round_, player, word)


def play(look: Callable[[datetime], object]) -> None:
    """Look just before and at each lock, with people entering in between."""
    factories.humans(6)
    for hour in range(-1, LOCKS + 1):
        instant = NOON + hour * HOUR
        look(instant - SECOND)
        people_enter(instant - SECOND)
        look(instant)


def once(at: datetime) -> object:
    return sweeps.run(now=at)


def state() -> dict[str, list[dict[str, Any]]]:
    """Every row of every model of the league."""
    models = [model for app in APPS for model in apps.get_app_config(app).get_models()]
    return {
        model.__name__: list(model._default_manager.order_by("pk").values()) for model in models
    }


def decided() -> list[tuple[Any, ...]]:
    """What the league decided, without ids, salts and the times of carrying it out."""
    rounds = Round.objects.order_by("locks_at", "asset").values_list(
        "asset", "locks_at", "status", "version", "reference_price", "sigma_bp",
        "settlement_price", "outcome_bp",
    )  # fmt: skip
    scores = Score.objects.order_by("round__locks_at", "player__handle").values_list(
        "round__locks_at", "player__handle", "points_milli"
    )
    counts = Commitment.objects.order_by("round__locks_at").values_list("count")
    return [*rounds, *scores, *counts]


def test_the_stages_come_in_the_order_that_carries_a_round_farthest() -> None:
    names = [name.split(".")[1] for name in sweeps.STAGES]
    order = [
        "gather_history", "schedule_rounds", "advance_rounds", "enter_house_picks",
        "commit_locked", "aggregate_priced", "grade_settled", "publish_standings", "pump",
        "deliver_webhooks", "tell_owners",
    ]  # fmt: skip
    assert [name for name in names if name in order] == order


def test_one_look_finishes_what_is_due() -> None:
    prepare()
    play(once)
    assert set(Round.objects.values_list("status", flat=True)) == {"final"}
    assert Round.objects.count() == LOCKS
    handles = set(Score.objects.values_list("player__handle", flat=True))
    assert handles >= {"house-walker", "rookie-line", "vol-scholar", "gemini-analyst", "crowd"}
    assert not Score.objects.filter(player__handle="house-walker").exclude(points_milli=0).exists()


def test_looking_k_times_is_looking_once() -> None:
    prepare()

    def thrice(at: datetime) -> None:
        sweeps.run(now=at)
        before = state()
        for _ in range(2):
            done = sweeps.run(now=at)
            assert not any(done.values()), done
        assert state() == before

    play(thrice)
    assert Score.objects.exists()


def test_lost_repeated_and_reordered_hints_change_nothing() -> None:
    prepare()
    play(once)
    expected = decided()
    factories.erase(
        "predictions.Settlement", "predictions.Score", "predictions.Tally", "predictions.Revision",
        "predictions.Prediction", "predictions.Commitment", "predictions.Aggregate",
        "leaderboard.Board",
        "chain.Anchor", "chain.LedgerEntry", "league.Round", "league.Player",
    )  # fmt: skip
    players.ensure_built_in(now=NOON)
    dice = random.Random(11)

    def anyhow(at: datetime) -> None:
        hints = 6 * list(sweeps.STAGES.values())
        dice.shuffle(hints)
        for stage in hints[:-9]:
            stage(now=at)

    play(anyhow)
    once(NOON + LOCKS * HOUR)
    assert decided() == expected


def test_a_league_that_slept_settles_to_the_same_prices() -> None:
    prepare()
    play(once)
    awake = [row[:8] for row in decided() if len(row) == 8]
    other = factories.season(
        Season.objects.get().league, slug="asleep", ends_at=NOON + LOCKS * HOUR
    )
    for hour in range(-1, LOCKS - 1):
        factories.round_of(other, locks_at=NOON + (hour + 1) * HOUR)
    once(NOON + 50 * HOUR)
    slept = Round.objects.filter(season=other).order_by("locks_at")
    assert [
        (r.asset_id, r.locks_at, r.status, r.version, r.reference_price, r.sigma_bp,
         r.settlement_price, r.outcome_bp)
        for r in slept
    ] == awake  # fmt: skip


def test_one_poisoned_asset_leaves_the_others_on_time() -> None:
    prepare("BTC", "ETH")

    def poison(venue: str, symbol: str, bar: base.BarValue) -> base.BarValue:
        if symbol == "ETH" and bar.opened_at >= NOON - HOUR:
            raise ZeroDivisionError("a bug nobody thought of")
        return bar

    with factories.market(since=SINCE, spoil=poison):
        for hour in range(-1, LOCKS + 1):
            for look in (NOON + hour * HOUR - SECOND, NOON + hour * HOUR):
                with contextlib.suppress(sweeps.StageFailed):  # it says so, when all is done
                    once(look)
    by_asset = {
        symbol: set(Round.objects.filter(asset=symbol).values_list("status", flat=True))
        for symbol in ("BTC", "ETH")
    }
    assert by_asset == {"BTC": {"final"}, "ETH": {"locked"}}


def test_a_broken_stage_is_named_after_the_others_had_their_turn(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def broken(*, now: datetime) -> int:
        raise ZeroDivisionError("by zero")

    prepare()
    monkeypatch.setitem(sweeps.STAGES, "league.gather_history", broken)
    with pytest.raises(sweeps.StageFailed, match=r"league\.gather_history: by zero"):
        once(NOON)
    assert Round.objects.exists()


def test_nobody_is_scored_for_a_word_the_built_in_players_never_gave() -> None:
    prepare()
    Player.objects.filter(handle="rookie-line").update(is_active=False)
    play(once)
    assert not Score.objects.filter(player__handle="rookie-line").exists()
    assert Score.objects.filter(player__handle="vol-scholar").exists()

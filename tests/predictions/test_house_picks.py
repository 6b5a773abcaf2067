from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import numpy as np
import pytest

from league import players, seasons
from league.clock import FixedClock
from league.frames import NoFrame
from league.horizons import DAY, HOUR
from league.models import League, Player, Round, Season
from league.models.round import Status
from league.seasons import Plan
from markets import assets, bars
from markets.models import Asset, Bar
from markets.providers import registry as sources
from markets.providers import simulated
from predictions import entry_forms, house_picks, retraining, submissions
from predictions.forecasters import inputs, registry
from predictions.forecasters.base import Forecast, Inputs
from predictions.models import Prediction, Revision
from tests.predictions import synthetic

pytestmark = pytest.mark.django_db

HOURS = 1500
NOW = datetime.fromtimestamp(synthetic.START, tz=UTC) + timedelta(hours=HOURS)
LOCK = NOW + timedelta(hours=1)
BUILT_IN = (
    "house-walker", "rookie-line", "vol-scholar", "forest", "ensemble", "gemini-analyst",
)  # fmt: skip


@pytest.fixture(autouse=True)
def _fresh() -> Iterator[None]:
    bars.forget()
    yield
    bars.forget()


@pytest.fixture
def season() -> Season:
    assets.ensure_defaults()
    players.ensure_built_in(now=NOW)
    league = League.objects.create(slug="arena", name="Arena", horizons=["1h", "24h"])
    league.assets.set(Asset.objects.filter(symbol__in=["BTC", "ETH"]))
    plan = Plan("arena-1", "Arena 1", "simulated", NOW, NOW + timedelta(days=3))
    return seasons.create(league=league, plan=plan)


def store(symbol: str, *, hours: int = HOURS, seed: int = 1, scale: float = 1.0) -> None:
    series = synthetic.closes(count=hours, seed=seed)
    Bar.objects.bulk_create(
        Bar(
            asset_id=symbol,
            source="sim-alpha",
            interval=HOUR,
            opened_at=datetime.fromtimestamp(int(opened), tz=UTC),
            open=price,
            high=price,
            low=price,
            close=price,
            volume=1,
        )
        for opened, close in zip(series.opened_at, series.close, strict=True)
        for price in [round(Decimal(close * scale), 8)]
    )


def open_round(season: Season, symbol: str, *, horizon: str = "1h") -> Round:
    length = timedelta(seconds={"1h": HOUR, "24h": DAY}[horizon])
    return Round.objects.create(
        season=season,
        asset_id=symbol,
        horizon=horizon,
        opens_at=LOCK - length,
        locks_at=LOCK,
        settles_at=LOCK + length,
        status=Status.OPEN,
    )


def word(round_: Round, handle: str) -> Prediction:
    return Prediction.objects.get(round=round_, player__handle=handle)


def test_every_built_in_player_enters_every_open_round_once(season: Season) -> None:
    for seed, symbol in enumerate(("BTC", "ETH")):
        store(symbol, seed=seed)
    rounds = [open_round(season, s, horizon=h) for s in ("BTC", "ETH") for h in ("1h", "24h")]
    assert retraining.retrain(now=NOW) == 2  # HAR for both horizons; too little for trees
    assert house_picks.enter(now=NOW) == len(rounds) * len(BUILT_IN)
    assert house_picks.enter(now=NOW + timedelta(seconds=5)) == 0
    for round_ in rounds:
        words = Prediction.objects.filter(round=round_).select_related("player")
        assert {entry.player.handle for entry in words} == set(BUILT_IN)
        for entry in words:
            assert entry.accepted_at == NOW
            assert entry.as_of == NOW
            assert entry.reasoning
            assert entry.basis == entry_forms.RETURN
        assert word(round_, "house-walker").p50 == 0
        scholar, analyst = word(round_, "vol-scholar"), word(round_, "gemini-analyst")
        assert word(round_, "ensemble").p90 == word(round_, "forest").p90 == scholar.p90
        assert scholar.p10 == -scholar.p90 != 0
        assert (analyst.p10, analyst.p90) == (scholar.p10, scholar.p90)
        assert analyst.is_simulated_reasoning
        assert not scholar.is_simulated_reasoning


def test_the_last_words_come_once_in_the_final_minute(season: Season) -> None:
    store("BTC")
    round_ = open_round(season, "BTC")
    house_picks.enter(now=NOW)
    assert house_picks.enter(now=LOCK - timedelta(seconds=61)) == 0
    final = LOCK - timedelta(seconds=60)
    assert house_picks.enter(now=final) == len(BUILT_IN)
    assert house_picks.enter(now=final + timedelta(seconds=5)) == 0
    assert set(Prediction.objects.values_list("revision", flat=True)) == {2}
    assert Revision.objects.count() == len(BUILT_IN)
    assert word(round_, "rookie-line").accepted_at == final


def test_a_round_first_seen_in_its_final_minute_gets_one_word(season: Season) -> None:
    store("BTC")
    open_round(season, "BTC")
    assert house_picks.enter(now=LOCK - timedelta(seconds=1)) == len(BUILT_IN)
    assert house_picks.enter(now=LOCK - timedelta(milliseconds=1)) == 0
    assert set(Prediction.objects.values_list("revision", flat=True)) == {1}


def test_a_replay_hears_the_last_words_only(season: Season) -> None:
    store("BTC")
    Season.objects.filter(pk=season.pk).update(price_mode="replay")
    round_ = open_round(season, "BTC")
    assert house_picks.enter(now=NOW) == 0
    with sources.installed("replay", simulated.venues(1)):
        assert house_picks.enter(now=LOCK - timedelta(seconds=1)) == len(BUILT_IN)
    assert "replay prices" in word(round_, "gemini-analyst").reasoning


@pytest.mark.parametrize("moment", [LOCK, LOCK + timedelta(hours=1), NOW - timedelta(hours=1)])
def test_nothing_is_entered_outside_the_open_window(season: Season, moment: datetime) -> None:
    store("BTC")
    open_round(season, "BTC")
    assert house_picks.enter(now=moment) == 0
    assert not Prediction.objects.exists()


def test_a_round_that_is_not_open_is_left_alone(season: Season) -> None:
    store("BTC")
    Round.objects.filter(pk=open_round(season, "BTC").pk).update(status=Status.SCHEDULED)
    assert house_picks.enter(now=NOW) == 0


class Broken:
    handle = "rookie-line"

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        raise ZeroDivisionError


def test_one_failing_forecaster_stops_no_other(
    season: Season, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    store("BTC")
    open_round(season, "BTC")
    roster = registry.roster()
    broken = (roster[0], Broken(), *roster[2:])
    with monkeypatch.context() as patched:
        patched.setattr(registry, "roster", lambda: broken)
        assert house_picks.enter(now=NOW) == len(BUILT_IN) - 1
    assert "forecaster failed" in caplog.text
    assert house_picks.enter(now=NOW + timedelta(seconds=5)) == 1


def test_an_asset_without_history_waits_while_the_others_play(season: Season) -> None:
    store("BTC")
    there, young = open_round(season, "BTC"), open_round(season, "ETH")
    assert house_picks.enter(now=NOW) == len(BUILT_IN)
    assert Prediction.objects.filter(round=there).count() == len(BUILT_IN)
    with pytest.raises(NoFrame):
        inputs.of_round(young, now=NOW)


def test_a_young_asset_borrows_its_scale_and_starts_cold(season: Season) -> None:
    store("BTC")
    store("ETH", hours=HOURS, seed=2)
    Bar.objects.filter(asset_id="ETH", opened_at__lt=NOW - timedelta(hours=30)).delete()
    round_ = open_round(season, "ETH", horizon="24h")
    assert house_picks.enter(now=NOW) == len(BUILT_IN)
    assert word(round_, "vol-scholar").form == entry_forms.POINT
    assert "invented" in word(round_, "rookie-line").reasoning


def test_suspended_built_in_players_stay_out(season: Season) -> None:
    store("BTC")
    open_round(season, "BTC")
    Player.objects.filter(handle="gemini-analyst").update(is_active=False)
    assert house_picks.enter(now=NOW) == len(BUILT_IN) - 1


def test_inputs_hold_nothing_that_closed_after_the_moment(season: Season) -> None:
    store("BTC")
    round_ = open_round(season, "BTC", horizon="24h")
    moment = NOW - timedelta(hours=3, minutes=20)
    found = inputs.of_round(round_, now=moment)
    assert found.as_of == NOW - timedelta(hours=4)
    for closes in (found.bars, found.hourly):
        assert closes.opened_at[-1] + HOUR == found.as_of.timestamp()
    Bar.objects.filter(opened_at__gte=found.as_of).delete()
    bars.forget()
    again = inputs.of_round(round_, now=moment)
    assert (again.price, again.sigma_bp) == (found.price, found.sigma_bp)
    assert np.array_equal(again.bars.close, found.bars.close)


def test_a_person_may_play_beside_them(season: Season) -> None:
    """Only built-in players' entries are looked at: a person's is neither counted nor revised."""
    store("BTC")
    round_ = open_round(season, "BTC")
    person = players.register_human(profile=players.Profile("ada", "Ada"), user=None, now=NOW)
    submissions.enter(
        round_id=round_.pk,
        player=person,
        entry=entry_forms.prob_up(Decimal("0.6")),
        clock=FixedClock(NOW),
    )
    house_picks.enter(now=LOCK - timedelta(seconds=30))
    assert word(round_, "ada").revision == 1

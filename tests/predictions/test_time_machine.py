"""A run's numbers are the league's own, its clock is one, and it forgets."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
import pytest
from django.conf import LazySettings
from django.test import override_settings
from hypothesis import given, settings
from hypothesis import strategies as st

from chain.models import Anchor
from config import sweeps
from league import answers, players
from league.models import Player, Round
from league.models.round import Status
from markets import archive, assets, bars, retrospect, series
from markets.consensus import PriceDisputed
from markets.models import Asset, Bar
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.models import Prediction, Score, TimeRound, TimeRun, TimeWord
from predictions.submissions import RoundNotOpen
from predictions.timemachine import entries, passages, ranges, runs, summaries
from predictions.timemachine.runs import Plan
from predictions.timemachine.wishes import Wish
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
PRESENT = NOON + 5 * HOUR
SYMBOLS = ("BTC", "ETH")
WORDS = (
    factories.at_return(-60, 5, 70),
    entry_forms.point(Decimal("12.5"), basis="return"),
    entry_forms.prob_up(Decimal("0.61")),
)


@pytest.fixture(autouse=True)
def _market() -> Iterator[None]:
    with factories.market(since=NOON - 120 * HOUR):
        yield


@pytest.fixture
def player() -> Player:
    assets.ensure_defaults()
    players.ensure_built_in(now=NOON)
    return factories.human("ada")


def gather(*, until: datetime, minutes: int = 0) -> None:
    for symbol in SYMBOLS:
        for interval, start in ((3600, NOON - 120 * HOUR), (60, until - minutes * MINUTE)):
            if start < until:
                bars.ingest(
                    symbol=symbol,
                    price_mode="simulated",
                    interval=interval,
                    start=start,
                    now=until,
                )


def opened(player: Player, *, horizon: str = "1h", hours: int = 3) -> TimeRun:
    plan = Plan(SYMBOLS, horizon, 3600 if horizon == "1h" else 300, NOON, NOON + hours * HOUR)
    return runs.open_(player=player, plan=plan, now=PRESENT, once=answers.UNKEYED)


def fresh(run: TimeRun) -> TimeRun:
    return TimeRun.objects.select_related("player").get(pk=run.pk)


def enter(run: TimeRun, row: TimeRound, entry: Entry) -> TimeWord:
    return entries.enter(
        run=fresh(run), round_id=row.pk, entry=entry, now=PRESENT, once=answers.UNKEYED
    ).word


def advance(run: TimeRun, *, to: datetime) -> passages.Passage:
    wish = Wish(to=to)
    return passages.advance(run=fresh(run), wish=wish, now=PRESENT, once=answers.UNKEYED)


def word_for(locks_at: datetime, symbol: str) -> Entry:
    return WORDS[(locks_at.hour + len(symbol) + SYMBOLS.index(symbol)) % len(WORDS)]


def test_rounds_played_again_have_the_league_s_prices_scales_and_points(player: Player) -> None:
    """The live sweeps play three locks; a run over the same hours comes to the same numbers."""
    league = factories.league(symbols=SYMBOLS)
    Asset.objects.exclude(pk__in=SYMBOLS).update(is_active=False)
    factories.season(league, ends_at=NOON + 4 * HOUR, starts_at=NOON + HOUR)
    for hour in range(5):
        at = NOON + hour * HOUR
        sweeps.run(now=at - SECOND)
        for round_ in Round.objects.filter(status=Status.OPEN, locks_at=at):
            factories.enter(round_, player, word_for(at, round_.asset_id))
        sweeps.run(now=at)
    sweeps.run(now=NOON + 4 * HOUR + MINUTE)  # the last minutes have been recorded by now
    run = opened(player, hours=4)
    for hour in range(1, 4):
        advance(run, to=NOON + hour * HOUR - SECOND)
        for row in TimeRound.objects.filter(run=run, locks_at=NOON + hour * HOUR):
            enter(run, row, word_for(row.locks_at, row.asset_id))
    advance(run, to=run.ends_at)
    names = ("asset", "locks_at", "reference_price", "sigma_bp", "width", "settlement_price",
             "outcome_bp", "is_sigma_borrowed", "status")  # fmt: skip
    order = ("locks_at", "asset")
    real = Round.objects.order_by(*order).values_list(*names)
    assert len(real) == 6
    assert {row[-1] for row in real} == {Status.FINAL}
    assert list(TimeRound.objects.order_by(*order).values_list(*names)) == list(real)
    place = ("round__locks_at", "round__asset")
    scored = Score.objects.filter(player=player).order_by(*place)
    points = list(scored.values_list("points_milli", flat=True))
    again = TimeWord.objects.order_by(*place).values_list("points_milli", flat=True)
    assert list(again) == points
    assert len(set(points)) == 6


def test_minutes_price_an_instant_where_there_are_minutes(player: Player) -> None:
    """As at a settlement: the median of five closes, not the hour's own close."""
    gather(until=NOON + 3 * HOUR)
    advance(opened(player), to=NOON + 3 * HOUR)
    by_hours = list(TimeRound.objects.order_by("locks_at", "asset").values_list("reference_price"))
    gather(until=NOON + 3 * HOUR, minutes=300)
    bars.forget()
    TimeRun.objects.all().delete()
    advance(opened(player), to=NOON + 3 * HOUR)
    by_minutes = TimeRound.objects.order_by("locks_at", "asset").values_list("reference_price")
    assert all(one != other for one, other in zip(by_hours, by_minutes, strict=True))


def test_nothing_of_a_run_is_anywhere_else(player: Player) -> None:
    gather(until=NOON + 3 * HOUR)
    run = opened(player)
    for row in TimeRound.objects.filter(run=run, status=Status.OPEN):
        enter(run, row, WORDS[0])
    advance(run, to=run.ends_at)
    done = sweeps.run(now=NOON + 3 * HOUR, skip={"markets.record_quotes", "chain.pump"})
    assert not any(done.values()), done
    for model in (Round, Prediction, Score, Anchor):
        assert not model.objects.exists()


def test_two_requests_cannot_move_one_clock_twice(player: Player) -> None:
    gather(until=NOON + 3 * HOUR)
    run = opened(player)
    row = TimeRound.objects.filter(run=run, status=Status.OPEN).first()
    assert row is not None
    stale = fresh(run)
    advance(run, to=row.locks_at)
    for late in (
        lambda: passages.advance(
            run=stale, wish=Wish(seconds=60), now=PRESENT, once=answers.UNKEYED
        ),
        lambda: entries.enter(
            run=stale, round_id=row.pk, entry=WORDS[0], now=PRESENT, once=answers.UNKEYED
        ),
    ):
        with pytest.raises((runs.RunMoved, RoundNotOpen)):
            late()
    assert not TimeWord.objects.exists()


def test_an_entry_in_flight_when_the_clock_moves_is_refused(player: Player) -> None:
    """The round still looks open to who read it before: the clock's row decides."""
    gather(until=NOON + 3 * HOUR)
    run = opened(player)
    row = TimeRound.objects.filter(run=run, status=Status.OPEN).first()
    assert row is not None

    locks_at = row.locks_at

    class Late(answers.Unkeyed):
        def claim(self) -> None:
            TimeRun.objects.filter(pk=run.pk).update(now_at=locks_at)

    with pytest.raises(runs.RunMoved):
        entries.enter(run=fresh(run), round_id=row.pk, entry=WORDS[0], now=PRESENT, once=Late())
    assert not TimeWord.objects.exists()


def test_a_long_way_is_gone_in_parts(player: Player, monkeypatch: pytest.MonkeyPatch) -> None:
    gather(until=NOON + 3 * HOUR)
    gather(until=NOON + 3 * HOUR, minutes=300)
    whole, parts = opened(player, horizon="5m"), opened(player, horizon="5m")
    bound = len(advance(whole, to=whole.ends_at).results)
    monkeypatch.setattr(passages, "MOST", 10)
    ended = []
    for _ in range(20):
        ended.append(len(advance(parts, to=parts.ends_at).results))
        if fresh(parts).now_at == parts.ends_at:
            break
    assert sum(ended) == bound == TimeRound.objects.filter(run=parts).count()
    assert max(ended) <= 10 + len(SYMBOLS)
    names = ("asset", "locks_at", "status", "reference_price", "settlement_price", "outcome_bp")
    rows = TimeRound.objects.order_by("locks_at", "asset")
    assert list(rows.filter(run=whole).values_list(*names)) == list(
        rows.filter(run=parts).values_list(*names)
    )


def test_a_gap_in_the_past_makes_a_round_void_with_its_reason(player: Player) -> None:
    gather(until=NOON + 3 * HOUR)
    Bar.objects.filter(asset="ETH", opened_at=NOON).exclude(source="sim-beta").delete()
    run = opened(player)
    at_gap = TimeRound.objects.filter(run=run, asset="ETH", locks_at=NOON + HOUR)
    enter(run, at_gap.get(), WORDS[0])
    passed = advance(run, to=run.ends_at)
    row = at_gap.get()
    assert (row.status, row.hold_reason[:15]) == (Status.VOID, "too_few_sources")
    assert {one.row.status for one in passed.results if one.row.asset_id == "BTC"} == {"final"}
    assert TimeWord.objects.get().points_milli is None
    assert summaries.of(run).skill is None


def test_what_was_borrowed_stays_said(player: Player) -> None:
    """An asset without history of its own takes the others' scale, as in the league."""
    gather(until=NOON + 3 * HOUR)
    run = opened(player)
    Bar.objects.filter(asset="ETH", opened_at__lt=NOON - 2 * HOUR).delete()
    advance(run, to=NOON + HOUR)
    borrowed = TimeRound.objects.filter(locks_at=NOON + HOUR).order_by("asset")
    assert list(borrowed.values_list("is_sigma_borrowed", flat=True)) == [False, True]


def test_unused_runs_are_forgotten_and_used_ones_kept(player: Player) -> None:
    gather(until=NOON + 3 * HOUR)
    with override_settings(TIME_MACHINE_DAYS=2):
        old, used = opened(player), opened(player)
        later = PRESENT + timedelta(days=2)
        passages.advance(
            run=fresh(used), wish=Wish(seconds=60), now=PRESENT + HOUR, once=answers.UNKEYED
        )
        assert runs.forget(now=later - SECOND) == 0
        assert runs.forget(now=later) == 1
        assert list(TimeRun.objects.values_list("pk")) == [(used.pk,)]
        assert not TimeRound.objects.filter(run=old.pk).exists()
        assert runs.forget(now=later + HOUR) == 1


def test_no_runs_where_they_are_turned_off(player: Player, settings: LazySettings) -> None:
    gather(until=NOON + 3 * HOUR)
    settings.TIME_MACHINE_RUNS = 0
    with pytest.raises(runs.TooManyRuns):
        opened(player)


def test_a_range_needs_as_many_sources_as_a_price() -> None:
    factories.league(symbols=SYMBOLS)
    gather(until=NOON + 3 * HOUR)
    terms = Round(horizon="1h").terms
    ask: dict[str, Any] = {"horizon": terms, "price_mode": "simulated"}
    whole = ranges.of("BTC", **ask, now=PRESENT)
    assert whole is not None
    assert (whole.starts_at, whole.ends_at) == (NOON - 47 * HOUR, NOON + 3 * HOUR)
    Bar.objects.filter(source="sim-alpha").delete()
    assert ranges.of("BTC", **ask, now=PRESENT) == whole
    early = ranges.of("BTC", **ask, now=NOON + 3 * HOUR)
    assert early is not None
    assert early.ends_at == NOON + 3 * HOUR - MINUTE
    Bar.objects.filter(source="sim-beta").delete()
    assert ranges.of("BTC", **ask, now=PRESENT) is None


@pytest.mark.parametrize("hole", [0, 5, 60])
def test_a_stretch_of_the_past_reads_as_the_live_series_does(hole: int) -> None:
    factories.league(symbols=SYMBOLS)
    gather(until=NOON + 3 * HOUR)
    gone = Bar.objects.filter(asset="BTC", opened_at__gte=NOON - 40 * HOUR)
    gone.filter(opened_at__lt=NOON + (hole - 40) * HOUR).delete()
    stretch = retrospect.Stretch()

    @settings(max_examples=40)
    @given(hours=st.integers(-130, 4), seconds=st.integers(0, 3599), count=st.integers(1, 140))
    def check(hours: int, seconds: int, count: int) -> None:
        until = NOON + hours * HOUR + seconds * SECOND
        ask: dict[str, Any] = {
            "symbol": "BTC",
            "price_mode": "simulated",
            "interval": 3600,
            "until": until,
        }
        live = bars.closes(**ask, count=count)
        with retrospect.within(stretch):
            past = bars.closes(**ask, count=count)
        assert np.array_equal(past.opened_at, live.opened_at)
        assert np.array_equal(past.close, live.close)
        assert not past.opened_at.size or past.opened_at[-1] + 3600 <= until.timestamp()

    check()
    assert retrospect.current() is None


def test_the_past_does_not_lengthen_what_live_readers_keep() -> None:
    factories.league(symbols=SYMBOLS)
    gather(until=NOON + 3 * HOUR)
    ask: dict[str, Any] = {"symbol": "BTC", "price_mode": "simulated", "interval": 3600}
    bars.closes(**ask, until=NOON + 3 * HOUR, count=2)
    kept = dict(series._kept)
    with retrospect.within(retrospect.Stretch()):
        bars.closes(**ask, until=NOON - 90 * HOUR, count=20)
    assert series._kept == kept


def test_a_disputed_instant_has_no_price() -> None:
    factories.league(symbols=SYMBOLS)
    gather(until=NOON)
    Bar.objects.filter(source="sim-beta").update(close=1, low=1)
    Bar.objects.filter(source="sim-gamma").delete()
    with pytest.raises(PriceDisputed, match="sources_disagree"):
        archive.price_of_instant(symbol="BTC", instant=NOON, price_mode="simulated")

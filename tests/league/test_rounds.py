"""The clock of the league: what is due moves one step, with the prices of its instants."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import pairwise

import pytest

from league import operations, rounds
from league.models import Round, RoundEvent
from league.models.round import POISONED
from markets.models import Observation
from markets.providers import base
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
HOUR, MINUTE, SECOND = timedelta(hours=1), timedelta(minutes=1), timedelta(seconds=1)
SINCE = NOON - 120 * HOUR
LOCK = NOON + HOUR


@pytest.fixture
def calm() -> Iterator[None]:
    with factories.market(since=SINCE):
        yield


def a_round(symbol: str = "BTC") -> Round:
    season = factories.season(factories.league(symbols=["BTC", "ETH"]))
    return factories.round_of(season, locks_at=LOCK, symbol=symbol)


def statuses() -> list[str]:
    return list(Round.objects.order_by("pk").values_list("status", flat=True))


def trail(round_: Round) -> list[tuple[str, str]]:
    events = RoundEvent.objects.filter(round=round_).order_by("version")
    return [(event.to_status, event.reason) for event in events]


# -- on time -------------------------------------------------------------------------------------
def test_a_round_opens_locks_runs_and_settles_when_its_time_comes(calm: None) -> None:
    round_ = a_round()
    seen = []
    for now in (NOON - SECOND, NOON, LOCK - SECOND, LOCK, LOCK + HOUR - SECOND, LOCK + HOUR):
        rounds.advance(now=now)
        seen.append(factories.fresh(round_).status)
    assert seen == ["scheduled", "open", "open", "running", "running", "settled"]
    found = factories.fresh(round_)
    assert [to for to, _ in trail(round_)] == ["open", "locked", "running", "settled"]
    assert found.reference_price is not None
    assert found.settlement_price is not None
    assert found.outcome_bp == rounds.outcome_bp(
        found.settlement_price, reference=found.reference_price
    )
    assert Observation.objects.count() == 6


def test_advancing_again_at_the_same_instant_changes_nothing(calm: None) -> None:
    round_ = a_round()
    for now in (NOON, LOCK, LOCK + HOUR):
        assert rounds.advance(now=now) > 0
        before = Round.objects.filter(pk=round_.pk).values().get()
        for _ in range(3):
            assert rounds.advance(now=now) == 0
        assert Round.objects.filter(pk=round_.pk).values().get() == before


def test_the_frame_is_frozen_at_the_reference_step(calm: None) -> None:
    round_ = a_round()
    rounds.advance(now=LOCK)
    then = factories.fresh(round_)
    rounds.advance(now=LOCK + HOUR)
    now = factories.fresh(round_)
    assert then.sigma_bp is not None
    assert (now.reference_price, now.sigma_bp, now.width) == (
        then.reference_price, then.sigma_bp, then.width,
    )  # fmt: skip


@pytest.mark.parametrize("late", [5 * SECOND, HOUR, 3 * 24 * HOUR])
def test_a_late_step_gives_the_identical_result(calm: None, late: timedelta) -> None:
    """Down at the lock and at the settlement: the prices are those of the instants."""
    punctual = a_round()
    for now in (NOON, LOCK, LOCK + HOUR):
        rounds.advance(now=now)
    season = factories.season(punctual.season.league, slug="asleep")
    tardy = factories.round_of(season, locks_at=LOCK)
    Observation.objects.all().delete()
    rounds.advance(now=LOCK + HOUR + late)
    names = (
        "status", "version", "reference_price", "sigma_bp", "width", "settlement_price",
        "outcome_bp",
    )  # fmt: skip
    one, other = factories.fresh(punctual), factories.fresh(tardy)
    assert [getattr(one, name) for name in names] == [getattr(other, name) for name in names]


# -- held, retried, void -------------------------------------------------------------------------
def spread(at_bp: int) -> factories.Spoil:
    """One venue far above and one far below, from the lock on."""

    def spoil(venue: str, symbol: str, bar: base.BarValue) -> base.BarValue:
        shift = {"sim-alpha": at_bp, "sim-beta": -at_bp}.get(venue, 0)
        if bar.opened_at < LOCK - 10 * MINUTE:
            return bar
        close = (bar.close * (1 + Decimal(shift) / 10_000)).quantize(Decimal("0.01"))
        return replace(bar, close=close, high=max(bar.high, close), low=min(bar.low, close))

    return spoil


def test_disputed_prices_hold_the_round_and_void_it_at_its_deadline() -> None:
    round_ = a_round()
    with factories.market(since=SINCE, spoil=spread(400)):
        rounds.advance(now=LOCK)
        held = factories.fresh(round_)
        assert (held.status, held.reference_price) == ("held", None)
        assert held.hold_reason.startswith("sources_disagree")
        assert held.retry_at is not None
        assert LOCK < held.retry_at <= LOCK + 30 * MINUTE
        rounds.advance(now=LOCK + 29 * MINUTE)
        assert factories.fresh(round_).status == "held"
        rounds.advance(now=LOCK + 30 * MINUTE)
    gone = factories.fresh(round_)
    assert gone.status == "void"
    assert gone.hold_reason.startswith("sources_disagree")
    assert [to for to, _ in trail(round_)] == ["open", "locked", "held", "void"]
    assert trail(round_)[-1][1] == gone.hold_reason


def test_a_held_round_is_not_asked_about_before_its_retry() -> None:
    round_ = a_round()
    with factories.market(since=SINCE, spoil=spread(400)):
        rounds.advance(now=LOCK)
        retry_at = factories.fresh(round_).retry_at
        assert retry_at is not None
        rounds.advance(now=retry_at - SECOND)
        assert factories.fresh(round_).retry_at == retry_at
        rounds.advance(now=retry_at)
        again = factories.fresh(round_)
    assert again.retry_at is not None
    assert again.retry_at > retry_at
    assert len(trail(round_)) == 3  # held once, waiting is no transition


def test_retries_back_off_and_the_last_is_at_the_deadline() -> None:
    round_ = a_round()
    moments = []
    with factories.market(since=SINCE, spoil=spread(400)):
        now = LOCK
        while factories.fresh(round_).status != "void":
            moments.append(now - LOCK)
            rounds.advance(now=now)
            now = factories.fresh(round_).retry_at or now
    gaps = [later - earlier for earlier, later in pairwise(moments)]
    assert gaps[0] == 10 * SECOND
    assert gaps[:-1] == sorted(gaps[:-1])
    assert moments[-1] == 30 * MINUTE
    assert len(moments) < 40


def test_a_round_held_at_its_settlement_keeps_its_frame_and_settles_late() -> None:
    round_ = a_round()
    away = {"now": True}

    def silent(venue: str, symbol: str, bar: base.BarValue) -> base.BarValue | None:
        closing = bar.opened_at >= LOCK + HOUR - 10 * MINUTE
        return None if closing and away["now"] and venue != "sim-alpha" else bar

    with factories.market(since=SINCE, spoil=silent):
        rounds.advance(now=LOCK)
        reference = factories.fresh(round_).reference_price
        rounds.advance(now=LOCK + HOUR)
        waiting = factories.fresh(round_)
        assert waiting.status == "running"  # silent sources have a minute to speak
        rounds.advance(now=LOCK + HOUR + MINUTE)
        held = factories.fresh(round_)
        assert (held.status, held.reference_price) == ("held", reference)
        assert held.hold_reason.startswith("too_few_sources")
        away["now"] = False
        rounds.advance(now=LOCK + HOUR + 20 * MINUTE)
    found = factories.fresh(round_)
    assert (found.status, found.hold_reason, found.retry_at) == ("settled", "", None)
    assert found.reference_price == reference


def test_an_operators_hold_outlasts_the_deadline_until_it_is_released(calm: None) -> None:
    round_ = a_round()
    rounds.advance(now=LOCK)
    operations.hold(factories.fresh(round_), reason="Under investigation.", actor="ada", now=LOCK)
    rounds.advance(now=LOCK + 9 * HOUR)
    assert factories.fresh(round_).status == "held"
    operations.release(factories.fresh(round_), actor="ada", now=LOCK + 9 * HOUR)
    rounds.advance(now=LOCK + 9 * HOUR)
    assert factories.fresh(round_).status == "settled"


def test_too_little_history_holds_then_voids() -> None:
    round_ = a_round()
    with factories.market(since=NOON - 5 * HOUR):
        rounds.advance(now=LOCK)
        assert factories.fresh(round_).status == "held"
        rounds.advance(now=LOCK + HOUR)
    assert factories.fresh(round_).status == "void"
    assert "No bars" in factories.fresh(round_).hold_reason


# -- a poisoned round ----------------------------------------------------------------------------
def test_a_poisoned_round_delays_no_other_and_is_left_alone_after_five_failures() -> None:
    season = factories.season(factories.league(symbols=["BTC", "ETH"]))
    poisoned = factories.round_of(season, locks_at=LOCK, symbol="BTC")
    healthy = factories.round_of(season, locks_at=LOCK, symbol="ETH")

    def poison(venue: str, symbol: str, bar: base.BarValue) -> base.BarValue:
        if symbol == "BTC" and bar.opened_at >= NOON:
            raise ZeroDivisionError("a bug nobody thought of")
        return bar

    with factories.market(since=SINCE, spoil=poison):
        rounds.advance(now=NOON)
        strikes = [1, 6, 26, 106, 426, 1706, 3000]  # each rest is four times the one before
        for count, second in enumerate(strikes, start=1):
            rounds.advance(now=LOCK + (second - 1) * SECOND)
            rounds.advance(now=LOCK + second * SECOND)
            assert factories.fresh(healthy).status == "running"
            assert factories.fresh(poisoned).attempts == min(count, POISONED)
        rounds.advance(now=LOCK + HOUR)
    assert factories.fresh(healthy).status == "settled"
    assert factories.fresh(poisoned).status == "locked"
    assert [to for to, _ in trail(poisoned)] == ["open", "locked"]


def test_a_mended_round_goes_on_once_a_person_has_cleared_it() -> None:
    round_ = a_round()
    Round.objects.update(attempts=POISONED, status="locked", version=2)
    with factories.market(since=SINCE):
        assert rounds.advance(now=LOCK) == 0
        assert operations.revive(factories.fresh(round_)) is True
        assert operations.revive(factories.fresh(round_)) is False
        assert rounds.advance(now=LOCK) == 1
    found = factories.fresh(round_)
    assert (found.status, found.attempts) == ("running", 0)


def test_a_source_that_fails_once_gets_its_patience_however_late_the_sweep_is() -> None:
    """The price is of the instant: on time, a minute late and five hours late it is the same."""
    prices = set()
    for number, late in enumerate((0, 61, 5 * 3600)):
        failures = [1]

        def blink(
            venue: str, symbol: str, bar: base.BarValue, left: list[int] = failures
        ) -> base.BarValue:
            if venue == "sim-gamma" and LOCK - MINUTE <= bar.opened_at < LOCK and left:
                left.pop()
                raise base.ProviderUnavailable("blink")
            return bar

        round_ = factories.round_of(
            factories.season(factories.league(slug=f"late-{number}"), slug=f"late-{number}"),
            locks_at=LOCK,
        )
        with factories.market(since=SINCE, spoil=blink):
            rounds.advance(now=NOON)
            for second in (0, 5, 10, 70):
                rounds.advance(now=LOCK + (late + second) * SECOND)
        prices.add(factories.fresh(round_).reference_price)
        factories.erase("markets.Observation", "markets.Bar")
    assert len(prices) == 1
    assert None not in prices

import math
from datetime import timedelta
from decimal import Decimal

import pytest

from league import frames
from league.frames import Frame, NoFrame
from league.models import Round
from markets.models import Bar
from tests import factories
from tests.factories import NOON, PRICE

pytestmark = pytest.mark.django_db
HOUR = timedelta(hours=1)


def a_round(symbol: str = "BTC", horizon: str = "1h") -> Round:
    league = factories.league(symbols=["BTC", "ETH", "SOL"], horizons=["1h", "24h", "5m"])
    return factories.fresh(
        factories.round_of(factories.season(league), locks_at=NOON, symbol=symbol, horizon=horizon)
    )


def test_an_open_rounds_frame_is_the_last_close_and_the_rules_sigma() -> None:
    round_ = a_round()
    factories.history(until=NOON)
    frame = frames.provisional(round_, now=NOON)
    assert (frame.price, frame.as_of, frame.width) == (PRICE, NOON, 0.85)
    assert frame.sigma_bp == pytest.approx(50)
    assert not frame.is_borrowed


def test_sigma_is_over_the_horizon() -> None:
    round_ = a_round(horizon="24h")
    factories.history(until=NOON)
    frame = frames.provisional(round_, now=NOON)
    assert frame.sigma_bp == pytest.approx(50 * math.sqrt(24))
    assert frame.width == 0.9


def test_a_bar_counts_from_its_close_on_and_not_before() -> None:
    round_ = a_round()
    factories.history(until=NOON)
    Bar.objects.create(
        asset_id="BTC", source="sim-alpha", interval=3600, opened_at=NOON,
        open=PRICE, high=2 * PRICE, low=PRICE, close=2 * PRICE,
    )  # fmt: skip
    almost = frames.provisional(round_, now=NOON + HOUR - timedelta(seconds=1))
    assert (almost.price, almost.as_of) == (PRICE, NOON)
    assert almost.sigma_bp == pytest.approx(50)
    then = frames.provisional(round_, now=NOON + HOUR)
    assert (then.price, then.as_of) == (2 * PRICE, NOON + HOUR)
    assert then.sigma_bp > 500


def test_seventy_two_returns_make_a_frame_and_seventy_one_do_not() -> None:
    round_ = a_round()
    factories.history(until=NOON, hours=72)
    assert frames.provisional(round_, now=NOON).sigma_bp == pytest.approx(50)
    with pytest.raises(NoFrame, match="No bars for BTC, nor for the season's other assets"):
        frames.provisional(round_, now=NOON - HOUR)


def test_a_young_asset_borrows_one_and_a_half_times_the_median_of_the_others() -> None:
    round_ = a_round("SOL")
    factories.history(until=NOON, symbol="SOL", hours=30)
    factories.history(until=NOON, symbol="BTC", step_bp=40)
    alone = frames.provisional(round_, now=NOON)
    assert alone.is_borrowed
    assert alone.sigma_bp == pytest.approx(60)
    factories.history(until=NOON, symbol="ETH", step_bp=80)
    assert frames.provisional(round_, now=NOON).sigma_bp == pytest.approx(1.5 * 60)


def test_nothing_is_borrowed_from_assets_outside_the_season() -> None:
    league = factories.league(symbols=["SOL"])
    round_ = factories.fresh(
        factories.round_of(factories.season(league), locks_at=NOON, symbol="SOL")
    )
    factories.history(until=NOON, symbol="BTC")
    factories.history(until=NOON, symbol="SOL", hours=5)
    with pytest.raises(NoFrame):
        frames.provisional(round_, now=NOON)


def test_an_asset_without_any_bar_has_a_scale_but_no_price() -> None:
    round_ = a_round("SOL")
    factories.history(until=NOON, symbol="BTC")
    assert frames.measure(round_, until=NOON).is_borrowed
    with pytest.raises(NoFrame, match="No bars for SOL"):
        frames.provisional(round_, now=NOON)


@pytest.mark.parametrize(
    ("age_min", "is_fresh"), [(0, True), (15, True), (16, False), (90, False)]
)
def test_the_newest_minute_is_the_price_while_it_is_fresh(age_min: int, is_fresh: bool) -> None:
    round_ = a_round()
    factories.history(until=NOON)
    closed_at = NOON + timedelta(minutes=5)
    price = PRICE + 7
    Bar.objects.create(
        asset_id="BTC", source="sim-alpha", interval=60,
        opened_at=closed_at - timedelta(minutes=1),
        open=price, high=price, low=price, close=price,
    )  # fmt: skip
    frame = frames.provisional(round_, now=closed_at + timedelta(minutes=age_min))
    assert frame.price == (price if is_fresh else PRICE)
    assert frame.as_of == (closed_at if is_fresh else NOON)


def test_the_houses_prices_are_its_quantiles_about_the_price() -> None:
    frame = Frame(Decimal(60_000), 250.0, 0.9, NOON, is_borrowed=False)
    low, middle, high = frame.house_prices()
    assert (round(low), middle, round(high)) == (58_295, Decimal(60_000), 61_755)
    assert low.as_tuple().exponent == high.as_tuple().exponent == -8


def test_a_frozen_frame_is_there_from_the_reference_on() -> None:
    round_ = factories.locked(factories.opened(a_round()))
    assert frames.frozen(round_) is None
    round_ = factories.running(round_, price=PRICE, sigma_bp=123.0, width=0.85)
    assert frames.frozen(round_) == Frame(PRICE, 123.0, 0.85, round_.locks_at, is_borrowed=False)


def test_a_frozen_frame_forgets_what_the_market_does_later() -> None:
    round_ = factories.running(factories.locked(factories.opened(a_round())), sigma_bp=123.0)
    before = frames.frozen(factories.fresh(round_))
    factories.history(until=NOON + 48 * HOUR, step_bp=900)
    assert frames.frozen(factories.fresh(round_)) == before

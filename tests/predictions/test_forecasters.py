from dataclasses import replace
from decimal import Decimal

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pytest_django import Settings

from league.horizons import DAY, HOUR, TABLE, Horizon
from league.players import BUILT_IN
from league.volatility import house_quantiles_bp
from predictions import entry_forms
from predictions.commentary.base import Comment, Facts
from predictions.forecasters import base, crowd, registry, rookie_line
from predictions.forecasters.analyst import LEAN_SIGMAS, GeminiAnalyst
from predictions.forecasters.base import Forecast, Inputs
from predictions.forecasters.ensemble import Ensemble
from predictions.forecasters.forest import Forest
from predictions.forecasters.rookie_line import RookieLine
from predictions.forecasters.vol_scholar import VolScholar
from predictions.forecasters.walker import HouseWalker
from predictions.models import ModelVersion
from predictions.training import har, lessons
from predictions.training.artifacts import Model
from predictions.training.calibration import Record
from predictions.training.har import Har
from predictions.versions import Course, Serving
from tests.predictions import synthetic
from tests.predictions.synthetic import Closes


def resolved(forecast: Forecast, inputs: Inputs) -> tuple[float, float, float]:
    return entry_forms.resolve_bp(
        forecast.entry,
        reference=inputs.price,
        sigma_bp=inputs.sigma_bp,
        width=inputs.horizon.width,
    )


def scholar(series: Closes, horizon: Horizon) -> VolScholar:
    return VolScholar(serve=lambda _: serving(fitted(series, horizon), horizon))


def fitted(series: Closes, horizon: Horizon) -> Har:
    taught = lessons.gather([series], horizon=horizon)
    assert taught is not None
    return har.fit(taught)


def serving(model: Model, horizon: Horizon, *, number: int = 1, **records: Record) -> Serving:
    version = ModelVersion(family="har", horizon=horizon.name, number=number, rows=1234)
    return Serving(version, model, records)


@pytest.mark.parametrize("horizon", TABLE.values(), ids=TABLE)
def test_the_house_walker_is_exactly_the_house(horizon: Horizon) -> None:
    inputs = synthetic.inputs(synthetic.closes(count=900), horizon=horizon)
    (forecast,) = HouseWalker().forecast([inputs])
    assert resolved(forecast, inputs) == house_quantiles_bp(inputs.sigma_bp, width=horizon.width)
    assert "BTC" in forecast.reasoning


def test_rookie_line_carries_a_straight_line_on() -> None:
    count = 24 * 130
    opened_at = synthetic.closes(count=count).opened_at
    price = 50.0 + 0.5 * np.arange(count) / 24
    inputs = synthetic.inputs(Closes(opened_at, price), sigma_bp=300.0, horizon=TABLE["24h"])
    (forecast,) = RookieLine().forecast([inputs])
    expected = 1e4 * np.log((price[-1] + 0.5) / price[-1])
    low, middle, high = resolved(forecast, inputs)
    assert middle == pytest.approx(expected, abs=1e-3)
    house = house_quantiles_bp(300.0, width=0.9)
    assert (low - middle, high - middle) == pytest.approx((house[0], house[2]))
    assert not forecast.is_cold_start


def test_rookie_line_uses_the_last_hundred_midnights_only() -> None:
    series = synthetic.closes(count=24 * 130)
    days, closes = rookie_line.daily_closes(series)
    assert days.size == 100
    assert (np.diff(days) == 1).all()
    last = series.opened_at[-1] + HOUR
    assert days[-1] == last // DAY
    assert (
        closes[-1] == series.close[np.flatnonzero((series.opened_at + HOUR) == last // DAY * DAY)]
    )


def test_the_slope_is_the_least_squares_slope() -> None:
    days, closes = rookie_line.daily_closes(synthetic.closes(count=24 * 101))
    assert rookie_line.slope(days, closes) == pytest.approx(np.polyfit(days, closes, 1)[0])


@pytest.mark.parametrize("hours", [73, 24 * 99])
def test_rookie_line_starts_cold_on_an_invented_climb(hours: int) -> None:
    inputs = synthetic.inputs(synthetic.closes(count=hours))
    first, second = (RookieLine().forecast([inputs])[0] for _ in range(2))
    assert first == second
    assert first.is_cold_start
    assert "invented" in first.reasoning
    expected = 1e4 * np.log1p(rookie_line.SYNTHETIC_BP_PER_DAY / 1e4)
    assert resolved(first, inputs)[1] == pytest.approx(expected, abs=1e-3)


@given(growth=st.floats(0.5, 1.6), sigma=st.floats(5.0, 400.0), name=st.sampled_from([*TABLE]))
def test_no_trend_carries_an_entry_out_of_reach(growth: float, sigma: float, name: str) -> None:
    count = 24 * 101
    opened_at = synthetic.closes(count=count).opened_at
    price = 100.0 * np.cumprod(np.full(count, growth ** (1 / 24)))
    series = Closes(opened_at, price)
    horizon = TABLE[name]
    inputs = synthetic.inputs(series, horizon=horizon, sigma_bp=sigma)
    (forecast,) = RookieLine().forecast([inputs])
    assert max(map(abs, resolved(forecast, inputs))) <= 5.9 * sigma + 1e-3


@pytest.mark.parametrize("name", ["1h", "24h"])
def test_vol_scholar_has_no_view_on_direction_and_its_own_width(name: str) -> None:
    series = synthetic.closes(count=3000)
    inputs = synthetic.inputs(series, horizon=TABLE[name])
    (forecast,) = scholar(series, TABLE[name]).forecast([inputs])
    low, middle, high = resolved(forecast, inputs)
    assert middle == 0
    assert low == -high
    assert high != pytest.approx(base.house_half_width_bp(inputs), rel=1e-3)
    assert 0 < high <= 5.9 * inputs.sigma_bp
    assert not forecast.is_cold_start


def test_vol_scholar_forecasts_change_with_nothing_that_comes_later() -> None:
    """Multiply every bar after t by ten: the model and the forecast at t are the same bits."""
    series, moment, horizon = synthetic.closes(count=2500), 2000, TABLE["24h"]
    tampered = series.close.copy()
    tampered[moment:] *= 10
    first, second = (
        scholar(past, horizon).forecast([synthetic.inputs(past, horizon=horizon)])
        for past in (series.first(moment), Closes(series.opened_at, tampered).first(moment))
    )
    assert first == second


def test_vol_scholar_stands_in_as_the_house_without_a_model_or_history() -> None:
    series = synthetic.closes(count=2500)
    untrained = VolScholar(serve=lambda course: None)
    young = synthetic.inputs(series.first(500))
    for forecaster, inputs in (
        (untrained, synthetic.inputs(series)),
        (scholar(series, TABLE["24h"]), young),
    ):
        (forecast,) = forecaster.forecast([inputs])
        assert forecast.is_cold_start
        assert forecast.entry == base.house()


def test_one_model_is_asked_for_a_horizon_and_kind_of_prices() -> None:
    asked: list[tuple[str, str]] = []

    def serve(course: Course) -> None:
        asked.append((course.horizon.name, course.price_mode))

    series = synthetic.closes(count=1000)
    batch = [
        synthetic.inputs(series, symbol="A"),
        synthetic.inputs(series, symbol="B"),
        synthetic.inputs(series, horizon=TABLE["1h"]),
        synthetic.inputs(series, mode="live"),
    ]
    VolScholar(serve=serve).forecast(batch)
    assert asked == [("24h", "simulated"), ("1h", "simulated"), ("24h", "live")]


def test_a_batch_says_what_each_input_would_alone() -> None:
    horizon = TABLE["24h"]
    pool = [synthetic.closes(count=2500, seed=seed) for seed in (1, 2, 3)]
    forecaster = scholar(pool[0], horizon)
    batch = [synthetic.inputs(series) for series in (*pool, pool[0].first(300))]
    assert forecaster.forecast(batch) == [forecaster.forecast([one])[0] for one in batch]


def test_widths_grow_with_outcomes_that_fell_outside() -> None:
    """Twenty settled, eight missed: four more than promised, each worth half a percent."""
    horizon, series = TABLE["24h"], synthetic.closes(count=2500)
    model, inputs = fitted(series, horizon), synthetic.inputs(series)
    plain, wider = (
        resolved(VolScholar(serve=lambda _, s=s: s).forecast([inputs])[0], inputs)[2]  # type: ignore[misc]
        for s in (
            serving(model, horizon),
            serving(model, horizon, BTC=Record(settled=20, missed=8)),
        )
    )
    assert wider / plain == pytest.approx(np.exp(0.005 * 4), rel=1e-5)


def test_reasoning_tells_what_was_seen_and_how_wide() -> None:
    horizon, series = TABLE["24h"], synthetic.closes(count=2500)
    model, inputs = fitted(series, horizon), synthetic.inputs(series)
    served = serving(model, horizon, BTC=Record(settled=20, missed=8))
    (forecast,) = VolScholar(serve=lambda _: served).forecast([inputs])
    half = resolved(forecast, inputs)[2]
    for told in ("BTC", "har-24h-1", "1,234", f"{half:.0f} bp", "20 settled", "40%", "1.020"):
        assert told in forecast.reasoning
    assert len(forecast.reasoning) < 600


def test_the_ensemble_is_the_mean_of_what_there_is() -> None:
    horizon, series = TABLE["24h"], synthetic.closes(count=2500)
    model, inputs = fitted(series, horizon), synthetic.inputs(series)
    other = replace(model, spread=model.spread * 1.5)
    one, two = serving(model, horizon), serving(other, horizon, number=2)

    def half(*serves: Serving | None) -> float:
        ensemble = Ensemble([lambda _, s=s: s for s in serves])  # type: ignore[misc]
        return resolved(ensemble.forecast([inputs])[0], inputs)[2]

    assert half(one, two) == pytest.approx((half(one) + half(two)) / 2, abs=1e-3)
    assert half(one, None) == half(one)
    (cold,) = Ensemble([lambda _: None, lambda _: None]).forecast([inputs])
    assert cold.is_cold_start
    assert cold.entry == base.house()


def test_a_forest_without_trees_says_what_the_regression_says() -> None:
    horizon, series = TABLE["24h"], synthetic.closes(count=2500)
    inputs, served = synthetic.inputs(series), serving(fitted(series, horizon), horizon)
    (instead,) = Forest(serve=lambda _: None, fallback=lambda _: served).forecast([inputs])
    (plain,) = VolScholar(serve=lambda _: served).forecast([inputs])
    assert instead.entry == plain.entry
    assert "trees that are not there" in instead.reasoning


@pytest.mark.parametrize("factor", [1e-6, 1e6])
def test_a_wild_model_is_kept_near_the_house(factor: float) -> None:
    series = synthetic.closes(count=2500)
    model = fitted(series, TABLE["24h"])
    wild = replace(model, spread=model.spread * factor)
    served = serving(wild, TABLE["24h"])
    inputs = synthetic.inputs(series)
    (forecast,) = VolScholar(serve=lambda _: served).forecast([inputs])
    ratio = resolved(forecast, inputs)[2] / base.house_half_width_bp(inputs)
    assert ratio == pytest.approx(0.25 if factor < 1 else 4.0, rel=1e-3)


class Says:
    def __init__(self, sentiment: float) -> None:
        self.sentiment = sentiment

    def comment(self, facts: Facts) -> Comment:
        return Comment(self.sentiment, f"{facts.symbol} it is.", "gemini", is_simulated=False)


@pytest.mark.parametrize("sentiment", [-1.0, -0.3, 0.0, 0.7, 1.0])
def test_the_analyst_leans_by_a_twentieth_of_sigma_and_keeps_the_width(sentiment: float) -> None:
    series = synthetic.closes(count=2500)
    inputs, model = synthetic.inputs(series), scholar(series, TABLE["24h"])
    analyst = GeminiAnalyst(model, commentator=lambda mode: Says(sentiment))
    plain = resolved(model.forecast([inputs])[0], inputs)
    (forecast,) = analyst.forecast([inputs])
    leaning = resolved(forecast, inputs)
    lean = sentiment * LEAN_SIGMAS * inputs.sigma_bp
    assert leaning == pytest.approx([level + lean for level in plain], abs=1e-3)
    assert leaning[2] - leaning[0] == pytest.approx(plain[2] - plain[0], abs=1e-9)
    assert forecast.reasoning.startswith("BTC it is.")
    assert not forecast.is_simulated


def test_a_commentator_beyond_its_scale_is_capped() -> None:
    series = synthetic.closes(count=900)
    inputs = synthetic.inputs(series)
    analyst = GeminiAnalyst(HouseWalker(), commentator=lambda mode: Says(1000.0))
    (forecast,) = analyst.forecast([inputs])
    assert resolved(forecast, inputs)[1] == pytest.approx(LEAN_SIGMAS * inputs.sigma_bp, abs=1e-3)
    assert forecast.entry.form == entry_forms.POINT


@pytest.mark.parametrize("mode", ["simulated", "replay"])
def test_the_analyst_asks_nobody_about_prices_that_are_not_live(
    mode: str, settings: Settings
) -> None:
    settings.GEMINI_API_KEY = "set-but-not-to-be-used"
    settings.GEMINI_API_ENDPOINT = "http://127.0.0.1:1"
    series = synthetic.closes(count=2500)
    inputs, model = synthetic.inputs(series, mode=mode), scholar(series, TABLE["24h"])
    (forecast,) = GeminiAnalyst(model).forecast([inputs])
    assert forecast.entry == model.forecast([inputs])[0].entry
    assert forecast.is_simulated
    assert mode in forecast.reasoning


def test_the_crowd_is_the_median_of_each_level() -> None:
    entries = [(-10.0 * n, float(n), 20.0 * n) for n in (1, 2, 3, 4, 9)]
    assert crowd.aggregate(entries) == (-30.0, 3.0, 60.0)
    assert crowd.aggregate([*entries, (0.0, 5.0, 100.0)]) == (-25.0, 3.5, 70.0)


def test_four_people_are_no_crowd() -> None:
    assert crowd.aggregate([(-1.0, 0.0, 1.0)] * 4) is None
    assert crowd.aggregate([]) is None


@given(
    st.lists(
        st.tuples(*[st.floats(-900, 900)] * 3).map(lambda t: tuple(sorted(t))),
        min_size=5,
        max_size=9,
    )
)
def test_the_crowd_ascends_and_cares_for_no_order(entries: list[crowd.Quantiles]) -> None:
    found = crowd.aggregate(entries)
    assert found is not None
    assert found == tuple(sorted(found))
    assert crowd.aggregate(entries[::-1]) == found


def test_everyone_on_the_roster_is_a_built_in_player() -> None:
    handles = [forecaster.handle for forecaster in registry.roster()]
    assert handles == [
        "house-walker", "rookie-line", "vol-scholar", "forest", "ensemble", "gemini-analyst",
    ]  # fmt: skip
    assert {*handles, crowd.HANDLE} == {handle for handle, _, _ in BUILT_IN}


def test_entries_are_exact_decimals_without_a_negative_zero() -> None:
    assert str(base.house(drift_bp=-0.00001).p50) in {"0.0", "0"}
    entry = base.interval(1.0, half_width_bp=2.0000049, sigma_bp=100.0)
    assert (entry.p10, entry.p50, entry.p90) == (Decimal("-1.0"), Decimal("1.0"), Decimal("3.0"))

import numpy as np
import pytest

from league.horizons import TABLE, Horizon
from predictions.training import features, har, lessons
from predictions.training.features import Floats
from tests.predictions import synthetic
from tests.predictions.synthetic import Closes

HOURLY = [TABLE[name] for name in ("1h", "24h")]


def pool(count: int = 4000) -> list[Closes]:
    return [synthetic.closes(count=count, seed=seed) for seed in (1, 2, 3)]


def fitted(assets: list[Closes], *, horizon: Horizon) -> har.Har:
    taught = lessons.gather(assets, horizon=horizon)
    assert taught is not None
    return har.fit(taught)


@pytest.mark.parametrize("horizon", HOURLY, ids=lambda h: h.name)
def test_targets_settle_within_the_bars_given(horizon: Horizon) -> None:
    """Bars the training never saw cannot have changed it: tamper behind a prefix."""
    series = synthetic.closes(count=2000)
    tampered = series.close.copy()
    tampered[1500:] *= 10
    before = fitted([series.first(1500)], horizon=horizon)
    after = fitted([Closes(series.opened_at, tampered).first(1500)], horizon=horizon)
    assert before == after
    last = lessons.of(series.first(1500), horizon=horizon)
    longer = lessons.of(Closes(series.opened_at, tampered), horizon=horizon)
    known = last.outcomes.size
    assert known == 1500 - features.LEAST_RETURNS - horizon.bars
    assert np.array_equal(longer.realised[:known], last.realised)
    assert np.array_equal(longer.outcomes[:known], last.outcomes)
    assert np.array_equal(longer.rows[:known], last.rows)


def test_it_learns_that_a_rough_day_follows_a_rough_day() -> None:
    horizon = TABLE["24h"]
    model = fitted(pool(), horizon=horizon)
    fresh = synthetic.closes(count=6000, seed=99)
    seen = lessons.of(fresh, horizon=horizon)
    sizes, widths = np.abs(seen.outcomes), model.half_widths(seen.rows)
    constant = np.quantile(sizes, 0.8)
    assert pinball(sizes, widths) < pinball(sizes, constant)
    assert 0.74 < (sizes <= widths).mean() < 0.86


def pinball(sizes: Floats, widths: Floats | float) -> float:
    """The 80 % quantile's own loss: lower is better."""
    gap = sizes - widths
    return float(np.maximum(0.8 * gap, -0.2 * gap).mean())


def test_training_sample_is_covered_as_promised() -> None:
    horizon = TABLE["24h"]
    model = fitted(pool(), horizon=horizon)
    samples = [lessons.of(series, horizon=horizon) for series in pool()]
    inside = [np.abs(part.outcomes) <= model.half_widths(part.rows) for part in samples]
    assert np.concatenate(inside).mean() == pytest.approx(lessons.COVERED, abs=1e-3)


def test_the_fit_is_the_ridge_solution() -> None:
    """Oracle: scikit-learn's Ridge, with the level as its unpenalised intercept."""
    linear_model = pytest.importorskip("sklearn.linear_model")
    horizon = TABLE["1h"]
    model = fitted(pool(1500), horizon=horizon)
    samples = [lessons.of(series, horizon=horizon) for series in pool(1500)]
    rows = np.concatenate([part.rows for part in samples])[:, 1:]
    realised = np.concatenate([part.realised for part in samples])
    targets = np.log(np.maximum(realised, lessons.QUIETEST))
    oracle = linear_model.Ridge(alpha=har.PENALTY).fit(rows, targets)
    assert model.coefficients[0] == pytest.approx(oracle.intercept_, abs=1e-6)
    assert model.coefficients[1:] == pytest.approx(oracle.coef_, abs=1e-6)


def test_a_target_across_a_gap_is_not_used() -> None:
    horizon = TABLE["24h"]
    series = synthetic.closes(count=1500)
    keep = np.ones(1500, dtype=bool)
    keep[1200:1206] = False
    holed = Closes(series.opened_at[keep], series.close[keep])
    whole = lessons.of(series, horizon=horizon).outcomes.size
    assert lessons.of(holed, horizon=horizon).outcomes.size == whole - 6 - horizon.bars


@pytest.mark.parametrize(
    ("name", "count"), [("1h", 0), ("1h", 1200), ("24h", 1243), ("7d", 2000), ("5m", 700)]
)
def test_too_little_history_gives_no_model(name: str, count: int) -> None:
    horizon = TABLE[name]
    series = synthetic.closes(count=3000, interval=horizon.bar_s)
    assert lessons.gather([series.first(count)], horizon=horizon) is None
    assert lessons.gather([series], horizon=horizon) is not None


def test_assets_too_young_to_teach_are_passed_over() -> None:
    horizon = TABLE["24h"]
    old, young = synthetic.closes(count=2000), synthetic.closes(count=300, seed=5)
    assert fitted([old, young], horizon=horizon) == fitted([old], horizon=horizon)


def test_no_assets_give_no_model() -> None:
    assert lessons.gather([], horizon=TABLE["1h"]) is None

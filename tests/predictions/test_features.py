import numpy as np
import pytest

from league.horizons import HOUR, TABLE, Horizon
from league.volatility import ewma_sigma_bp
from predictions.training import features
from tests.predictions import synthetic
from tests.predictions.synthetic import Closes


@pytest.mark.parametrize("horizon", TABLE.values(), ids=TABLE)
def test_multiplying_every_later_bar_by_ten_changes_no_earlier_row_by_a_bit(
    horizon: Horizon,
) -> None:
    series = synthetic.closes(count=1200)
    rows, variances = features.table(series, horizon=horizon)
    for moment in (721, 900, 1150):
        tampered = series.close.copy()
        tampered[moment:] *= 10
        again, scales = features.table(Closes(series.opened_at, tampered), horizon=horizon)
        known = moment - features.LEAST_RETURNS
        assert np.array_equal(again[:known], rows[:known])
        assert np.array_equal(scales[:known], variances[:known])
        assert not np.array_equal(again[known:], rows[known:])


@pytest.mark.parametrize("horizon", TABLE.values(), ids=TABLE)
def test_the_latest_row_is_the_last_row_of_the_table(horizon: Horizon) -> None:
    series = synthetic.closes(count=1000, interval=horizon.bar_s)
    rows, variances = features.table(series, horizon=horizon)
    sigma_bp = ewma_sigma_bp(series.close, horizon=horizon)
    assert 1e4 * np.sqrt(variances[-1] * horizon.bars) == pytest.approx(sigma_bp, rel=1e-9)
    young = series.first(500)
    newest, known = features.newest(
        [series, young, series], horizon=horizon, sigmas_bp=[sigma_bp, 50.0, sigma_bp]
    )
    assert known.tolist() == [True, False, True]
    assert newest[0] == pytest.approx(rows[-1], rel=1e-9, abs=1e-9)
    assert np.array_equal(newest[2], newest[0])
    assert not newest[1].any()


def test_a_row_measures_each_window_against_the_variance() -> None:
    horizon = TABLE["1h"]
    series = synthetic.closes(count=800)
    rows, variances = features.table(series, horizon=horizon)
    squares = np.diff(np.log(series.close)) ** 2
    for column, window in enumerate(features.RECIPES["1h"].windows, start=1):
        mean = squares[-window:].mean()
        expected = 0.5 * np.log(max(mean / variances[-1], features.FLOOR))
        assert rows[-1, column] == pytest.approx(expected, abs=1e-9)


def test_a_season_is_the_mean_of_the_same_hour_on_earlier_days() -> None:
    series = synthetic.closes(count=800)
    rows, variances = features.table(series, horizon=TABLE["1h"])
    names = features.names(TABLE["1h"])
    squares = np.diff(np.log(series.close)) ** 2
    for days in (7, 30):
        mean = np.mean([squares[squares.size - 24 * day] for day in range(1, days + 1)])
        expected = 0.5 * np.log(max(mean / variances[-1], features.FLOOR))
        assert rows[-1, names.index(f"log_season_{days}")] == pytest.approx(expected, abs=1e-9)


def test_a_trend_is_the_return_of_its_window_in_its_own_sigmas() -> None:
    series = synthetic.closes(count=800)
    rows, variances = features.table(series, horizon=TABLE["24h"])
    names = features.names(TABLE["24h"])
    for bars in features.TRENDS:
        move = np.log(series.close[-1] / series.close[-1 - bars])
        expected = move / np.sqrt(variances[-1] * bars)
        assert rows[-1, names.index(f"trend_{bars}")] == pytest.approx(expected, abs=1e-9)
        assert rows[-1, names.index(f"size_{bars}")] == pytest.approx(abs(expected), abs=1e-9)


def test_hour_and_weekday_are_those_of_the_close() -> None:
    series = synthetic.closes(count=721 + 24 * 7)
    rows, _ = features.table(series, horizon=TABLE["1h"])
    hours, weekdays = rows[:, -31:-7], rows[:, -7:]
    closed_at = series.opened_at[720:] + HOUR
    assert (hours.argmax(axis=1) == closed_at // HOUR % 24).all()
    assert (hours.sum(axis=1) == 1).all()
    assert (weekdays.sum(axis=1) == 1).all()
    assert len({tuple(row) for row in weekdays}) == 7
    assert rows.shape == (len(closed_at), len(features.names(TABLE["1h"])))


def test_prices_of_any_scale_give_the_same_rows() -> None:
    series = synthetic.closes(count=900)
    doubled = Closes(series.opened_at, series.close * 4)
    rows, _ = features.table(series, horizon=TABLE["24h"])
    again, _ = features.table(doubled, horizon=TABLE["24h"])
    assert again == pytest.approx(rows, abs=1e-6)


@pytest.mark.parametrize("count", [0, 1, 2, 720])
def test_too_few_bars_give_no_rows(count: int) -> None:
    series = synthetic.closes(count=1000).first(count)
    rows, variances = features.table(series, horizon=TABLE["1h"])
    assert rows.shape == (0, len(features.names(TABLE["1h"])))
    assert variances.size == 0
    _, known = features.newest([series], horizon=TABLE["1h"], sigmas_bp=[50.0])
    assert not known.any()


def test_a_motionless_market_stays_finite() -> None:
    still = Closes(synthetic.closes(count=900).opened_at, np.full(900, 7.0))
    rows, variances = features.table(still, horizon=TABLE["24h"])
    assert np.isfinite(rows).all()
    assert (variances > 0).all()

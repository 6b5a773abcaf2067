"""A walk forward through invented prices: what was said, and that nothing was seen too early."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from league.horizons import DAY, HOUR, TABLE
from predictions import entry_forms
from predictions.backtest import report, skill, walk
from predictions.backtest.report import Plan
from predictions.forecasters.vol_scholar import VolScholar
from predictions.models import ModelVersion
from predictions.training.calibration import Record
from predictions.versions import Serving
from tests.markets import recordings
from tests.predictions import synthetic
from tests.predictions.synthetic import START, Closes

STARTS = datetime.fromtimestamp(START, tz=UTC)
BEGIN = START + 120 * DAY
FINISH = BEGIN + 40 * DAY
DAILY = TABLE["24h"]


def market(count: int = 24 * 170) -> dict[str, Closes]:
    return {
        symbol: synthetic.closes(count=count, seed=seed)
        for seed, symbol in enumerate(("BTC", "ETH", "SOL"), 1)
    }


def plan(*names: str, horizon: str = "24h") -> Plan:
    return Plan(TABLE[horizon], BEGIN, BEGIN, FINISH, names or walk.NAMES)


def test_the_house_has_no_skill_and_no_points() -> None:
    (house,) = report.of(list(report.run(market(), plan(walk.HOUSE))), plan(walk.HOUSE))["models"]
    assert (house["wis_skill_pct"], house["low"], house["high"]) == (0.0, 0.0, 0.0)
    assert house["mean_points"] == 0.0
    assert house["rounds"] == 3 * 40


def test_every_model_meets_every_round() -> None:
    told = report.of(list(report.run(market(), plan())), plan())
    assert [row["name"] for row in told["models"]] == list(walk.NAMES)
    for row in told["models"]:
        assert row["rounds"] == 120
        assert set(row["by_asset"]) == {"BTC", "ETH", "SOL"}
        assert sum(one["rounds"] for one in row["by_asset"].values()) == 120
        assert sum(one["rounds"] for one in row["by_quarter"].values()) == 120
        assert row["low"] <= row["wis_skill_pct"] <= row["high"]
    raw = next(row for row in told["models"] if row["name"] == walk.TREND)
    assert raw["mean_points"] < -50  # a straight line is no forecast


@pytest.mark.parametrize("horizon", ["1h", "24h", "7d"])
def test_multiplying_every_later_bar_by_ten_changes_no_earlier_answer_by_a_bit(
    horizon: str,
) -> None:
    """Features, EWMA, models, recalibration and quantiles, all at once."""
    terms = TABLE[horizon]
    moment = BEGIN + 20 * DAY
    known, tampered = market(), {}
    for symbol, series in known.items():
        close = series.close.copy()
        close[series.opened_at + HOUR > moment] *= 10
        tampered[symbol] = Closes(series.opened_at, close)
    names = (walk.TREND, walk.ROOKIE, walk.HAR, walk.FOREST, walk.ENSEMBLE)
    locks = walk.locks_of(terms, start=BEGIN, end=FINISH)
    said = []
    for assets in (known, tampered):
        models = walk.trained(assets, horizon=terms, train_until=BEGIN, names=names)
        for symbol in assets:
            rounds = walk.rounds_of(assets[symbol], horizon=terms, locks=locks)
            before = rounds.locks <= moment
            answers = [
                walk.quantiles(name, rounds, horizon=terms, models=models)[before]
                for name in names
            ]
            said.append([rounds.sigmas_bp[before], rounds.rows[before], *answers])
    first, second = said[: len(known)], said[len(known) :]
    for left, right in zip(first, second, strict=True):
        assert all(np.array_equal(a, b) for a, b in zip(left, right, strict=True))
        assert left[0].size > 0


def test_the_walk_says_what_serving_says() -> None:
    """The same model, bars and record give the served forecaster the very same width."""
    assets = market()
    models = walk.trained(assets, horizon=DAILY, train_until=BEGIN, names=[walk.HAR])
    locks = walk.locks_of(DAILY, start=BEGIN, end=FINISH)
    rounds = walk.rounds_of(assets["BTC"], horizon=DAILY, locks=locks)
    walked = walk.quantiles(walk.HAR, rounds, horizon=DAILY, models=models)
    missed = np.abs(rounds.outcomes_bp) > walked[:, 2]
    version = ModelVersion(family="har", horizon="24h", number=1, rows=1)
    for place in (0, 1, 17, 39):
        lock = int(rounds.locks[place])
        settled = int(np.sum(rounds.locks + DAY < lock))
        record = Record(settled, int(missed[:settled].sum()))
        serving = Serving(version, models[walk.HAR], {"BTC": record})
        series = assets["BTC"]
        seen = series.first(int(np.sum(series.opened_at + HOUR <= lock)))
        inputs = synthetic.inputs(seen, sigma_bp=float(rounds.sigmas_bp[place]))
        (forecast,) = VolScholar(serve=lambda _, s=serving: s).forecast([inputs])  # type: ignore[misc]
        served = entry_forms.resolve_bp(
            forecast.entry, reference=inputs.price, sigma_bp=inputs.sigma_bp, width=0.9
        )
        assert served == pytest.approx(walked[place], abs=2e-4)  # entries have four decimals


def test_locks_are_on_the_horizons_grid_and_settle_within_the_window() -> None:
    weekly = walk.locks_of(TABLE["7d"], start=START, end=START + 30 * DAY)
    assert [(lock - START) // DAY for lock in weekly.tolist()] == [0, 7, 14, 21]
    assert walk.locks_of(DAILY, start=START + 1, end=START + 2 * DAY).tolist() == [START + DAY]


def test_a_round_across_a_gap_is_not_played() -> None:
    series = market()["BTC"]
    gone = series.opened_at + HOUR == BEGIN + 5 * DAY  # the close of one midnight
    holed = Closes(series.opened_at[~gone], series.close[~gone])
    locks = walk.locks_of(DAILY, start=BEGIN, end=FINISH)
    played = walk.rounds_of(holed, horizon=DAILY, locks=locks).locks
    lost = set(locks.tolist()) - set(played.tolist())
    assert lost == {BEGIN + 4 * DAY, BEGIN + 5 * DAY}  # it settles one and locks the other


def test_skill_of_half_the_loss_is_fifty_percent() -> None:
    theirs = np.random.default_rng(1).uniform(50, 150, 400)
    lost = skill.Lost(
        mine=theirs / 2,
        house=theirs,
        sigmas_bp=np.full(400, 200.0),
        inside=np.arange(400) % 5 > 0,
        locks=START + DAY * np.arange(400, dtype=np.int64),
    )
    found = skill.measure(lost)
    assert (found.wis_skill_pct, found.low, found.high) == (50.0, 50.0, 50.0)
    assert found.coverage80 == 80.0
    assert found.mean_points == pytest.approx(100 * theirs.mean() / 2 / 100, abs=1e-3)


def test_without_history_nothing_is_trained() -> None:
    young = {"BTC": synthetic.closes(count=800)}
    with pytest.raises(walk.NothingToTrain):
        walk.trained(young, horizon=DAILY, train_until=START + 800 * HOUR, names=[walk.HAR])


# -- the command ------------------------------------------------------------------------------
@pytest.fixture
def prices(tmp_path: Path) -> Path:
    for symbol, series in market().items():
        file = tmp_path / "prices" / "alpha" / f"{symbol}USDT_1h.csv"
        recordings.write(file, recordings.hours(STARTS, synthetic.texts(series)))
    return tmp_path / "prices"


def iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def options(prices: Path, **more: Any) -> dict[str, Any]:
    return {
        "prices": prices, "assets": "BTC,ETH,SOL", "horizon": "24h", "train_until": iso(BEGIN),
        "start": iso(BEGIN), "end": iso(FINISH), **more,
    }  # fmt: skip


def test_the_command_reports_and_draws(
    prices: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    pytest.importorskip("matplotlib")
    file, folder = tmp_path / "report.json", tmp_path / "plots"
    call_command("backtest", **options(prices, report=file, plot=folder))
    told = json.loads(file.read_text(encoding="utf-8"))
    assert told["horizon"] == "24h"
    assert told["window"]["start"] == iso(BEGIN)
    expected = {
        "name", "rounds", "wis_skill_pct", "low", "high", "coverage80", "mean_points",
        "by_asset", "by_quarter",
    }  # fmt: skip
    assert all(set(row) == expected for row in told["models"])
    shown = capsys.readouterr().out
    assert all(row["name"] in shown for row in told["models"])
    drawn = {file.name: file.read_bytes()[:4] for file in folder.iterdir()}
    assert drawn == dict.fromkeys(("calibration.png", "coverage.png", "skill.png"), b"\x89PNG")


@pytest.mark.parametrize(
    ("changed", "named"),
    [
        ({"assets": "BTC,NOPE"}, "--assets"),
        ({"assets": "BTC,BTC"}, "--assets"),
        ({"models": "oracle"}, "--models"),
        ({"start": "yesterday"}, "--start"),
        ({"train_until": iso(FINISH)}, "--train-until"),
        ({"train_until": iso(START + DAY)}, "--train-until"),
        ({"end": iso(BEGIN + HOUR)}, "--start/--end"),
        ({"prices": Path("nowhere")}, "--prices"),
        ({"report": Path("nowhere/report.json")}, "--report"),
    ],
)
def test_bad_options_are_named(prices: Path, changed: dict[str, Any], named: str) -> None:
    with pytest.raises(CommandError, match=named):
        call_command("backtest", **(options(prices) | changed))

"""Forward through the past, lock by lock, with the code that serves: what would have been said.

Models are trained once, on bars closed before the window; their recalibration goes on inside it,
from outcomes known before each lock. Nothing else of the window is seen before its time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from league.horizons import DAY, Horizon
from league.volatility import Z90
from markets import consolidation
from predictions.backtest import skill
from predictions.forecasters import base, rookie_line, volatility
from predictions.training import calibration, candidates, features, lessons
from predictions.training.artifacts import Model
from predictions.training.calibration import Record
from predictions.training.features import Closes, Floats, Times

HOUSE, TREND, ROOKIE = "house-walker", "trend-line", "rookie-line"
HAR, FOREST, ENSEMBLE = "vol-scholar", "forest", "ensemble"
NAMES: Final = (HOUSE, TREND, ROOKIE, HAR, FOREST, ENSEMBLE)
FAMILIES: Final = {HAR: candidates.HAR, FOREST: candidates.FOREST}


class NothingToTrain(Exception):
    """Too few bars before the window for this model."""


@dataclass(frozen=True, slots=True, eq=False)
class Rounds:
    """An asset's rounds of the window, in order of their locks; all of shape (n, ...)."""

    locks: Times
    rows: Floats
    sigmas_bp: Floats
    outcomes_bp: Floats
    past: Sequence[Closes]


def locks_of(horizon: Horizon, *, start: int, end: int) -> Times:
    """The horizon's locks from `start` whose rounds settle by `end`, epoch seconds."""
    first = -(-(start - horizon.offset_s) // horizon.cadence_s) * horizon.cadence_s
    last = end - horizon.length_s + 1
    return np.arange(first + horizon.offset_s, last, horizon.cadence_s, dtype=np.int64)


def rounds_of(closes: Closes, *, horizon: Horizon, locks: Times) -> Rounds:
    """The rounds with a close at their lock and at their settlement, and 721 closes before."""
    rows, variances = features.table(closes, horizon=horizon)
    closed_at = closes.opened_at + horizon.bar_s
    at, then = (np.searchsorted(closed_at, when) for when in (locks, locks + horizon.length_s))
    bounded = np.minimum(then, closed_at.size - 1)
    played = (at >= features.LEAST_RETURNS) & (then < closed_at.size)
    played &= (closed_at[np.minimum(at, bounded)] == locks) & (
        closed_at[bounded] == locks + horizon.length_s
    )
    at, then = at[played], then[played]
    place = at - features.LEAST_RETURNS
    return Rounds(
        locks=locks[played],
        rows=rows[place],
        sigmas_bp=1e4 * np.sqrt(variances[place] * horizon.bars),
        outcomes_bp=1e4 * np.log(closes.close[then] / closes.close[at]),
        past=[
            until(closes, lock, bar_s=horizon.bar_s, count=rookie_line.HOURS + 1)
            for lock in locks[played].tolist()
        ],
    )


def until(closes: Closes, moment: int, *, bar_s: int, count: int) -> Closes:
    """The newest `count` bars closed at or before a moment."""
    series = consolidation.Closes(closes.opened_at, closes.close)
    return series.until(moment - bar_s, count=count)


def trained(
    assets: Mapping[str, Closes], *, horizon: Horizon, train_until: int, names: Sequence[str]
) -> dict[str, Model]:
    """The models that `names` need, each trained on bars closed by `train_until`.

    :raises NothingToTrain: when there are too few.
    """
    wanted = [HAR, FOREST] if ENSEMBLE in names else [n for n in (HAR, FOREST) if n in names]
    if not wanted:
        return {}
    past = [
        until(closes, train_until, bar_s=horizon.bar_s, count=lessons.MOST_BARS)
        for closes in assets.values()
    ]
    taught = lessons.gather(past, horizon=horizon)
    found: dict[str, Model] = {}
    for name in wanted:
        model = taught and candidates.fit(taught, family=FAMILIES[name], horizon=horizon)
        if not model:
            raise NothingToTrain(f"{name} has too few bars before the window.")
        found[name] = model
    return found


def quantiles(
    name: str, rounds: Rounds, *, horizon: Horizon, models: Mapping[str, Model]
) -> Floats:
    """What a forecaster would have said: p10, p50, p90 in basis points of each round, (n, 3)."""
    house = skill.house(rounds.sigmas_bp, width=horizon.width)
    if name == HOUSE:
        return house
    if name in {TREND, ROOKIE}:
        return house + _drifts(rounds, horizon=horizon, is_raw=name == TREND)[:, None]
    members = [HAR, FOREST] if name == ENSEMBLE else [name]
    halves = [_halves(models[member], rounds, horizon=horizon) for member in members]
    return skill.symmetric(np.mean(halves, axis=0))


def _halves(model: Model, rounds: Rounds, *, horizon: Horizon) -> Floats:
    """Half widths, recalibrated by the outcomes known before each lock."""
    if not rounds.locks.size:
        return np.empty(0)
    raw = (model.half_widths(rounds.rows) * rounds.sigmas_bp).tolist()
    houses = (Z90 * horizon.width * rounds.sigmas_bp).tolist()
    sizes = np.abs(rounds.outcomes_bp).tolist()
    # An outcome that becomes known with the lock comes too late for it.
    known = np.searchsorted(rounds.locks + horizon.length_s, rounds.locks, side="left").tolist()
    halves: list[float] = []
    record, counted = Record(), 0
    for half, house, settled in zip(raw, houses, known, strict=True):
        for place in range(counted, settled):
            record = record.after(missed=sizes[place] > halves[place])
        counted = settled
        factor = calibration.factor(record, horizon=horizon.name)
        halves.append(volatility.held(half * factor, house=house))
    return np.array(halves)


def _drifts(rounds: Rounds, *, horizon: Horizon, is_raw: bool) -> Floats:
    """How far the trend carries the price by the settlement, in basis points."""
    shown = zip(rounds.past, rounds.locks.tolist(), rounds.sigmas_bp.tolist(), strict=True)
    return np.array(
        [
            _raw(past, at=lock + horizon.length_s)
            if is_raw
            else _placed(past, horizon=horizon, sigma_bp=sigma_bp)
            for past, lock, sigma_bp in shown
        ]
    )


def _raw(past: Closes, *, at: int) -> float:
    days, closes = rookie_line.daily_closes(past)
    price = float(past.close[-1])
    said = rookie_line.value(days, closes, at=at / DAY)
    return 1e4 * float(np.log(max(said / price, 0.01)))


def _placed(past: Closes, *, horizon: Horizon, sigma_bp: float) -> float:
    """As Rookie Line plays it: the slope from the last price, as far as an entry may reach."""
    days, closes = rookie_line.daily_closes(past)
    per_day = rookie_line.slope(days, closes) / float(past.close[-1])
    wanted = rookie_line.drift_bp(per_day, horizon=horizon)
    return base.reached(wanted, horizon=horizon, sigma_bp=sigma_bp)

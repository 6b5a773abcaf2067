"""A backtest as numbers: each model's skill over the whole window, by asset and by quarter."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np

from league.horizons import Horizon
from predictions.backtest import skill, walk
from predictions.backtest.skill import Lost
from predictions.backtest.walk import Rounds
from predictions.training.artifacts import Model
from predictions.training.features import Closes, Times


@dataclass(frozen=True, slots=True)
class Plan:
    """What to walk through; instants in epoch seconds."""

    horizon: Horizon
    train_until: int
    start: int
    end: int
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Answers:
    """A model's rounds of all assets, one after the other; `below` counts the quantiles that the
    outcome lies above, `asset` is a place in `assets`; both (n,).
    """

    name: str
    assets: tuple[str, ...]
    asset: Times
    below: Times
    lost: Lost


def run(assets: Mapping[str, Closes], plan: Plan) -> Iterator[Answers]:
    """Train, then walk: each model's answers as they are ready.

    :raises predictions.backtest.walk.NothingToTrain: before the first.
    """
    models = walk.trained(
        assets, horizon=plan.horizon, train_until=plan.train_until, names=plan.names
    )
    locks = walk.locks_of(plan.horizon, start=plan.start, end=plan.end)
    rounds = {
        symbol: walk.rounds_of(closes, horizon=plan.horizon, locks=locks)
        for symbol, closes in assets.items()
    }
    for name in plan.names:
        yield _answers(name, rounds, plan=plan, models=models)


def of(found: Sequence[Answers], plan: Plan) -> dict[str, Any]:
    """The report as JSON."""
    window = {
        "train_until": _iso(plan.train_until),
        "start": _iso(plan.start),
        "end": _iso(plan.end),
    }
    return {
        "horizon": plan.horizon.name,
        "window": window,
        "models": [_model(answers) for answers in found],
    }


def _answers(
    name: str, rounds: Mapping[str, Rounds], *, plan: Plan, models: Mapping[str, Model]
) -> Answers:
    parts = []
    for place, one in enumerate(rounds.values()):
        said = walk.quantiles(name, one, horizon=plan.horizon, models=models)
        house = skill.house(one.sigmas_bp, width=plan.horizon.width)
        below = (one.outcomes_bp[:, None] > said).sum(axis=1)
        parts.append(
            (
                np.full(one.locks.size, place),
                below,
                skill.losses(said, one.outcomes_bp),
                skill.losses(house, one.outcomes_bp),
                one.sigmas_bp,
                (below == 1) | (below == 2),  # noqa: PLR2004 -- between p10 and p90
                one.locks,
            )
        )
    asset, below, *columns = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Answers(name, tuple(rounds), asset, below, Lost(*columns))


def _model(answers: Answers) -> dict[str, Any]:
    lost = answers.lost
    quarters = np.array([_quarter(lock) for lock in lost.locks.tolist()])
    return {
        "name": answers.name,
        **asdict(skill.measure(lost)),
        "by_asset": {
            symbol: asdict(skill.measure(lost.where(answers.asset == place)))
            for place, symbol in enumerate(answers.assets)
            if (answers.asset == place).any()
        },
        "by_quarter": {
            quarter: asdict(skill.measure(lost.where(quarters == quarter)))
            for quarter in sorted(set(quarters.tolist()))
        },
    }


def _quarter(lock: int) -> str:
    at = datetime.fromtimestamp(lock, tz=UTC)
    return f"{at.year}-Q{(at.month + 2) // 3}"


def _iso(moment: int) -> str:
    return datetime.fromtimestamp(moment, tz=UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

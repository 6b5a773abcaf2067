"""Training and forecasting: pooled over all assets at once, and the loop over assets beside them.

Training is of everything a horizon of `make run` or of a season has: a regression and trees for
1h, 24h and 7d on ten assets of four invented years. The loop fits one model an asset. Forecasting
is rows, model and recalibration for a thousand assets at once; the loop asks asset by asset.
"""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from typing import Final

import numpy as np

from bench.goals import Line, line
from bench.harness import Plan, measure, middle, wall
from league.horizons import HOUR, TABLE
from markets.consolidation import Closes
from predictions.training import calibration, candidates, features, lessons
from predictions.training.artifacts import Model
from predictions.training.calibration import Record

HORIZONS: Final = ("1h", "24h", "7d")
START: Final = 1_606_780_800  # 2020-12-01
SIGMA_BP: Final = 200.0


def run(plan: Plan) -> Iterator[Line]:
    hours = plan.pick(smoke=1_500, quick=12_000, full=lessons.MOST_BARS)
    assets = [market(seed, hours=hours) for seed in range(10)]
    pooled = seconds(partial(train, [assets]))
    alone_count = plan.pick(smoke=1, quick=2, full=10)
    loop = seconds(partial(train, [[asset] for asset in assets[:alone_count]]))
    minutes = loop / alone_count * 1000 / 60
    yield line(
        "L1",
        floor=f"{loop:.1f} s",
        ours=f"{pooled:.1f} s",
        value=pooled,
        is_whole=plan.is_full,
        detail=f"{', '.join(HORIZONS)}, both families, {hours:,} hours of ten assets; the loop "
        f"fits {alone_count} of them one by one, which makes {minutes:.0f} minutes for a thousand",
    )
    count = plan.pick(smoke=20, quick=1_000, full=1_000)
    batch = [market(seed, hours=900) for seed in range(count)]
    models = trained(assets)
    at_once = seconds(partial(forecast, models, batch), times=9)
    one_by_one = seconds(partial(alone, models, batch), times=3)
    yield line(
        "L2",
        floor=f"{1e3 * one_by_one:.0f} ms",
        ours=f"{1e3 * at_once:.0f} ms",
        value=1e3 * at_once,
        is_whole=not plan.is_smoke,
        detail=f"{count:,} assets, both models of 24h; the loop takes "
        f"{one_by_one / at_once:.0f} times as long",
    )


def market(seed: int, *, hours: int) -> Closes:
    """Volatility that wanders, direction that does not."""
    noise = np.random.default_rng(seed)
    moods = np.cumsum(noise.normal(0.0, 0.02, hours))
    returns = 0.005 * np.exp(np.clip(moods, -1.5, 1.5)) * noise.normal(0.0, 1.0, hours)
    opened_at = START + HOUR * np.arange(hours, dtype=np.int64)
    return Closes(opened_at, 100.0 * np.exp(np.cumsum(returns)))


def train(pools: Sequence[Sequence[Closes]]) -> None:
    for name in HORIZONS:
        for pool in pools:
            taught = lessons.gather(pool, horizon=TABLE[name])
            for family in candidates.FAMILIES:
                if taught is not None:
                    candidates.fit(taught, family=family, horizon=TABLE[name])


def trained(assets: Sequence[Closes]) -> list[Model]:
    taught = lessons.gather(assets, horizon=TABLE["24h"])
    if taught is None:
        return []
    made = [
        candidates.fit(taught, family=family, horizon=TABLE["24h"])
        for family in candidates.FAMILIES
    ]
    return [model for model in made if model is not None]


def forecast(models: Sequence[Model], batch: Sequence[Closes]) -> None:
    terms = TABLE["24h"]
    rows, _ = features.newest(batch, horizon=terms, sigmas_bp=[SIGMA_BP] * len(batch))
    for model in models:
        halves = model.half_widths(rows)
        for half in halves.tolist():
            half * calibration.factor(Record(30, 6), horizon="24h") * SIGMA_BP


def alone(models: Sequence[Model], batch: Sequence[Closes]) -> None:
    for one in batch:
        forecast(models, [one])


def seconds(act: Callable[[], None], *, times: int = 1) -> float:
    return middle([measure(act) for _ in range(times)], of=wall)

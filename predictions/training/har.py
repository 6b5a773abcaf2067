"""HAR: ridge on log realised volatility, pooled over assets, with empirical residual widths.

The normal equations have under forty unknowns, so numpy solves them in milliseconds; the Ridge
of scikit-learn would give the same numbers after a nine-second import. Pure numpy.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from league.horizons import Horizon
from predictions.training import features
from predictions.training.features import Closes, Floats

PENALTY = 10.0
# Overlapping targets repeat themselves: ask for ten independent ones, and never for fewer rows.
LEAST_ROWS = 500
LEAST_TARGETS = 10
# One silent hour must not weigh like a crash in the logarithm.
QUIETEST = 1e-2
COVERED = 0.8


@dataclass(frozen=True, slots=True)
class Model:
    """Coefficients as in features.NAMES; `spread` is the 80 % quantile of what they leave over."""

    coefficients: tuple[float, ...]
    spread: float
    rows: int

    def half_width(self, row: Floats) -> float:
        """Half the distance from p10 to p90, in sigmas. row: shape (len(features.NAMES),)."""
        return float(np.exp(row @ np.asarray(self.coefficients))) * self.spread


@dataclass(frozen=True, slots=True)
class Sample:
    """Rows (n, k), log of realised volatility over sigma (n,), |outcome| over sigma (n,)."""

    rows: Floats
    targets: Floats
    sizes: Floats


def fit(assets: Sequence[Closes], *, horizon: Horizon) -> Model | None:
    """One model for all the assets, or None when there is too little history to learn from.

    The bars given must all have closed at or before the moment of training. A target is used only
    when its whole horizon lies within them, so nothing later than the last bar is ever seen.
    """
    samples = [sample(closes, horizon=horizon) for closes in assets]
    count = sum(part.targets.size for part in samples)
    if count < max(LEAST_ROWS, LEAST_TARGETS * horizon.bars):
        return None
    rows = np.concatenate([part.rows for part in samples])
    targets = np.concatenate([part.targets for part in samples])
    sizes = np.concatenate([part.sizes for part in samples])
    coefficients = _ridge(rows, targets)
    spread = float(np.quantile(sizes / np.exp(rows @ coefficients), COVERED))
    return Model(tuple(coefficients.tolist()), spread, count)


def sample(closes: Closes, *, horizon: Horizon) -> Sample:
    """What one asset teaches: every bar with 720 returns behind it and a gapless horizon ahead."""
    rows, variances = features.table(closes, horizon=horizon)
    ahead = horizon.bars
    starts = np.arange(features.LEAST_RETURNS, closes.close.size - ahead)
    rows, sigmas = rows[: starts.size], np.sqrt(variances[: starts.size] * ahead)
    squares = features.squared_returns(closes.close)
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    realised = np.sqrt(np.maximum(sums[starts + ahead] - sums[starts], 0.0)) / sigmas
    moves = np.log(closes.close[starts + ahead] / closes.close[starts])
    spans = closes.opened_at[starts + ahead] - closes.opened_at[starts]
    whole = spans == horizon.length_s
    targets = np.log(np.maximum(realised, QUIETEST))
    return Sample(rows[whole], targets[whole], (np.abs(moves) / sigmas)[whole])


def _ridge(rows: Floats, targets: Floats) -> Floats:
    """The level, column 0, is not penalised."""
    penalty = PENALTY * np.eye(rows.shape[1])
    penalty[0, 0] = 0.0
    solution = np.linalg.solve(rows.T @ rows + penalty, rows.T @ targets)
    return np.asarray(solution, dtype=np.float64)

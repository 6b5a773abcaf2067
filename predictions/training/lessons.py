"""What the past teaches: rows, and what became of each within the horizon. Pure numpy."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from league.horizons import Horizon
from markets import consolidation
from predictions.training import features
from predictions.training.features import Closes, Floats, Times

# Overlapping outcomes repeat themselves: ask for ten independent ones, and never for fewer rows.
LEAST_ROWS: Final = 500
LEAST_OUTCOMES: Final = 10
# One silent hour must not weigh like a crash in a logarithm.
QUIETEST: Final = 1e-2
COVERED: Final = 0.8
# Four years of hours: what is older comes from another market, and cost skill when it was used.
MOST_BARS: Final = 35_064


@dataclass(frozen=True, slots=True)
class Lessons:
    """Rows (n, k); realised volatility over sigma (n,); outcome over sigma, signed (n,).

    `closed_at` (n,) is when each row's bar closed, epoch seconds.
    """

    rows: Floats
    realised: Floats
    outcomes: Floats
    closed_at: Times


def of(closes: Closes, *, horizon: Horizon) -> Lessons:
    """What one asset teaches: every bar with 720 returns behind it and a gapless horizon ahead.

    The bars given must all have closed at or before the moment of training. An outcome is used
    only when its whole horizon lies within them, so nothing later than the last bar is ever seen.
    """
    rows, variances = features.table(closes, horizon=horizon)
    ahead = horizon.bars
    starts = np.arange(features.LEAST_RETURNS, closes.close.size - ahead)
    rows, sigmas = rows[: starts.size], np.sqrt(variances[: starts.size] * ahead)
    squares = features.log_returns(closes.close) ** 2
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    realised = np.sqrt(np.maximum(sums[starts + ahead] - sums[starts], 0.0)) / sigmas
    moves = np.log(closes.close[starts + ahead] / closes.close[starts]) / sigmas
    spans = closes.opened_at[starts + ahead] - closes.opened_at[starts]
    whole = spans == horizon.length_s
    closed_at = closes.opened_at[starts] + horizon.bar_s
    return Lessons(rows[whole], realised[whole], moves[whole], closed_at[whole])


def recent(closes: Closes) -> Closes:
    """The newest bars, as many as are learned from."""
    return consolidation.Closes(closes.opened_at[-MOST_BARS:], closes.close[-MOST_BARS:])


def gather(assets: Sequence[Closes], *, horizon: Horizon) -> Lessons | None:
    """What all the assets teach, or None when that is too little to learn from."""
    parts = [of(recent(closes), horizon=horizon) for closes in assets]
    count = sum(part.outcomes.size for part in parts)
    if count < max(LEAST_ROWS, LEAST_OUTCOMES * horizon.bars):
        return None
    return Lessons(
        np.concatenate([part.rows for part in parts]),
        np.concatenate([part.realised for part in parts]),
        np.concatenate([part.outcomes for part in parts]),
        np.concatenate([part.closed_at for part in parts]),
    )

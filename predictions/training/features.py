"""What the volatility models see of one asset, sigma-normalised so that any asset fits one model.

A row belongs to the moment a bar closed and uses that bar and earlier ones only. Pure numpy; the
same code serves one asset, a thousand at once and a whole history.
Sources: Corsi (2009), "A Simple Approximate Long-Memory Model of Realized Volatility"; Black
(1976) for the sign of what happened, which says something about the size of what will.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Protocol

import numpy as np
from numpy.typing import NDArray

from league.horizons import DAY, HOUR, Horizon
from league.volatility import FLOOR_BP, SEED_BARS

Floats = NDArray[np.float64]
Times = NDArray[np.int64]
Flags = NDArray[np.bool_]

# A motionless window would be minus infinity: at calmest it counts as a tenth of sigma.
FLOOR: Final = 1e-2
PERIOD: Final = 24  # bars: a day of hourly ones
TRENDS: Final = (1, 6, 24, 168)


@dataclass(frozen=True, slots=True)
class Recipe:
    """`windows` of realised volatility in bars; `seasons`: days over which the bar that comes next
    is compared with those at the same hour. A longer horizon has no next bar of its own, and more
    windows made it worse on recorded prices (docs/forecasters.md).
    """

    windows: tuple[int, ...]
    seasons: tuple[int, ...] = ()


BRIEF: Final = (1, 2, 3, 6, 12, 24, 72, 168, 720)
LONG: Final = (1, 24, 168, 720)
RECIPES: Final = {
    "5m": Recipe(BRIEF),
    "1h": Recipe(BRIEF, seasons=(7, 30)),
    "24h": Recipe(LONG),
    "7d": Recipe(LONG),
}
LEAST_RETURNS: Final = max(*BRIEF, *LONG, SEED_BARS)


class Closes(Protocol):
    """One asset's closes: opened_at in epoch seconds and close, both of shape (n,), ascending."""

    @property
    def opened_at(self) -> Times: ...
    @property
    def close(self) -> Floats: ...


def names(horizon: Horizon) -> tuple[str, ...]:
    """The columns of a row, in order."""
    recipe = RECIPES[horizon.name]
    return (
        "level",
        *(f"log_rv_{bars}" for bars in recipe.windows),
        *(f"log_season_{days}" for days in recipe.seasons),
        *(f"trend_{bars}" for bars in TRENDS),
        *(f"size_{bars}" for bars in TRENDS),
        *(f"hour_{hour}" for hour in range(24)),
        *(f"weekday_{day}" for day in range(7)),
    )


def table(closes: Closes, *, horizon: Horizon) -> tuple[Floats, Floats]:
    """Rows (n - 720, len(names)) and variances per bar (n - 720,), for every bar from the 721st.

    Row i belongs to closes[720 + i]; fewer than 721 closes give no rows.
    """
    returns = log_returns(closes.close)
    if returns.size < LEAST_RETURNS:
        return np.empty((0, len(names(horizon)))), np.empty(0)
    variances = _ewma(returns**2, half_life=horizon.half_life)[LEAST_RETURNS - 1 :]
    variances = np.maximum(variances, (FLOOR_BP / 1e4) ** 2 / horizon.bars)
    closed_at = closes.opened_at[LEAST_RETURNS:] + horizon.bar_s
    return _rows(returns, variances, closed_at, horizon=horizon), variances


def newest(
    batch: Sequence[Closes], *, horizon: Horizon, sigmas_bp: Sequence[float]
) -> tuple[Floats, Flags]:
    """The rows (m, len(names)) of each asset's newest bar, and which of them are known (m,).

    sigmas_bp: the volatility over the horizon after that bar, as the scoring rule measures it.
    With fewer than 721 closes a row is unknown, and zero.
    """
    known = np.array([closes.close.size > LEAST_RETURNS for closes in batch], dtype=np.bool_)
    rows = np.zeros((len(batch), len(names(horizon))))
    if known.any():
        old = [closes for closes, is_known in zip(batch, known, strict=True) if is_known]
        prices = np.stack([closes.close[-LEAST_RETURNS - 1 :] for closes in old])
        closed_at = np.stack([closes.opened_at[-1:] for closes in old]) + horizon.bar_s
        sigmas = np.asarray(sigmas_bp, dtype=np.float64)[known, None]
        variances = (sigmas / 1e4) ** 2 / horizon.bars
        rows[known] = _rows(log_returns(prices), variances, closed_at, horizon=horizon)[:, 0]
    return rows, known


def log_returns(close: Floats) -> Floats:
    """Log returns along the last axis, one fewer than closes."""
    returns: Floats = np.diff(np.log(close))
    return returns


def _ewma(squares: Floats, *, half_life: int) -> Floats:
    """The scoring rule's variance after each return; its seed looks ahead until index 719."""
    decay = 2.0 ** (-1.0 / half_life)
    seed = float(squares[:SEED_BARS].mean())
    steps = accumulate(squares.tolist(), lambda v, r: decay * v + (1.0 - decay) * r, initial=seed)
    return np.fromiter(steps, dtype=np.float64, count=squares.size + 1)[1:]


def _rows(returns: Floats, variances: Floats, closed_at: Times, *, horizon: Horizon) -> Floats:
    """Rows (..., n - 719, k) of returns (..., n), variances and closing times (..., n - 719)."""
    recipe, squares = RECIPES[horizon.name], returns**2
    means = [_sums(squares, window=bars) / bars for bars in recipe.windows]
    means += [_same_hour(squares, days=days) for days in recipe.seasons]
    logs = [0.5 * np.log(np.maximum(mean / variances, FLOOR)) for mean in means]
    deviations = np.sqrt(variances)
    trends = [_sums(returns, window=bars) / (deviations * bars**0.5) for bars in TRENDS]
    columns = [np.ones_like(variances), *logs, *trends, *(np.abs(trend) for trend in trends)]
    hours = np.eye(24)[closed_at % DAY // HOUR]
    weekdays = np.eye(7)[closed_at // DAY % 7]
    return np.concatenate([np.stack(columns, axis=-1), hours, weekdays], axis=-1)


def _sums(values: Floats, *, window: int) -> Floats:
    """Sum of the last `window` values, from the 720th on."""
    if window == 1:
        return values[..., LEAST_RETURNS - 1 :]
    sums = np.concatenate([np.zeros_like(values[..., :1]), np.cumsum(values, axis=-1)], axis=-1)
    found: Floats = sums[..., LEAST_RETURNS:] - sums[..., LEAST_RETURNS - window : -window]
    return found


def _same_hour(squares: Floats, *, days: int) -> Floats:
    """Mean square, over so many days, of the bars a whole number of days before the next one."""
    count = squares.shape[-1] - LEAST_RETURNS + 1
    starts = [LEAST_RETURNS - PERIOD * day for day in range(1, days + 1)]
    same = np.stack([squares[..., start : start + count] for start in starts])
    found: Floats = same.mean(axis=0)
    return found

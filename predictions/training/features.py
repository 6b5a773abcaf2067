"""What the volatility models see of one asset, sigma-normalised so that any asset fits one model.

A row belongs to the moment a bar closed and uses that bar and earlier ones only. Pure numpy.
Source: Corsi (2009), "A Simple Approximate Long-Memory Model of Realized Volatility".
"""

from itertools import accumulate
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from league.horizons import DAY, HOUR, Horizon
from league.volatility import FLOOR_BP, SEED_BARS

Floats = NDArray[np.float64]
Times = NDArray[np.int64]

# In bars: 1 h, 24 h, 7 d and 30 d of hourly bars, and the same numbers of minutes for 5m rounds.
WINDOWS = (1, 24, 168, 720)
LEAST_RETURNS = max(*WINDOWS, SEED_BARS)
# A motionless window would be minus infinity: at calmest it counts as a tenth of sigma.
FLOOR = 1e-2
NAMES = (
    "level",
    *(f"log_rv_{bars}" for bars in WINDOWS),
    *(f"hour_{hour}" for hour in range(24)),
    *(f"weekday_{day}" for day in range(7)),
)


class Closes(Protocol):
    """One asset's closes: opened_at in epoch seconds and close, both of shape (n,), ascending."""

    @property
    def opened_at(self) -> Times: ...
    @property
    def close(self) -> Floats: ...


def table(closes: Closes, *, horizon: Horizon) -> tuple[Floats, Floats]:
    """Rows (n - 720, len(NAMES)) and variances per bar (n - 720,), for every bar from the 721st.

    Row i belongs to closes[720 + i]; fewer than 721 closes give no rows.
    """
    squares = squared_returns(closes.close)
    if squares.size < LEAST_RETURNS:
        return np.empty((0, len(NAMES))), np.empty(0)
    variances = _ewma(squares, half_life=horizon.half_life)[LEAST_RETURNS - 1 :]
    variances = np.maximum(variances, (FLOOR_BP / 1e4) ** 2 / horizon.bars)
    closed_at = closes.opened_at[LEAST_RETURNS:] + horizon.bar_s
    return _rows(squares, variances=variances, closed_at=closed_at), variances


def latest(closes: Closes, *, horizon: Horizon, sigma_bp: float) -> Floats | None:
    """The row of the newest bar, shape (len(NAMES),); None with fewer than 721 closes.

    sigma_bp: the volatility over the horizon after that bar, as the scoring rule measures it.
    """
    if closes.close.size <= LEAST_RETURNS:
        return None
    squares = squared_returns(closes.close[-LEAST_RETURNS - 1 :])
    variances = np.array([(sigma_bp / 1e4) ** 2 / horizon.bars])
    closed_at = closes.opened_at[-1:] + horizon.bar_s
    row: Floats = _rows(squares, variances=variances, closed_at=closed_at)[0]
    return row


def squared_returns(close: Floats) -> Floats:
    """Squared log returns, shape (n - 1,), of closes of shape (n,)."""
    squares: Floats = np.diff(np.log(close)) ** 2
    return squares


def _ewma(squares: Floats, *, half_life: int) -> Floats:
    """The scoring rule's variance after each return; its seed looks ahead until index 719."""
    decay = 2.0 ** (-1.0 / half_life)
    seed = float(squares[:SEED_BARS].mean())
    steps = accumulate(squares.tolist(), lambda v, r: decay * v + (1.0 - decay) * r, initial=seed)
    return np.fromiter(steps, dtype=np.float64, count=squares.size + 1)[1:]


def _rows(squares: Floats, *, variances: Floats, closed_at: Times) -> Floats:
    """A level, half the log of (realised / EWMA variance) per window, the hour and the weekday."""
    ratios = [np.maximum(_means(squares, window=bars) / variances, FLOOR) for bars in WINDOWS]
    hours = np.eye(24)[closed_at % DAY // HOUR]
    weekdays = np.eye(7)[closed_at // DAY % 7]
    logs = [0.5 * np.log(ratio) for ratio in ratios]
    return np.column_stack([np.ones_like(variances), *logs, hours, weekdays])


def _means(squares: Floats, *, window: int) -> Floats:
    """Mean of the last `window` squares, from the 720th on."""
    if window == 1:
        return squares[LEAST_RETURNS - 1 :]
    sums = np.concatenate([[0.0], np.cumsum(squares)])
    means: Floats = (sums[LEAST_RETURNS:] - sums[LEAST_RETURNS - window : -window]) / window
    return means

"""What a commentator is told, what it says, and the two ways in which it can fail."""

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from typing import Final, Protocol

import numpy as np

from league.horizons import DAY, HOUR
from predictions.training.features import Closes
from predictions.usage import NOTHING, Usage

# The alphabet and length of a symbol: whatever else an asset is called never leaves the house.
NOT_A_SYMBOL: Final = re.compile(r"[^A-Z0-9]+")
LONGEST_SYMBOL: Final = 12


class NoComment(Exception):
    """`usage` is what was spent all the same; `is_free` when the vendor bills nothing for it."""

    usage = NOTHING
    is_free = False


class CommentaryUnavailable(NoComment):
    """No answer this time: try again at a later round."""


class CommentaryRejected(NoComment):
    """The request will never be answered as it is: a bad key, a blocked prompt, a broken reply."""


@dataclass(frozen=True, slots=True)
class Facts:
    """Numbers about one asset at the close of an hour, rounded: nothing a user wrote.

    `as_of` is epoch seconds; changes are basis points of log return, None where history is too
    short; `daily_vol_bp` is the last day's realised volatility. One hour has one set of facts per
    asset and horizon, so a revised entry finds its comment in the cache.
    """

    symbol: str
    horizon: str
    as_of: int
    price: float
    change_1h_bp: int | None
    change_24h_bp: int | None
    change_7d_bp: int | None
    daily_vol_bp: int | None

    def as_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)

    def digest(self) -> str:
        return hashlib.sha256(self.as_json().encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Comment:
    """`sentiment` in [-1, 1]; `is_simulated` when no language model wrote it."""

    sentiment: float
    reasoning: str
    source: str
    is_simulated: bool
    usage: Usage = NOTHING


class Commentator(Protocol):
    def comment(self, facts: Facts) -> Comment:
        """:raises CommentaryUnavailable: or CommentaryRejected; the deterministic twin never."""


def observe(hourly: Closes, *, symbol: str, horizon: str) -> Facts:
    """The facts at the newest hourly close. hourly: at least one bar.

    The symbol is the only word among the numbers: it is cut down to what a symbol can be.
    """
    return Facts(
        symbol=NOT_A_SYMBOL.sub("", symbol)[:LONGEST_SYMBOL],
        horizon=horizon,
        as_of=int(hourly.opened_at[-1]) + HOUR,
        price=float(f"{hourly.close[-1]:.6g}"),
        change_1h_bp=_change(hourly, seconds=HOUR),
        change_24h_bp=_change(hourly, seconds=DAY),
        change_7d_bp=_change(hourly, seconds=7 * DAY),
        daily_vol_bp=_daily_vol(hourly),
    )


def _change(hourly: Closes, *, seconds: int) -> int | None:
    """Log return in basis points since the bar that opened `seconds` before the newest one."""
    wanted = hourly.opened_at[-1] - seconds
    index = int(hourly.opened_at.searchsorted(wanted))
    if hourly.opened_at[index] != wanted:
        return None
    return round(1e4 * float(np.log(hourly.close[-1] / hourly.close[index])))


def _daily_vol(hourly: Closes) -> int | None:
    returns = np.diff(np.log(hourly.close[-25:]))
    if returns.size < DAY // HOUR:
        return None
    return round(1e4 * float(np.sqrt(returns @ returns)))

"""An invented market: one minute path per asset, the same for ever for one (seed, symbol).

Daily log returns have stochastic volatility (an AR(1) log-volatility, so calm and wild weeks
cluster) and a slow pull to the base price, which keeps thirty years of it near today's level.
Inside a day the path is a Brownian bridge between the two closes whose clock runs faster in some
hours than in others. A symbol's 11,322 daily closes are drawn at once, in milliseconds; any
minute of 2015..2045 is then reached directly, and never depends on what was asked before.
"""

import functools
import hashlib
from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

Path = NDArray[np.float64]

FIRST_DAY: Final = 16_436  # 2015-01-01, in days since 1970
DAYS: Final = 11_323  # to 2045-12-31
MINUTES: Final = 1440
PERSISTENCE: Final = 0.97  # of log-volatility, per day
SHOCK: Final = 0.12
PULL: Final = 1 / 90  # per day
HOURLY_SPREAD: Final = 0.35  # of log-volatility between the hours of a day
WIGGLE: Final = 0.35  # how far high and low reach past a minute's ends, in minute volatilities


@dataclass(frozen=True, slots=True)
class Profile:
    """Where an invented asset lives: price in USD, daily volatility, coins in circulation."""

    base: float
    volatility: float
    supply: float


PROFILES: Final = {
    "BTC": Profile(60_000.0, 0.025, 19.7e6),
    "ETH": Profile(2_500.0, 0.033, 120.4e6),
    "SOL": Profile(150.0, 0.045, 470e6),
    "XRP": Profile(0.6, 0.04, 56e9),
    "ADA": Profile(0.4, 0.04, 35e9),
    "DOGE": Profile(0.12, 0.05, 145e9),
    "BNB": Profile(550.0, 0.028, 146e6),
    "LINK": Profile(14.0, 0.045, 610e6),
    "LTC": Profile(80.0, 0.036, 75e6),
    "TRX": Profile(0.13, 0.024, 86e9),
}


def profile(symbol: str) -> Profile:
    """Describe an asset; one nobody described gets a life from the hash of its name."""
    if symbol in PROFILES:
        return PROFILES[symbol]
    draw = np.random.default_rng(entropy("profile", symbol))
    level, volatility, size = draw.uniform((-1, 0.025, 7), (3, 0.05, 10)).tolist()
    return Profile(base=10.0**level, volatility=volatility, supply=10.0**size)


def entropy(*parts: str | int) -> int:
    """Hash the parts into 256 bits of seed; Python's own hash() changes between processes."""
    return int.from_bytes(hashlib.sha256("|".join(map(str, parts)).encode()).digest())


@functools.lru_cache(maxsize=64)
def daily(seed: int, symbol: str) -> tuple[Path, Path]:
    """Draw log closes (DAYS + 1, the first one opens the first day) and volatilities (DAYS)."""
    draw = np.random.default_rng(entropy(seed, symbol, "days"))
    life = profile(symbol)
    shocks, moves = draw.standard_normal(DAYS), draw.standard_normal(DAYS)
    volatilities, closes = np.empty(DAYS), np.empty(DAYS + 1)
    level, log_base = 0.0, float(np.log(life.base))
    closes[0] = log_base
    for day in range(DAYS):
        level = PERSISTENCE * level + SHOCK * float(shocks[day])
        volatilities[day] = life.volatility * np.exp(min(max(level, -1.0), 1.0) * 0.7)
        pulled = closes[day] + PULL * (log_base - closes[day])
        closes[day + 1] = pulled + volatilities[day] * float(moves[day])
    return closes, volatilities


@dataclass(frozen=True, slots=True)
class Day:
    """One day of the common path: log price at its 1,441 minute ends; per-minute arrays of 1,440.

    `reach` is how far high and low go past the minute's ends (log), `volume` in base units.
    """

    points: Path
    above: Path
    below: Path
    volume: Path


@functools.lru_cache(maxsize=512)
def day(seed: int, symbol: str, number: int) -> Day:
    """Walk through the day `number` (days since 1970)."""
    index = number - FIRST_DAY
    closes, volatilities = daily(seed, symbol)
    draw = np.random.default_rng(entropy(seed, symbol, "minutes", number))
    pace = np.repeat(np.exp(HOURLY_SPREAD * draw.standard_normal(24)), 60)
    pace *= np.sqrt(MINUTES / np.sum(pace**2))
    step = float(volatilities[index]) / np.sqrt(MINUTES) * pace
    clock = np.concatenate(([0.0], np.cumsum(pace**2) / MINUTES))
    free = np.concatenate(([0.0], np.cumsum(step * draw.standard_normal(MINUTES))))
    start, end = float(closes[index]), float(closes[index + 1])
    points = start + free + clock * (end - start - free[-1])
    points[-1] = end  # to the last bit, where the next day begins
    turnover = 2e7 * np.exp(0.5 * draw.standard_normal(MINUTES)) * pace / MINUTES
    return Day(
        points=points,
        above=step * WIGGLE * np.abs(draw.standard_normal(MINUTES)),
        below=step * WIGGLE * np.abs(draw.standard_normal(MINUTES)),
        volume=turnover / np.exp(points[1:]),
    )


def covers(number: int) -> bool:
    """Say whether the invented market exists on that day."""
    return FIRST_DAY <= number < FIRST_DAY + DAYS

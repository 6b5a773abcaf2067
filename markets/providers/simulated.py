"""Three invented venues quoting the market of `walk`, a few basis points apart."""

import functools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

import numpy as np
from numpy.typing import NDArray

from markets.modes import PriceMode
from markets.providers import base, figures, walk

NAMES: Final = ("sim-alpha", "sim-beta", "sim-gamma")
BP: Final = 1e-4
OFFSET_BP: Final = 2.0  # a venue's constant distance from the common path, at most
NOISE_BP: Final = 1.0  # and what it wanders, at most 3 of these
INTERVALS: Final = (base.MINUTE, base.HOUR, base.DAY)

Grid = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Simulated:
    """One venue; deterministic in (seed, symbol, instant), reachable in any order."""

    name: str
    seed: int

    @property
    def price_mode(self) -> str:
        return PriceMode.SIMULATED

    @property
    def intervals(self) -> frozenset[int]:
        return frozenset(INTERVALS)

    def latest(self, symbols: Sequence[str], *, now: datetime) -> dict[str, base.QuoteValue]:
        """Quote the price of this second, with its change since a day ago.

        :raises base.ProviderUnavailable: outside 2015..2045.
        """
        return {symbol: self._quote(symbol, now.replace(microsecond=0)) for symbol in symbols}

    def bars(
        self, *, symbol: str, interval: int, start: datetime, end: datetime
    ) -> list[base.BarValue]:
        """Cut the venue's minute path into bars; every interval is the same path."""
        if interval not in INTERVALS:
            return []
        first, last = int(start.timestamp()), int(end.timestamp())
        places = _places(walk.profile(symbol).base)
        return [
            _bar(opened, row, places)
            for number in range(first // base.DAY, -(-last // base.DAY))
            if walk.covers(number)
            for opened, row in _cut(_day(self, symbol, number), number, interval)
            if opened >= start.timestamp() and opened + interval <= last
        ]

    def _quote(self, symbol: str, now: datetime) -> base.QuoteValue:
        life = walk.profile(symbol)
        price = _decimal(self._price(symbol, now), _places(life.base))
        before = self._price(symbol, now - timedelta(days=1))
        return base.QuoteValue(
            symbol=symbol,
            price=price,
            source_time=now,
            fetched_at=now,
            change_24h_pct=_decimal(100 * (float(price) / before - 1), 4),
            market_cap=_decimal(float(price) * life.supply, 2),
            digest=figures.digest(self.name, symbol, price, now.isoformat()),
        )

    def _price(self, symbol: str, at: datetime) -> float:
        number, second = divmod(int(at.timestamp()), base.DAY)
        if not walk.covers(number):
            raise base.ProviderUnavailable("outside_simulation", at.isoformat())
        points = _points(self, symbol, number)
        return float(np.exp(np.interp(second / 60, np.arange(walk.MINUTES + 1), points)))


@functools.lru_cache(maxsize=4)
def venues(seed: int) -> tuple[base.Provider, ...]:
    """Open the three venues of one invented world."""
    return tuple(Simulated(name, seed) for name in NAMES)


def _points(venue: Simulated, symbol: str, number: int) -> Grid:
    """Log prices at the day's minute ends: the common path, this venue's offset, its noise.

    The noise is nought at midnight, so that days join.
    """
    lean = np.random.default_rng(walk.entropy(venue.seed, symbol, venue.name))
    draw = np.random.default_rng(walk.entropy(venue.seed, symbol, venue.name, number))
    noise = np.clip(draw.standard_normal(walk.MINUTES + 1), -3, 3) * NOISE_BP * BP
    noise[0] = noise[-1] = 0.0
    offset = lean.uniform(-OFFSET_BP, OFFSET_BP) * BP
    points: Grid = walk.day(venue.seed, symbol, number).points + offset + noise
    return points


@functools.lru_cache(maxsize=64)
def _day(venue: Simulated, symbol: str, number: int) -> Grid:
    """Shape (1440, 5): open, high, low, close, volume of each minute."""
    common, points = walk.day(venue.seed, symbol, number), _points(venue, symbol, number)
    opens, closes = points[:-1], points[1:]
    highs = np.maximum(opens, closes) + common.above
    lows = np.minimum(opens, closes) - common.below
    prices = np.exp(np.stack([opens, highs, lows, closes], axis=1))
    return np.column_stack([prices, common.volume])


def _cut(minutes: Grid, number: int, interval: int) -> Iterator[tuple[int, list[float]]]:
    """Yield (opened, [open, high, low, close, volume]) for each bar of the day."""
    parts = minutes.reshape(base.DAY // interval, interval // base.MINUTE, 5)
    rows = np.column_stack(
        [
            parts[:, 0, 0],
            parts[:, :, 1].max(axis=1),
            parts[:, :, 2].min(axis=1),
            parts[:, -1, 3],
            parts[:, :, 4].sum(axis=1),
        ]
    ).tolist()
    start = number * base.DAY
    return zip(range(start, start + base.DAY, interval), rows, strict=True)


def _places(level: float) -> int:
    """Decimal places such that a tick is well below a tenth of a basis point."""
    return min(8, max(2, 6 - int(np.floor(np.log10(level)))))


def _decimal(value: float, places: int) -> Decimal:
    return Decimal(f"{value:.{places}f}")


def _bar(opened: int, row: list[float], places: int) -> base.BarValue:
    opening, high, low, close = (_decimal(value, places) for value in row[:4])
    return base.BarValue(
        opened_at=datetime.fromtimestamp(opened, tz=UTC),
        open=opening,
        high=high,
        low=low,
        close=close,
        volume=_decimal(row[4], 4),
    )

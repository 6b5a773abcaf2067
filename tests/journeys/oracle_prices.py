"""The oracle's prices: instants and volatility straight from the CSV bars, in plain Python.

Written from the rules alone. It imports nothing from the project, so an agreement means something.
"""

import csv
import gzip
import math
import statistics
from bisect import bisect_right
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from functools import cached_property, lru_cache
from itertools import pairwise
from pathlib import Path

HOUR = 3600
CENT = Decimal("0.00000001")
QUOTES = ("USD", "USDT")  # in order of preference
OUTLIER_BP = 100
SEED_RETURNS = 720
LEAST_RETURNS = 72
FLOOR_BP = 5.0


@dataclass(frozen=True)
class Rule:
    """One row of the horizon table: `bars` hourly bars from lock to settlement."""

    bars: int
    half_life: int
    c: str


RULES = {"1h": Rule(1, 24, "0.85"), "24h": Rule(24, 72, "0.90"), "7d": Rule(168, 264, "0.90")}


@dataclass(frozen=True)
class Bar:
    close: Decimal
    volume: Decimal | None


@dataclass(frozen=True)
class Instant:
    """The price of one instant, or why there is none."""

    price: Decimal | None
    sources: tuple[str, ...] = ()
    reason: str = ""


def parse_time(text: str) -> datetime:
    """:raises ValueError: when the text is not ISO with a trailing Z."""
    if not text.endswith("Z"):
        raise ValueError(f"not an ISO Z time: {text!r}")
    return datetime.fromisoformat(text).astimezone(UTC)


def show_time(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%dT%H:%M:%SZ")


def epoch(moment: datetime) -> int:
    return int(moment.timestamp())


def spread_bp(value: Decimal, centre: Decimal) -> float:
    return abs(1e4 * math.log(value / centre))


def dispute_bp(asset: str) -> int:
    return 25 if asset in {"BTC", "ETH"} else 50


def quantized(price: Decimal) -> Decimal:
    return price.quantize(CENT, rounding=ROUND_HALF_EVEN)


def read_bars(path: Path) -> dict[int, Bar]:
    """Bars by the epoch second they open at."""
    body = path.read_bytes()
    text = (gzip.decompress(body) if path.suffix == ".gz" else body).decode()
    return {
        epoch(parse_time(row["timestamp_utc"])): Bar(
            Decimal(row["close"]), Decimal(row["volume"]) if row["volume"] else None
        )
        for row in csv.DictReader(text.splitlines())
    }


def find_file(venue: Path, asset: str) -> Path | None:
    names = [f"{asset}{quote}_1h.csv{gz}" for quote in QUOTES for gz in ("", ".gz")]
    return next((venue / name for name in names if (venue / name).is_file()), None)


def read_sources(directory: Path, asset: str) -> dict[str, dict[int, Bar]]:
    venues = sorted(path for path in directory.iterdir() if path.is_dir())
    found = {venue.name: find_file(venue, asset) for venue in venues}
    return {name: read_bars(path) for name, path in found.items() if path is not None}


@dataclass(frozen=True, eq=False)
class Market:
    """Every venue's hourly bars of one asset."""

    asset: str
    sources: Mapping[str, Mapping[int, Bar]]

    @cached_property
    def consolidated(self) -> dict[int, float]:
        """Median close over the sources that have the bar, by opening second, ascending."""
        opens = sorted(set().union(*self.sources.values()))
        return {
            opened: statistics.median(
                float(bars[opened].close) for bars in self.sources.values() if opened in bars
            )
            for opened in opens
        }

    @cached_property
    def close_times(self) -> list[int]:
        return [opened + HOUR for opened in self.consolidated]

    @cached_property
    def returns(self) -> list[float]:
        closes = list(self.consolidated.values())
        return [math.log(after / before) for before, after in pairwise(closes)]

    def last_close(self, moment: datetime) -> float:
        """The newest consolidated close of a bar that closed at `moment` or before."""
        return list(self.consolidated.values())[bisect_right(self.close_times, epoch(moment)) - 1]

    def sigma_bp(self, moment: datetime, horizon: str) -> float:
        """The EWMA scale in basis points from every bar closed at `moment` or before.

        :raises ValueError: with fewer than 72 returns, where the rules name no value.
        """
        rule = RULES[horizon]
        count = max(bisect_right(self.close_times, epoch(moment)) - 1, 0)
        if count < LEAST_RETURNS:
            raise ValueError(f"{self.asset}: {count} returns at {show_time(moment)}")
        if count < SEED_RETURNS:
            variance = ewma(self.returns[:count], rule.half_life)[-1]
        else:
            variance = self._path(rule.half_life)[count - 1]
        return max(FLOOR_BP, 1e4 * math.sqrt(rule.bars * variance))

    def _path(self, half_life: int) -> list[float]:
        kept: dict[int, list[float]] = self.__dict__.setdefault("_paths", {})
        if half_life not in kept:
            kept[half_life] = ewma(self.returns, half_life)
        return kept[half_life]

    def price_at(self, moment: datetime, sigma_bp: float) -> Instant:
        """Rules 1 to 5 over the bars that close at `moment`."""
        opened = epoch(moment) - HOUR
        bars = {name: bars[opened] for name, bars in self.sources.items() if opened in bars}
        valid = {n: bar.close for n, bar in bars.items() if bar.volume is None or bar.volume > 0}
        if len(valid) < 2:
            return Instant(None, reason=f"{len(valid)} valid sources")
        centre = statistics.median(valid.values())
        kept = {n: close for n, close in valid.items() if spread_bp(close, centre) <= OUTLIER_BP}
        if len(kept) < 2:
            return Instant(None, reason="fewer than 2 left")
        price = quantized(statistics.median(kept.values()))
        if widest(kept.values(), price) > dispute_bp(self.asset):
            return Instant(None, reason="sources disagree")
        if self._jumped(moment, price, sigma_bp) and widest(valid.values(), price) > 50:
            return Instant(None, reason="implausible jump")
        return Instant(price, tuple(sorted(kept)))

    def _jumped(self, moment: datetime, price: Decimal, sigma_bp: float) -> bool:
        before = self.last_close(moment - timedelta(seconds=1))
        return 1e4 * abs(float(price) / before - 1) > max(2000.0, 8 * sigma_bp)


def widest(values: Iterable[Decimal], price: Decimal) -> float:
    return max(spread_bp(value, price) for value in values)


def ewma(returns: list[float], half_life: int) -> list[float]:
    """v after each return; v_0, from the first 720 of them, precedes the first."""
    lam = 2.0 ** (-1.0 / half_life)
    seed = returns[:SEED_RETURNS]
    variance = math.fsum(r * r for r in seed) / len(seed)
    path = []
    for value in returns:
        variance = lam * variance + (1 - lam) * value * value
        path.append(variance)
    return path


@lru_cache(maxsize=16)
def load(directory: Path, asset: str) -> Market:
    return Market(asset, read_sources(directory, asset))

"""A small invented price directory with every trouble a venue can have."""

import csv
import gzip
import io
import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

START = datetime(2024, 1, 8, tzinfo=UTC)  # a Monday; troubles are counted in hours from here
HISTORY_HOURS = 60 * 24
AFTER_HOURS = 9 * 24
FIRST, LAST = -HISTORY_HOURS, AFTER_HOURS
PRICES = {"BTC": (42_000.0, 2), "SOL": (95.0, 4), "DOGE": (0.08, 6)}
FILES = {
    ("north", "BTC"): "BTCUSD_1h.csv",
    ("north", "SOL"): "SOLUSDT_1h.csv",
    ("north", "DOGE"): "DOGEUSDT_1h.csv.gz",
    ("south", "BTC"): "BTCUSDT_1h.csv.gz",
    ("south", "SOL"): "SOLUSD_1h.csv",
    ("south", "DOGE"): "DOGEUSD_1h.csv",
    ("west", "BTC"): "BTCUSDT_1h.csv",
    ("west", "SOL"): "SOLUSDT_1h.csv.gz",
}
DECOYS = {  # never a source: USD is preferred to USDT, and USDC is no dollar
    ("north", "BTC", "BTCUSDT_1h.csv"): 1.05,
    ("west", "SOL", "SOLUSDC_1h.csv"): 1.10,
}
OUTAGE = {"west": range(5, 10)}  # a venue is away
HALTED = ("north", 12)  # it still answers, with the last price and no volume
GAP = 21  # nobody has this bar
OFF_BP = {
    ("south", "SOL", 15): 150,  # dropped as an outlier
    ("south", "BTC", 18): 60,  # near enough to be kept, too far to agree
    ("south", "DOGE", 24): 130,  # two sources, neither believable
    ("west", "SOL", 36): 160,  # an outlier in the very hour of the jump
}
JUMP = ("SOL", 36, 1.3)  # the last instant of the hourly replay: see test_oracle


@dataclass(frozen=True)
class Bar:
    hour: int  # of its close, counted from START
    before: float
    close: float
    volume: float


def true_path(asset: str) -> list[float]:
    """Closes at hours FIRST-1 ... LAST: a walk with volatility clusters."""
    random = Random(f"path {asset}")
    price, scale, path = PRICES[asset][0], 0.004, []
    for hour in range(FIRST - 1, LAST + 1):
        shock = random.gauss(0, 1)
        price *= math.exp(scale * shock) * (JUMP[2] if (asset, hour) == JUMP[:2] else 1)
        scale = math.sqrt(1.6e-6 + scale * scale * (0.82 + 0.08 * shock * shock))
        path.append(price)
    return path


def bars(venue: str, asset: str) -> Iterator[Bar]:
    random = Random(f"venue {venue} {asset}")
    previous = PRICES[asset][0]
    for hour, price in enumerate(true_path(asset), start=FIRST - 1):
        noise_bp = random.gauss(0, 1.5) + OFF_BP.get((venue, asset, hour), 0)
        bar = Bar(hour, previous, price * math.exp(noise_bp / 1e4), random.uniform(5, 500))
        if (venue, hour) == HALTED:
            bar = replace(bar, close=previous, volume=0)
        previous = bar.close
        if hour != GAP and hour not in OUTAGE.get(venue, ()):
            yield bar


def written(bar: Bar, places: int, factor: float) -> list[str]:
    opened = START + timedelta(hours=bar.hour - 1)
    first, last = bar.before * factor, bar.close * factor
    low, high = sorted((first, last))
    prices = [f"{value:.{places}f}" for value in (first, high, low, last)]
    return [opened.strftime("%Y-%m-%dT%H:%M:%SZ"), *prices, f"{bar.volume:.4f}"]


def write_file(path: Path, asset: str, factor: float = 1.0) -> None:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(["timestamp_utc", "open", "high", "low", "close", "volume"])
    places = PRICES[asset][1]
    writer.writerows(written(bar, places, factor) for bar in bars(path.parent.name, asset))
    body = text.getvalue().encode()
    path.write_bytes(gzip.compress(body, mtime=0) if path.suffix == ".gz" else body)


def write_directory(root: Path) -> Path:
    """Three venues, three assets (one of them at two venues only), hourly."""
    for (venue, asset), name in FILES.items():
        (root / venue).mkdir(parents=True, exist_ok=True)
        write_file(root / venue / name, asset)
    for (venue, asset, name), factor in DECOYS.items():
        write_file(root / venue / name, asset, factor)
    return root

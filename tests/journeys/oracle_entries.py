"""Invented players' entries, deterministic in the seed, written as an --entries file."""

import csv
import math
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from pathlib import Path
from random import Random

from tests.journeys import oracle_prices, oracle_rounds

PLAYERS = ("anouk", "bram", "chiara", "davor", "elif", "farid")
COLUMNS = (
    "player", "asset", "horizon", "locks_at",
    "form", "p10", "p50", "p90", "point", "prob_up", "basis",
)  # fmt: skip
KINDS = (
    ("quantiles", "price"),
    ("quantiles", "return"),
    ("point", "price"),
    ("point", "return"),
    ("prob_up", "price"),
)


def written_price(price: float) -> str:
    places = 2 if price >= 1000 else 4 if price >= 1 else 8
    return str(Decimal(f"{price:.{places}f}"))


def written(value_bp: float, basis: str, price: float) -> str:
    """A quantile given in basis points, as the basis wants it."""
    if basis == "return":
        return f"{value_bp:.2f}"
    return written_price(price * math.exp(value_bp / 1e4))


def make_entry(
    random: Random, *, kind: tuple[str, str], price: float, sigma: float
) -> dict[str, str]:
    """One valid form within four sigma of the price known before the lock."""
    form, basis = kind
    if form == "prob_up":
        return {"form": form, "basis": basis, "prob_up": f"{random.randint(2, 98) / 100:.2f}"}
    if form == "point":
        value = written(random.uniform(-2.5, 2.5) * sigma, basis, price)
        return {"form": form, "basis": basis, "point": value}
    middle = random.uniform(-1, 1)
    offsets = (-random.uniform(0.2, 2.5), 0.0, random.uniform(0.2, 2.5))
    values = [written((middle + offset) * sigma, basis, price) for offset in offsets]
    return {"form": form, "basis": basis, **dict(zip(("p10", "p50", "p90"), values, strict=True))}


def make_entries(
    directory: Path,
    start: datetime,
    end: datetime,
    assets: Sequence[str],
    horizons: Sequence[str],
    seed: int,
) -> list[dict[str, str]]:
    """Rows of an --entries file: one to six players in about a third of the rounds."""
    random = Random(seed)
    rows = []
    slots = oracle_rounds.slots(start=start, end=end, assets=assets, horizons=horizons)
    for number, slot in enumerate(slot for slot in slots if random.random() < 1 / 3):
        market = oracle_prices.load(directory, slot.asset)
        known_at = slot.locks_at - timedelta(seconds=1)
        price = market.last_close(known_at)
        sigma = market.sigma_bp(known_at, slot.horizon)
        players = sorted(random.sample(PLAYERS, random.randint(1, len(PLAYERS))))
        for place, player in enumerate(players):
            kind = KINDS[(number + place) % len(KINDS)]
            rows.append(
                dict.fromkeys(COLUMNS, "")
                | {
                    "player": player,
                    "asset": slot.asset,
                    "horizon": slot.horizon,
                    "locks_at": oracle_prices.show_time(slot.locks_at),
                }
                | make_entry(random, kind=kind, price=price, sigma=sigma)
            )
    return rows


def write_entries(path: Path, entries: Sequence[dict[str, str]]) -> Path:
    with path.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(entries)
    return path

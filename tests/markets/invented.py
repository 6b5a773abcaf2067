"""An invented market for tests: a price for every second, and its bars."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class InventedBar:
    """Prices and volume as text, as most vendors send them."""

    opened: int
    open: str
    high: str
    low: str
    close: str
    volume: str


def price(second: float) -> float:
    """Between 900 and 1100, with 2 decimals."""
    return round(1000 + 60 * math.sin(second / 5000) + 30 * math.sin(second / 170), 2)


def price_at(at: datetime) -> float:
    return price(at.timestamp())


def bars(step: int, first: float, last: float) -> Iterator[InventedBar]:
    """Bars that open in [first, last], the one still open included."""
    opened = -(-int(first) // step) * step
    while opened <= last:
        opening, close = price(opened), price(opened + step)
        yield InventedBar(
            opened,
            f"{opening:.2f}",
            f"{max(opening, close) + 0.5:.2f}",
            f"{min(opening, close) - 0.5:.2f}",
            f"{close:.2f}",
            f"{1 + opened % 7}.25",
        )
        opened += step

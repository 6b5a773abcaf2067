"""Strict reading of the numbers and times other people's servers send."""

import hashlib
import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Final

from markets.providers import base

PLACES: Final = Decimal("0.00000001")
CEILING: Final = Decimal(10) ** 11  # what Decimal(20, 8) holds, with a digit to spare
VOLUME_CEILING: Final = Decimal(10) ** 19
YEAR_2100: Final = 4_102_444_800
# Digits only: Decimal() itself would take "1_000", full-width digits, "NaN" and spaces.
NUMBER: Final = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,40})?([eE][+-]?[0-9]{1,2})?")


class MalformedAnswer(base.ProviderUnavailable):
    """Try again: the answer is not what the source documents."""

    def __init__(self, detail: str) -> None:
        super().__init__("malformed", detail)


def decimal(raw: object) -> Decimal:
    """Read a finite number from its text or from JSON.

    :raises MalformedAnswer: anything else, booleans and NaN included.
    """
    if isinstance(raw, bool) or not isinstance(raw, str | int | Decimal):
        raise MalformedAnswer(f"not a number: {type(raw).__name__}")
    if not NUMBER.fullmatch(str(raw)):
        raise MalformedAnswer("not a plain number")
    return Decimal(raw)


def price(raw: object) -> Decimal:
    """Read a price, rounded to 8 places.

    :raises MalformedAnswer: not positive, or too large to be one.
    """
    value = decimal(raw)
    if not 0 < value < CEILING:
        raise MalformedAnswer("price out of range")
    rounded = value.quantize(PLACES)
    if not rounded:
        raise MalformedAnswer("price out of range")
    return rounded


def volume(raw: object) -> Decimal | None:
    """Read a volume in base units; None stays None.

    :raises MalformedAnswer: negative or absurd.
    """
    if raw is None:
        return None
    value = decimal(raw)
    if not 0 <= value < VOLUME_CEILING:
        raise MalformedAnswer("volume out of range")
    return value.quantize(PLACES)


def optional(raw: object, *, places: str, below: int) -> Decimal | None:
    """Read a figure that decorates a price: a bad one is dropped, not an error."""
    try:
        value = decimal(raw)
    except MalformedAnswer:
        return None
    return value.quantize(Decimal(places)) if abs(value) < below else None


def moment(raw: object, *, unit: int = 1) -> datetime:
    """Read a UNIX time in 1/`unit` seconds, to the second.

    :raises MalformedAnswer: not a whole number of this century.
    """
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 < raw // unit < YEAR_2100:
        raise MalformedAnswer("not a time")
    return datetime.fromtimestamp(raw // unit, tz=UTC)


def bar(opened_at: datetime, ohlc: tuple[object, ...], traded: object) -> base.BarValue:
    """Build a checked bar from (open, high, low, close) and its volume.

    :raises MalformedAnswer: a bad number, or low and high do not enclose open and close.
    """
    opening, high, low, close = (price(raw) for raw in ohlc)
    if not low <= min(opening, close) <= max(opening, close) <= high:
        raise MalformedAnswer("open and close outside low and high")
    return base.BarValue(
        opened_at=opened_at, open=opening, high=high, low=low, close=close, volume=volume(traded)
    )


def complete(
    found: Iterable[base.BarValue], *, interval: int, start: datetime, end: datetime
) -> list[base.BarValue]:
    """Keep the closed bars of the range, ascending; identical repeats are one bar.

    :raises MalformedAnswer: two different bars of one time, or a time off the grid.
    """
    kept: dict[datetime, base.BarValue] = {}
    for value in found:
        if value.opened_at < start or value.opened_at + timedelta(seconds=interval) > end:
            continue
        if int(value.opened_at.timestamp()) % interval:
            raise MalformedAnswer("bar time off the grid")
        if kept.setdefault(value.opened_at, value) != value:
            raise MalformedAnswer("two bars of one time")
    return [kept[opened_at] for opened_at in sorted(kept)]


def digest(*parts: object) -> str:
    """SHA-256 (hex) of the parts as text, comma separated."""
    return hashlib.sha256(",".join(str(part) for part in parts).encode()).hexdigest()

"""The oracle's rounds: which must exist, and how each must have ended."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from tests.journeys import oracle_prices
from tests.journeys.oracle_prices import RULES, Instant

MONDAY = 0


@dataclass(frozen=True)
class Slot:
    """One question on the calendar."""

    asset: str
    horizon: str
    locks_at: datetime

    @property
    def length(self) -> timedelta:
        return timedelta(hours=RULES[self.horizon].bars)

    @property
    def opens_at(self) -> datetime:
        return self.locks_at - self.length

    @property
    def settles_at(self) -> datetime:
        return self.locks_at + self.length

    @property
    def key(self) -> tuple[str, str, str]:
        return self.asset, self.horizon, oracle_prices.show_time(self.locks_at)


@dataclass(frozen=True)
class Outcome:
    """What the recorded bars make of a slot."""

    slot: Slot
    sigma_bp: float
    reference: Instant
    settlement: Instant

    @property
    def status(self) -> str:
        return "void" if None in {self.reference.price, self.settlement.price} else "final"


def is_lock(moment: datetime, horizon: str) -> bool:
    if horizon == "1h":
        return True
    return moment.hour == 0 and (horizon == "24h" or moment.weekday() == MONDAY)


def hours(start: datetime, end: datetime) -> Iterator[datetime]:
    """Whole hours in [start, end]."""
    moment = start.replace(minute=0, second=0, microsecond=0)
    moment += timedelta(hours=moment < start)
    while moment <= end:
        yield moment
        moment += timedelta(hours=1)


def slots(
    *, start: datetime, end: datetime, assets: Sequence[str], horizons: Sequence[str]
) -> list[Slot]:
    """Every round with start <= locks_at and settles_at <= end."""
    found = [
        Slot(asset, horizon, moment)
        for moment in hours(start, end)
        for asset in assets
        for horizon in horizons
        if is_lock(moment, horizon)
    ]
    return [slot for slot in found if slot.settles_at <= end]


def outcome(directory: Path, slot: Slot) -> Outcome:
    market = oracle_prices.load(directory, slot.asset)
    sigma = market.sigma_bp(slot.locks_at, slot.horizon)
    return Outcome(
        slot=slot,
        sigma_bp=sigma,
        reference=market.price_at(slot.locks_at, sigma),
        settlement=market.price_at(slot.settles_at, sigma),
    )

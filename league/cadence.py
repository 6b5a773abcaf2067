"""When rounds open, lock and settle: a fixed UTC grid per horizon. Pure."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from league.horizons import TABLE, Horizon

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Slot:
    """One round to be: it opens one horizon before its lock."""

    asset: str
    horizon: str
    opens_at: datetime
    locks_at: datetime
    settles_at: datetime


@dataclass(frozen=True, slots=True)
class Window:
    """Locks from `first_lock`, settlements until `last_settlement`, openings until `opens_by`."""

    first_lock: datetime
    last_settlement: datetime
    opens_by: datetime


def lock_times(*, horizon: Horizon, cadence_s: int, window: Window) -> Iterator[datetime]:
    """The grid instants of a horizon inside a window, ascending."""
    step = timedelta(seconds=cadence_s)
    origin = EPOCH + timedelta(seconds=horizon.offset_s % cadence_s)
    lock = origin - ((origin - window.first_lock) // step) * step
    while (
        lock + horizon.length <= window.last_settlement
        and lock - horizon.length <= window.opens_by
    ):
        yield lock
        lock += step


def slots(*, rules: Mapping[str, Any], window: Window) -> Iterator[Slot]:
    """Every slot of a season's rules in a window, by horizon, lock and asset."""
    for name in rules["horizons"]:
        horizon = TABLE[name]
        for lock in lock_times(horizon=horizon, cadence_s=rules["cadence"][name], window=window):
            yield from _at(lock, horizon=horizon, assets=rules["assets"])


def _at(lock: datetime, *, horizon: Horizon, assets: Sequence[str]) -> Iterator[Slot]:
    for asset in assets:
        yield Slot(asset, horizon.name, lock - horizon.length, lock, lock + horizon.length)

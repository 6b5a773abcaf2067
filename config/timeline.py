"""Virtual time: the live sweeps, called at every instant that matters to some rounds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from config import sweeps
from league.cadence import Slot

EVE = timedelta(seconds=1)


def instants_of(slots: Sequence[Slot], *, until: datetime) -> list[datetime]:
    """When something opens, locks or settles, up to `until`, ascending."""
    found = {at for slot in slots for at in (slot.opens_at, slot.locks_at, slot.settles_at)}
    return sorted(at for at in found if at <= until)


def travel(
    slots: Sequence[Slot], *, until: datetime, on_eve: Callable[[datetime], None]
) -> Iterator[datetime]:
    """Sweep at each instant, calling `on_eve` a second before each lock; yields what is done."""
    locks = {slot.locks_at for slot in slots}
    for instant in instants_of(slots, until=until):
        if instant in locks:
            on_eve(instant - EVE)
        sweeps.run(now=instant)
        yield instant

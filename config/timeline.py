"""Virtual time: the live sweeps, called at every instant that matters to some rounds."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime, timedelta

from config import sweeps
from leaderboard import standings
from league import history
from league.cadence import Slot
from markets import bars

EVE = timedelta(seconds=1)
# What is left out while time flies: quotes nobody is shown, a table nobody reads (it is made once,
# at the end), answers nobody repeats; and what the eve or `advance` does anyway.
UNSEEN = {
    "markets.record_quotes",
    "league.gather_history",
    "league.turn_rounds",
    "league.forget_answers",
    "predictions.forget_runs",
    "predictions.enter_house_picks",
    "leaderboard.publish_standings",
}


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
        with bars.reading():
            if instant in locks:
                history.gather(now=instant - EVE)  # nothing may have happened for a day
                on_eve(instant - EVE)
            sweeps.run(now=instant, skip=UNSEEN)
        yield instant
    standings.publish(now=until)

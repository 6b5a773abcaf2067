"""A round's life as a strip of steps: when each was planned and when it was done. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from league.models import Round, RoundEvent
from league.models.round import Status

DONE, CURRENT, AHEAD = "done", "current", "ahead"


@dataclass(frozen=True, slots=True)
class Step:
    """`at` is when it happened, or when it is due; None when nobody can say."""

    name: str
    meaning: str
    state: str
    at: datetime | None


def strip(round_: Round, events: Sequence[RoundEvent]) -> list[Step]:
    """The straight way through the lifecycle; holds and a void are told beside it."""
    reached = {event.to_status: event.at for event in events}
    plan: tuple[tuple[str, str, datetime | None], ...] = (
        (Status.OPEN, "Entries are taken, sealed", round_.opens_at),
        (Status.LOCKED, "Nothing more enters", round_.locks_at),
        (Status.RUNNING, "Reference price is fixed", round_.locks_at),
        (Status.SETTLED, "Outcome is known", round_.settles_at),
        (Status.FINAL, "Every entry is scored", None),
    )
    return [
        Step(
            str(Status(name).label), meaning, _state(name, round_, reached), reached.get(name, at)
        )
        for name, meaning, at in plan
    ]


def _state(name: str, round_: Round, reached: dict[str, datetime]) -> str:
    if round_.status == name:
        return CURRENT
    return DONE if name in reached else AHEAD

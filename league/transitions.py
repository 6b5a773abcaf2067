"""How a round moves: one conditional UPDATE and one event row, or nothing at all."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from league.models import Round, RoundEvent
from league.models.round import Status

GRAPH: dict[str, frozenset[str]] = {
    Status.SCHEDULED: frozenset({Status.OPEN, Status.VOID}),
    Status.OPEN: frozenset({Status.LOCKED, Status.VOID}),
    Status.LOCKED: frozenset({Status.RUNNING, Status.HELD, Status.VOID}),
    Status.RUNNING: frozenset({Status.SETTLED, Status.HELD, Status.VOID}),
    Status.HELD: frozenset({Status.LOCKED, Status.RUNNING, Status.SETTLED, Status.VOID}),
    Status.SETTLED: frozenset({Status.FINAL, Status.VOID}),
    Status.FINAL: frozenset(),
    Status.VOID: frozenset(),
}


class IllegalMove(Exception):
    """The lifecycle has no such step."""


@dataclass(frozen=True, slots=True)
class Step:
    to: str
    at: datetime
    reason: str = ""
    actor: str = "sweep"


def move(round_: Round, step: Step, **fields: Any) -> bool:
    """Carry a round as last read one step on; False when somebody else moved it first.

    Joins the caller's transaction if there is one. `round_` itself is not changed.
    :raises IllegalMove: when the lifecycle has no such step.
    """
    if step.to not in GRAPH[round_.status]:
        raise IllegalMove(f"{round_.status} -> {step.to}")
    with transaction.atomic():
        moved = Round.objects.filter(
            pk=round_.pk, status=round_.status, version=round_.version
        ).update(
            status=step.to, version=F("version") + 1, attempts=0, backoff_until=None, **fields
        )
        if not moved:
            return False
        RoundEvent.objects.create(
            round_id=round_.pk,
            version=round_.version + 1,
            from_status=round_.status,
            to_status=step.to,
            at=step.at,
            reason=step.reason[:300],
            actor=step.actor,
        )
    return True

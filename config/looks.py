"""How a hint makes a worker look: by which clock, and leaving word that somebody is at work.

The clock is the database's, which decides entries too. A host whose own clock is an hour ahead
would lock rounds an hour early, while the database still admits entries to them; one behind would
settle late. The database is the one clock all share.
"""

import logging
from datetime import datetime
from typing import Any

from celery import Task
from django.db import DatabaseError

from config import schedule
from league import gate, heartbeats

logger = logging.getLogger(__name__)


class Look(Task):  # type: ignore[misc]  # celery ships no types
    """Whatever a message says, `now` is read from the database when the work begins."""

    abstract = True
    typing = False  # a hint is sent without `now`

    def __call__(self, *given: Any, **named: Any) -> Any:
        now = gate.database_now()
        beat(self.name, now=now)
        return super().__call__(*given, **named | {"now": now})


def beat(task: str, *, now: datetime) -> None:
    """The work is done whatever becomes of the row: a heartbeat that is late tells enough."""
    queue = schedule.PULSES.get(task)
    try:
        if queue is not None:
            heartbeats.record(queue, now=now)
    except DatabaseError:
        logger.warning("no heartbeat", extra={"queue": queue}, exc_info=True)

"""Who is at work shows in passing: a worker that starts on a sweep leaves a heartbeat."""

import logging
from typing import Any

from celery import Task
from django.db import DatabaseError
from django.utils import timezone

from config import schedule
from league import heartbeats

logger = logging.getLogger(__name__)


class Hint(Task):  # type: ignore[misc]  # celery ships no types
    """The class of every task: Celery calls `before_start` in the worker that runs one."""

    def before_start(self, *_: Any) -> None:
        """The work is done whatever becomes of the row: a heartbeat that is late tells enough."""
        queue = schedule.PULSES.get(self.name)
        try:
            if queue is not None:
                heartbeats.record(queue, now=timezone.now())
        except DatabaseError:
            logger.warning("no heartbeat", extra={"queue": queue}, exc_info=True)

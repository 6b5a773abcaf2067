"""Celery decides when to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from config import invariants


# Longer than the sweeps may take: it reads hours of rows.
@shared_task(name="config.check_invariants", soft_time_limit=240, time_limit=270)
def check_invariants(*, now: datetime, **_: Any) -> None:
    invariants.record(now=now)

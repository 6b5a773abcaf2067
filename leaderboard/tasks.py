"""Celery decides when to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from leaderboard import standings


@shared_task(name="leaderboard.publish_standings")
def publish_standings(*, now: datetime, **_: Any) -> None:
    standings.publish(now=now)

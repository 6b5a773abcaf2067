"""Celery decides when to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from leaderboard import finals


# As long as its statements may take (predictions.allowance).
@shared_task(name="leaderboard.publish_standings", soft_time_limit=240, time_limit=270)
def publish_standings(*, now: datetime, **_: Any) -> None:
    finals.publish(now=now)

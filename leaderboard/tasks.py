"""Celery decides when to look."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from leaderboard import standings


@shared_task(name="leaderboard.publish_standings")
def publish_standings(**_: Any) -> None:
    standings.publish(now=timezone.now())

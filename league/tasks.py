"""Celery decides when to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from league import calendar, history, leftovers, rounds
from league.webhooks import sweep


@shared_task(name="league.schedule_rounds")
def schedule_rounds(*, now: datetime, **_: Any) -> None:
    calendar.schedule(now=now)
    leftovers.forget(now=now)
    history.gather(now=now)


@shared_task(name="league.turn_rounds")
def turn_rounds(*, now: datetime, **_: Any) -> None:
    rounds.turn(now=now)


@shared_task(name="league.advance_rounds")
def advance_rounds(*, now: datetime, **_: Any) -> None:
    rounds.advance(now=now)


@shared_task(name="league.deliver_webhooks")
def deliver_webhooks(*, now: datetime, **_: Any) -> None:
    sweep.deliver(now=now)

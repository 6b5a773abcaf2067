"""Celery decides when to look."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from league import answers, calendar, history, rounds


@shared_task(name="league.schedule_rounds")
def schedule_rounds(**_: Any) -> None:
    calendar.schedule(now=timezone.now())


@shared_task(name="league.gather_history")
def gather_history(**_: Any) -> None:
    history.gather(now=timezone.now())


@shared_task(name="league.turn_rounds")
def turn_rounds(**_: Any) -> None:
    rounds.turn(now=timezone.now())


@shared_task(name="league.advance_rounds")
def advance_rounds(**_: Any) -> None:
    rounds.advance(now=timezone.now())


@shared_task(name="league.forget_answers")
def forget_answers(**_: Any) -> None:
    answers.forget(now=timezone.now())

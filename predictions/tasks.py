"""Celery decides when to look."""

from datetime import datetime
from typing import Any

from celery import shared_task

from predictions import commitments, house_picks, learning, news
from predictions.scoring import aggregation, grading
from predictions.timemachine import runs


@shared_task(name="predictions.enter_house_picks")
def enter_house_picks(*, now: datetime, **_: Any) -> None:
    house_picks.enter(now=now)


@shared_task(name="predictions.commit_locked")
def commit_locked(*, now: datetime, **_: Any) -> None:
    commitments.commit(now=now)
    runs.forget(now=now)


# As long as its statements may take (predictions.allowance).
@shared_task(name="predictions.grade_settled", soft_time_limit=240, time_limit=270)
def grade_settled(*, now: datetime, **_: Any) -> None:
    aggregation.aggregate(now=now)
    grading.grade(now=now)
    news.tell(now=now)


# Training takes a minute or two; its lease outlasts it.
@shared_task(name="predictions.learn", soft_time_limit=480, time_limit=510)
def learn(*, now: datetime, **_: Any) -> None:
    learning.learn(now=now)

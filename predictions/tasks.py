"""Celery decides when to look."""

from typing import Any

from celery import shared_task
from django.utils import timezone

from predictions import commitments, house_picks
from predictions.scoring import grading


@shared_task(name="predictions.enter_house_picks")
def enter_house_picks(**_: Any) -> None:
    house_picks.enter(now=timezone.now())


@shared_task(name="predictions.commit_locked")
def commit_locked(**_: Any) -> None:
    commitments.commit(now=timezone.now())


@shared_task(name="predictions.grade_settled")
def grade_settled(**_: Any) -> None:
    grading.grade(now=timezone.now())

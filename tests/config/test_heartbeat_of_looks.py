"""A worker that starts on a sweep leaves a heartbeat on the way."""

import pytest
from django.db import DatabaseError
from django.utils import timezone

from config import looks, schedule
from config.celery import app
from league import heartbeats
from league.models import Heartbeat

pytestmark = pytest.mark.django_db


def start(task: str) -> None:
    """As a worker does on its way into the task."""
    app.loader.import_default_modules()
    assert task in app.tasks
    looks.beat(task, now=timezone.now())


def test_every_queue_has_a_sweep_that_tells_of_it() -> None:
    assert set(schedule.PULSES.values()) == {queue.name for queue in schedule.QUEUES}
    for task, queue in schedule.PULSES.items():
        Heartbeat.objects.all().delete()
        start(task)
        assert heartbeats.ages(now=timezone.now()).keys() == {"beat", queue}


def test_a_pulse_comes_several_times_before_it_is_late() -> None:
    for task in schedule.PULSES:
        _, period_s = schedule.SWEEPS[task]
        assert heartbeats.is_late(4 * period_s) is False


def test_other_tasks_leave_none() -> None:
    for task in set(schedule.TASKS) - set(schedule.PULSES):
        start(task)
    assert not Heartbeat.objects.exists()


def test_work_goes_on_without_a_heartbeat(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise DatabaseError("locked")

    monkeypatch.setattr(heartbeats, "record", refuse)
    start("league.turn_rounds")


def test_beat_has_a_dozen_entries_whatever_is_played() -> None:
    assert len(schedule.ENTRIES) <= 12

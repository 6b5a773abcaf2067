"""Workers look by the database's clock."""

from datetime import timedelta

import pytest
import time_machine

from config.celery import app
from config.looks import Look
from league import gate, tasks
from league.models import Heartbeat
from tests.factories import NOON

pytestmark = pytest.mark.django_db


def test_every_task_is_told_the_time_by_the_database() -> None:
    app.loader.import_default_modules()
    own = [task for name, task in app.tasks.items() if name.startswith(("league.", "chain."))]
    assert own
    assert all(isinstance(task, Look) for task in own)


def test_neither_the_host_nor_a_message_says_what_time_it_is() -> None:
    before = gate.database_now()
    with time_machine.travel(NOON):
        tasks.turn_rounds(now=NOON)
    ats = Heartbeat.objects.values_list("at", flat=True)
    assert all(before <= at <= before + timedelta(minutes=1) for at in ats)
    assert len(ats) == 2

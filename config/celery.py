"""The Celery application: imported by config/__init__ so that shared tasks find their broker.

Asked to leave, a worker lets the units at work commit; what is still busy 15 s later is given up
and rolled back. So it is gone, with exit code 0, before anybody loses patience and kills it.
"""

import os
import signal
import threading
from typing import Any

from billiard import active_children
from celery import Celery
from celery.exceptions import SoftTimeLimitExceeded
from celery.signals import worker_shutting_down

from league import departure

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
GRACE_S = 15.0

app = Celery("league", task_cls="config.looks:Look")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
departure.recognise(SoftTimeLimitExceeded)


def leave(**_: Any) -> None:
    departure.announce()
    hurry = threading.Timer(GRACE_S, interrupt)
    hurry.daemon = True
    hurry.start()


def interrupt() -> None:
    """What the soft time limit does, to every child at work."""
    for child in active_children():
        os.kill(child.pid, signal.SIGUSR1)


worker_shutting_down.connect(leave)

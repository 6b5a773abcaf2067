"""The league's worker with one more task, which sleeps; run as a script it asks for it."""

import sys
import time
from typing import Any

import django
from celery import shared_task

from config.celery import app

__all__ = ["app"]


@shared_task(name="tests.nap", queue="work")
def nap(**_: Any) -> None:
    sys.stderr.write("asleep\n")
    time.sleep(55)


if __name__ == "__main__":
    django.setup()
    nap.delay()

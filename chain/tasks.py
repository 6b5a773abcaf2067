from datetime import datetime
from typing import Any

from celery import shared_task

from chain import anchors


@shared_task(name="chain.pump")
def pump(*, now: datetime, **_: Any) -> None:
    anchors.pump(now=now)

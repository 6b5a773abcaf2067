from datetime import datetime
from typing import Any

from celery import shared_task

from chain import anchors


# A node that answers slowly is asked many things, each with its own patience.
@shared_task(name="chain.pump", soft_time_limit=240, time_limit=270)
def pump(*, now: datetime, **_: Any) -> None:
    anchors.pump(now=now)

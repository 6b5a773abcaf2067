from typing import Any

from celery import shared_task
from django.utils import timezone

from chain import anchors


@shared_task(name="chain.pump")
def pump(**_: Any) -> None:
    anchors.pump(now=timezone.now())

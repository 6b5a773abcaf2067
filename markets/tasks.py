from datetime import datetime
from typing import Any

from celery import shared_task

from markets import quotes


@shared_task(name="markets.record_quotes")
def record_quotes(*, now: datetime, **_: Any) -> None:
    quotes.record_all(now=now)

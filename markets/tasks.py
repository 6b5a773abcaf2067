from typing import Any

from celery import shared_task
from django.utils import timezone

from markets import quotes


@shared_task(name="markets.record_quotes")
def record_quotes(**_: Any) -> None:
    quotes.record_all(now=timezone.now())

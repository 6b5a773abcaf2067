"""What Django's `check` says about a deployment: half-set secrets, schedules nobody runs."""

from collections.abc import Sequence
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.checks import CheckMessage, Error, Tags, register
from django.db import DatabaseError
from django_celery_beat.models import PeriodicTask

from chain import acknowledgements
from chain.ledger import registry
from config import schedule
from markets.providers import registry as prices

LEAST_SOURCES = 3
OWN_TASKS = ("config.", "markets.", "league.", "predictions.", "leaderboard.", "chain.")


@register(Tags.security)
def check_half_set_secrets(**_: Any) -> list[CheckMessage]:
    found: list[CheckMessage] = [
        Error(problem, id="league.E001") for problem in registry.problems()
    ]
    found += [Error(problem, id="league.E006") for problem in acknowledgements.problems()]
    if settings.COINGECKO_KEY_KIND == "pro" and not settings.COINGECKO_API_KEY:
        found.append(Error("COINGECKO_KEY_KIND=pro needs COINGECKO_API_KEY.", id="league.E002"))
    unknown = sorted(set(settings.PRICE_SOURCES) - set(prices.VENDORS))
    if unknown:
        found.append(Error(f"PRICE_SOURCES: unknown source {unknown[0]}.", id="league.E004"))
    if settings.PRICE_MODE == "live" and len(set(settings.PRICE_SOURCES)) < LEAST_SOURCES:
        found.append(Error("PRICE_SOURCES: live prices need three sources.", id="league.E005"))
    if settings.GEMINI_API_ENDPOINT and not settings.GEMINI_API_KEY:
        found.append(Error("GEMINI_API_ENDPOINT needs GEMINI_API_KEY.", id="league.E003"))
    return found


@register(Tags.database)
def check_stale_beat_entries(
    databases: Sequence[str] | None = None, **_: Any
) -> list[CheckMessage]:
    """The database scheduler keeps entries that the code no longer declares."""
    if not databases:
        return []
    return [
        checks.Warning(
            f"Beat still sends {name} ({task}): config/schedule.py no longer declares it.",
            hint="Delete the periodic task in the admin.",
            id="league.W001",
        )
        for name, task in stored_entries()
        if name not in schedule.ENTRIES and task.startswith(OWN_TASKS)
    ]


def stored_entries() -> list[tuple[str, str]]:
    """Name and task of every beat row; none before the first migration."""
    try:
        return list(PeriodicTask.objects.values_list("name", "task").order_by("name"))
    except DatabaseError:
        return []

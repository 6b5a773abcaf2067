"""Is it alive, is it ready, is it well: three questions for three kinds of asker."""

import logging
from datetime import datetime, timedelta
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from django_celery_beat.models import PeriodicTask
from redis.exceptions import RedisError

from league import heartbeats
from league.models import Round

logger = logging.getLogger(__name__)
PATIENCE = timedelta(minutes=2)
OK, DOWN = "ok", "down"


@require_safe
def alive(_request: HttpRequest) -> JsonResponse:
    """The process answers; nothing else is asked."""
    return JsonResponse({"status": OK})


@require_safe
def ready(_request: HttpRequest) -> JsonResponse:
    """The database answers and has every migration.

    The heartbeats are told, not judged: this process can serve whoever else is down.
    """
    checks = {"database": database(), "migrations": migrations()}
    is_well = set(checks.values()) == {OK}
    ages = heartbeats.ages(now=timezone.now()) if is_well else {}
    return answer(checks | {"heartbeats": ages}, is_well=is_well)


@require_safe
def summary(_request: HttpRequest) -> JsonResponse:
    """Everything worth a look. 503 only when the database, the one dependency, is down.

    A cache that is down slows the league, and sweeps that are late catch up: `degraded`. So does
    a queue that worked before and has been silent for a minute.
    """
    now = timezone.now()
    checks = {"database": database(), "cache": shared_cache()}
    is_well = checks["database"] == OK
    facts = sweeps(now) if is_well else {"overdue_rounds": None, "sweeps": {}, "heartbeats": {}}
    is_late = any(map(heartbeats.is_late, facts["heartbeats"].values()))
    is_degraded = checks["cache"] != OK or bool(facts["overdue_rounds"]) or is_late
    return answer(
        checks | facts | {"price_mode": settings.PRICE_MODE, "version": release()},
        is_well=is_well,
        is_degraded=is_degraded,
    )


def answer(body: dict[str, Any], *, is_well: bool, is_degraded: bool = False) -> JsonResponse:
    word = "degraded" if is_degraded else OK
    return JsonResponse(
        {"status": word if is_well else DOWN} | body,
        status=200 if is_well else 503,
        headers={"Cache-Control": "no-store"},
    )


def database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except DatabaseError:
        logger.warning("database does not answer", exc_info=True)
        return DOWN
    return OK


def migrations() -> str:
    try:
        executor = MigrationExecutor(connection)
        plan = executor.migration_plan(executor.loader.graph.leaf_nodes())
    except DatabaseError:
        return DOWN
    return "pending" if plan else OK


def shared_cache() -> str:
    try:
        cache.set("health", OK, timeout=10)
        return OK if cache.get("health") == OK else DOWN
    except (RedisError, OSError):
        logger.warning("cache does not answer", exc_info=True)
        return DOWN


def sweeps(now: datetime) -> dict[str, Any]:
    """Rounds late by over two minutes; seconds since beat sent each sweep, and queues worked."""
    late = now - PATIENCE
    overdue = Round.objects.due_to_lock(now=late).count()
    overdue += Round.objects.due_to_settle(now=late).count()
    sent = PeriodicTask.objects.filter(enabled=True, last_run_at__isnull=False)
    ages = {
        name: round((now - at).total_seconds())
        for name, at in sent.values_list("name", "last_run_at").order_by("name")
    }
    return {"overdue_rounds": overdue, "sweeps": ages, "heartbeats": heartbeats.ages(now=now)}


def release() -> str:
    try:
        return version("prediction-league")
    except PackageNotFoundError:
        return "0.1.0"

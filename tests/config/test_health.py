from datetime import timedelta
from typing import Any

import pytest
from django.db import OperationalError
from django.test import Client
from django.utils import timezone
from django_celery_beat.models import IntervalSchedule, PeriodicTask

from config import health
from league import heartbeats
from league.models import League, Round, Season
from markets import assets


def overdue_round() -> Round:
    assets.ensure_defaults()
    now = timezone.now()
    league = League.objects.create(slug="x", name="x", horizons=["1h"])
    season = Season.objects.create(
        league=league, slug="x", name="x", price_mode="simulated", rules={}, rules_hash="0" * 64,
        starts_at=now - timedelta(days=1), ends_at=now + timedelta(days=1),
    )  # fmt: skip
    return Round.objects.create(
        season=season, asset_id="ETH", horizon="1h", status="open",
        opens_at=now - timedelta(hours=2), locks_at=now - timedelta(hours=1), settles_at=now,
    )  # fmt: skip


def test_alive_asks_nothing(client: Client) -> None:
    # Without the db fixture any query fails.
    assert client.get("/livez").json() == {"status": "ok"}


def test_ready_means_database_and_migrations(client: Client, db: None) -> None:
    body = client.get("/readyz").json()
    assert body == {"status": "ok", "database": "ok", "migrations": "ok", "heartbeats": {}}


def test_health_says_how_everything_is(client: Client, db: None) -> None:
    every = IntervalSchedule.objects.create(every=5, period="seconds")
    PeriodicTask.objects.create(
        name="league.advance_rounds", task="league.advance_rounds", interval=every,
        last_run_at=timezone.now() - timedelta(seconds=7),
    )  # fmt: skip
    answer = client.get("/health")
    body = answer.json()
    assert (answer.status_code, body["status"]) == (200, "ok")
    assert body["price_mode"] == "simulated"
    assert body["version"]
    assert 7 <= body["sweeps"]["league.advance_rounds"] <= 10


def test_late_rounds_degrade_without_taking_the_service_out(client: Client, db: None) -> None:
    overdue_round()
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["overdue_rounds"] == 1


def test_a_silent_queue_degrades_without_taking_the_service_out(client: Client, db: None) -> None:
    heartbeats.record("tick", now=timezone.now() - timedelta(seconds=61))
    heartbeats.record("work", now=timezone.now())
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["heartbeats"]["tick"] >= 61
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["status"]) == (200, "ok")
    assert ready.json()["heartbeats"]["tick"] >= 61
    heartbeats.record("tick", now=timezone.now())
    assert client.get("/health").json()["status"] == "ok"


@pytest.mark.parametrize("path", ["/health", "/readyz"])
def test_without_database_it_is_a_503(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    class Gone:
        def cursor(self) -> None:
            raise OperationalError("gone")

    monkeypatch.setattr(health, "connection", Gone())
    monkeypatch.setattr(health, "migrations", lambda: "down")
    answer = client.get(path)
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert "gone" not in answer.content.decode()


def test_a_dead_cache_only_degrades(client: Client, db: None, settings: Any) -> None:
    settings.CACHES = {
        "default": {
            "BACKEND": "django.core.cache.backends.redis.RedisCache",
            "LOCATION": "redis://127.0.0.1:1/0",
        }
    }
    answer = client.get("/health")
    assert (answer.status_code, answer.json()["status"]) == (200, "degraded")
    assert answer.json()["cache"] == "down"

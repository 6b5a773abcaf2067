"""An organiser's session is short, wherever it began; others' are as long as ever."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse battery"
WEEKS = 14 * 24 * 3600


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


def signed_in(page: str, *, is_staff: bool) -> tuple[Client, int]:
    """Somebody who has just signed in there, and how long the session may last in seconds."""
    User.objects.create_user("ada", password=PASSWORD, is_staff=is_staff, is_superuser=is_staff)
    client = Client()
    answer = client.post(page, {"username": "ada", "password": PASSWORD})
    assert answer.status_code == 302
    return client, int(answer.cookies["sessionid"]["max-age"])


@pytest.mark.parametrize("page", ["/admin/login/?next=/admin/", "/api/auth/login/"])
def test_an_organisers_session_ends_half_an_hour_after_the_admin_was_used(page: str) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client, lasts = signed_in(page, is_staff=True)
        assert lasts == 1800
        for _ in range(3):
            clock.shift(timedelta(minutes=29))
            assert client.get("/admin/").status_code == 200
        clock.shift(timedelta(minutes=31))
        assert client.get("/admin/").status_code == 302
        assert client.get("/api/v1/keys").status_code == 401


def test_the_api_does_not_prolong_it() -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        client, _ = signed_in("/api/auth/login/", is_staff=True)
        for _ in range(2):
            clock.shift(timedelta(minutes=14))
            assert client.get("/api/v1/webhooks").status_code == 200
        clock.shift(timedelta(minutes=3))
        assert client.get("/api/v1/webhooks").status_code == 401


def test_a_players_session_lasts_two_weeks() -> None:
    client, lasts = signed_in("/api/auth/login/", is_staff=False)
    assert lasts == WEEKS
    answer = client.get("/api/v1/webhooks")
    assert answer.status_code == 200
    assert "sessionid" not in answer.cookies


def test_whoever_becomes_an_organiser_is_no_exception() -> None:
    client, _ = signed_in("/api/auth/login/", is_staff=False)
    User.objects.update(is_staff=True)
    assert client.get("/api/v1/webhooks").cookies["sessionid"]["max-age"] == 1800


def test_signing_out_is_signing_out() -> None:
    client, _ = signed_in("/api/auth/login/", is_staff=True)
    client.post("/api/auth/logout/")
    assert client.get("/api/v1/webhooks").status_code == 401

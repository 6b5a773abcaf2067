"""Whoever fails to sign in too often waits, whatever they claim to be."""

import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine
from axes.models import AccessAttempt
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from pytest_django import DjangoDbBlocker

from config import lockout
from tests import disk
from tests.config.counting import CountingHasher

API, ADMIN = "/api/auth/login/", "/admin/login/"
RIGHT, WRONG = "correct horse battery", "wrong horse battery"
HERE, THERE = "203.0.113.7", "203.0.113.8"


@pytest.fixture(autouse=True)
def _quick_hashes(settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]


@pytest.fixture
def ada(db: None) -> User:
    return User.objects.create_superuser("ada", password=RIGHT)


def sign_in(
    password: str = WRONG, *, name: str = "ada", page: str = API, where: str = HERE, **extra: Any
) -> Any:
    form = {"username": name, "password": password}
    return Client(REMOTE_ADDR=where).post(page, form, **extra)


def lock(**claims: Any) -> Any:
    answers = [sign_in(**claims) for _ in range(5)]
    assert [answer.status_code for answer in answers] == [200] * 4 + [429]
    return answers[-1]


# -- what locks ----------------------------------------------------------------------------------
def test_the_fifth_failure_locks_for_a_minute(ada: User) -> None:
    answer = lock()
    assert answer["Content-Type"] == "application/problem+json"
    assert (answer.json()["code"], answer.json()["retryable"]) == ("rate_limited", True)
    assert 55 <= int(answer["Retry-After"]) <= 60
    assert sign_in(RIGHT).status_code == 429


def test_the_admins_door_is_the_same_door(ada: User) -> None:
    answer = lock(page=ADMIN)
    assert answer["Content-Type"].startswith("text/html")
    assert "Content-Security-Policy" in answer
    assert 55 <= int(answer["Retry-After"]) <= 60
    for page in (ADMIN, API):
        assert sign_in(RIGHT, page=page).status_code == 429


def test_others_are_not_locked(ada: User) -> None:
    User.objects.create_user("bela", password=RIGHT)
    lock()
    assert sign_in(RIGHT, where=THERE).status_code == 302
    assert sign_in(RIGHT, name="bela").status_code == 302


def test_each_further_failure_doubles_the_wait_up_to_an_hour(ada: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        assert lock()["Retry-After"] == "60"
        assert sign_in()["Retry-After"] == "60", "trying while it is locked changes nothing"
        for wait in (120, 240, 480, 960, 1920, 3600, 3600):
            clock.shift(timedelta(hours=1))
            assert sign_in()["Retry-After"] == str(wait)
        clock.shift(timedelta(minutes=59))
        assert sign_in(RIGHT)["Retry-After"] == "60"
        clock.shift(timedelta(minutes=1))
        assert sign_in(RIGHT).status_code == 302


def test_a_days_rest_is_forgiven(ada: User) -> None:
    with time_machine.travel(timezone.now(), tick=False) as clock:
        lock()
        clock.shift(timedelta(days=1, seconds=1))
        assert sign_in().status_code == 200
        assert AccessAttempt.objects.get().failures_since_start == 1


def test_signing_in_forgives_ones_own_failures_alone(ada: User) -> None:
    """Else an account of one's own would buy any number of guesses at another's."""
    User.objects.create_user("eve", password=RIGHT)
    for _ in range(4):
        sign_in()
        sign_in(name="eve")
    assert sign_in(RIGHT, name="eve").status_code == 302
    assert sign_in().status_code == 429
    assert [row.username for row in AccessAttempt.objects.all()] == ["ada"]


def test_one_password_tried_on_many_names_locks_the_address(ada: User) -> None:
    for number in range(24):
        AccessAttempt.objects.create(
            username=f"name-{number}", ip_address=HERE, user_agent="", failures_since_start=2
        )
    assert sign_in(name="one-more").status_code == 200
    assert sign_in(name="and-another").status_code == 429
    assert sign_in(RIGHT).status_code == 429
    assert sign_in(RIGHT, where=THERE).status_code == 302


def test_processes_count_together(tmp_path: Path, django_db_blocker: DjangoDbBlocker) -> None:
    """Failures are rows: as many threads, each with a connection of its own, lose none."""
    with django_db_blocker.unblock(), disk.database(tmp_path):
        found = disk.race(*[lambda: sign_in().status_code] * 4)
        assert found == [200] * 4
        assert AccessAttempt.objects.get().failures_since_start == 4
        assert sign_in().status_code == 429


# -- who is counted ------------------------------------------------------------------------------
def test_a_header_moves_nobody(ada: User) -> None:
    answers = [sign_in(headers={"X-Forwarded-For": f"198.51.100.{number}"}) for number in range(5)]
    assert answers[-1].status_code == 429


def test_behind_a_proxy_the_address_is_the_one_it_saw(ada: User, settings: Any) -> None:
    settings.TRUSTED_PROXY_COUNT = 1
    forged = [f"198.51.100.{number}, {THERE}" for number in range(5)]
    answers = [sign_in(headers={"X-Forwarded-For": hops}) for hops in forged]
    assert answers[-1].status_code == 429
    assert AccessAttempt.objects.get().ip_address == THERE
    assert sign_in(RIGHT, headers={"X-Forwarded-For": HERE}).status_code == 302


def test_a_whole_ipv6_network_is_one_address(ada: User) -> None:
    answers = [sign_in(where=f"2001:db8:1:2::{number + 1}") for number in range(5)]
    assert answers[-1].status_code == 429
    assert AccessAttempt.objects.get().ip_address == "2001:db8:1:2::"
    assert sign_in(RIGHT, where="2001:db8:1:3::1").status_code == 302


def test_a_peer_without_address_is_counted_too(ada: User) -> None:
    answers = [sign_in(where="") for _ in range(5)]
    assert answers[-1].status_code == 429


# -- what a stranger learns -----------------------------------------------------------------
def said(answer: Any) -> tuple[int, str]:
    """Its status and body, but for what differs at every request."""
    body = answer.content.decode()
    for odd in (
        r'name="csrfmiddlewaretoken" value="\w+"',
        r'"request_id": "\w+"',
        r'value="(ada|nobody)"',
    ):
        body = re.sub(odd, "", body)
    return answer.status_code, body


@pytest.mark.parametrize("page", [API, ADMIN])
def test_an_unknown_name_is_answered_like_a_known_one(ada: User, page: str) -> None:
    for _ in range(6):
        known, unknown = sign_in(page=page), sign_in(name="nobody", page=page)
        assert said(known) == said(unknown)
        assert set(known.headers) == set(unknown.headers)


def test_an_unknown_name_takes_as_much_hashing(db: None, settings: Any) -> None:
    settings.PASSWORD_HASHERS = ["tests.config.counting.CountingHasher"]
    User.objects.create_user("ada", password=RIGHT)
    CountingHasher.made.clear()
    sign_in()
    known = len(CountingHasher.made)
    CountingHasher.made.clear()
    sign_in(name="nobody")
    assert (known, len(CountingHasher.made)) == (1, 1)


def test_nothing_secret_is_written_down(ada: User) -> None:
    client = Client(enforce_csrf_checks=True)
    client.get(API)
    token = client.cookies["csrftoken"].value
    form = {"username": "ada", "password": WRONG, "csrfmiddlewaretoken": token}
    assert client.post(API, form).status_code == 200
    row = str(AccessAttempt.objects.values().get())
    assert WRONG not in row
    assert token not in row


def test_organisers_see_who_is_locked_and_may_let_them_in(ada: User) -> None:
    lock(name="bela")
    client = Client(REMOTE_ADDR=THERE)
    client.force_login(ada)
    listing = client.get("/admin/axes/accessattempt/").content.decode()
    assert "bela" in listing
    row = AccessAttempt.objects.get()
    assert client.post(f"/admin/axes/accessattempt/{row.pk}/change/", {}).status_code == 403
    assert (
        client.post(f"/admin/axes/accessattempt/{row.pk}/delete/", {"post": "yes"}).status_code
        == 302
    )
    assert sign_in(name="bela").status_code == 200


def test_the_settings_count_what_the_lockout_knows(settings: Any) -> None:
    parameters = [
        (one,) if isinstance(one, str) else tuple(one) for one in settings.AXES_LOCKOUT_PARAMETERS
    ]
    assert parameters == list(lockout.PATIENCE)
    assert lockout.PATIENCE[lockout.NAMED] == settings.AXES_FAILURE_LIMIT

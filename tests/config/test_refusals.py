"""Refusals the frameworks had no words of ours for: each was HTML, or a server error."""

import io
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from config import wsgi

pytestmark = pytest.mark.django_db
BEAT = "/admin/django_celery_beat/"
ANY_TIME = dict.fromkeys(("hour", "day_of_month", "month_of_year", "day_of_week"), "*")
ANY_TIME |= {"timezone": "UTC", "periodictask_set-TOTAL_FORMS": "0"}
ANY_TIME |= {"periodictask_set-INITIAL_FORMS": "0"}


@pytest.mark.parametrize(
    ("method", "status", "code"),
    [
        ("post", 403, "forbidden"),
        ("delete", 403, "forbidden"),
        ("trace", 405, "method_not_allowed"),
    ],
)
def test_the_login_page_refuses_like_the_rest_of_the_api(
    method: str, status: int, code: str
) -> None:
    client = Client(enforce_csrf_checks=True)
    answer = getattr(client, method)("/api/auth/login/")
    assert (answer.status_code, answer["Content-Type"]) == (status, "application/problem+json")
    assert answer.json()["code"] == code
    assert (method == "trace") == ("Allow" in answer)


def test_a_page_stays_a_page(client: Client) -> None:
    assert client.get("/nowhere")["Content-Type"].startswith("text/html")
    browsed = client.get("/api/v1/keys", headers={"Accept": "text/html"})
    assert (browsed.status_code, browsed["Content-Type"]) == (401, "text/html; charset=utf-8")


@pytest.mark.parametrize("length", ["abc", "1e3", "-1", "1, 2", "\xb2", "9" * 40])
def test_a_length_that_is_no_number_is_no_length(length: str) -> None:
    heard: list[str] = []
    environ: dict[str, Any] = {
        "REQUEST_METHOD": "POST", "PATH_INFO": "/api/v1/chain/verify", "SERVER_NAME": "testserver",
        "SERVER_PORT": "80", "wsgi.input": io.BytesIO(b"{}"), "wsgi.url_scheme": "http",
        "CONTENT_LENGTH": length,
    }  # fmt: skip

    def start(status: str, *_: object) -> Any:
        heard.append(status)

    assert b"length_required" in b"".join(wsgi.application(environ, start))
    assert heard[0].startswith("411")


@pytest.mark.parametrize("number", ["9" * 19, "9" * 30])
def test_a_number_no_column_holds_is_a_bad_request(admin_client: Client, number: str) -> None:
    form = {"name": "judges", "permissions": number}
    assert admin_client.post("/admin/auth/group/add/", form).status_code in {200, 400}
    person = User.objects.create_user("ann")
    form = {"username": "ann", "groups": number}
    answer = admin_client.post(f"/admin/auth/user/{person.pk}/change/", form)
    assert answer.status_code in {200, 400}


def test_a_value_nested_without_end_is_a_bad_request(admin_client: Client) -> None:
    body = {"slug": "deep", "name": "Deep", "cadence": "[" * 100_000}
    assert admin_client.post("/admin/league/league/add/", body).status_code == 400


def test_a_field_no_model_has_is_a_bad_request(admin_client: Client) -> None:
    person = User.objects.create_user("ann")
    answer = admin_client.get(f"/admin/auth/user/{person.pk}/delete/?_to_field=")
    assert answer.status_code == 400


@pytest.mark.parametrize("part", ["-1", "*/0", "1-99", "9" * 30, "x", "1,-1"])
def test_a_crontab_celery_cannot_read_is_refused_at_the_field(
    admin_client: Client, part: str
) -> None:
    answer = admin_client.post(f"{BEAT}crontabschedule/add/", ANY_TIME | {"minute": part})
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {"minute"}
    assert not CrontabSchedule.objects.exists()


def test_a_hidden_default_of_any_length_is_nobodys_business(admin_client: Client) -> None:
    absurd = {"minute": "*/5", "initial-timezone": "x" * 5_000}
    answer = admin_client.post(f"{BEAT}crontabschedule/add/", ANY_TIME | absurd)
    assert answer.status_code == 302


def test_a_crontab_celery_can_read_is_kept(admin_client: Client) -> None:
    answer = admin_client.post(f"{BEAT}crontabschedule/add/", ANY_TIME | {"minute": "*/5"})
    assert answer.status_code == 302
    assert CrontabSchedule.objects.get().minute == "*/5"


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("task", "a\0b"),
        ("task", "x" * 300),
        ("regtask", "a\0b"),
        ("regtask", "x" * 300),
        ("args", "[" * 3_000),
    ],
)
def test_a_task_with_an_absurd_field_is_refused_there(
    admin_client: Client, field: str, value: str
) -> None:
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    proper = {"name": "a", "task": "league.advance_rounds", "interval": every.pk}
    texts = {"args": "[]", "kwargs": "{}", "headers": "{}"}
    answer = admin_client.post(f"{BEAT}periodictask/add/", proper | texts | {field: value})
    assert answer.status_code == 200
    assert set(answer.context["adminform"].form.errors) == {field}
    assert not PeriodicTask.objects.filter(name="a").exists()


def test_a_task_without_headers_is_kept(admin_client: Client) -> None:
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    task = PeriodicTask.objects.create(name="a", task="league.advance_rounds", interval=every)
    form = {"name": "b", "task": task.task, "interval": every.pk, "args": "[]", "kwargs": "{}"}
    page = f"{BEAT}periodictask/{task.pk}/change/"
    answer = admin_client.post(page, form | {"headers": ""})
    assert answer.status_code == 302
    task.refresh_from_db()
    assert (task.name, task.headers) == ("b", "{}")

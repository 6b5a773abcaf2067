import importlib
import inspect
import pkgutil
from collections.abc import Iterator
from typing import Any

import pytest
from django.core.exceptions import PermissionDenied
from django.db import OperationalError
from django.http import Http404
from django.test import Client, RequestFactory
from rest_framework import exceptions
from rest_framework.exceptions import ErrorDetail

from config import api_errors, failures, handlers, problems

APPS = ("markets", "chain", "league", "predictions", "leaderboard", "config")


def domain_failures() -> Iterator[type[Exception]]:
    """Every exception class the six packages define."""
    for app in APPS:
        package = importlib.import_module(app)
        for module in pkgutil.walk_packages(package.__path__, f"{app}."):
            if ".management" in module.name or ".migrations" in module.name:
                continue
            found = importlib.import_module(module.name)
            for _, cls in inspect.getmembers(found, inspect.isclass):
                if issubclass(cls, Exception) and cls.__module__ == module.name:
                    yield cls


def test_every_failure_with_a_name_has_a_place_in_the_table() -> None:
    missing = {
        f"{cls.__module__}.{cls.__qualname__}"
        for cls in domain_failures()
        if api_errors.code_of(cls.__new__(cls)) is None
    }
    internal = tuple(f"{name}." for name in failures.INTERNAL)
    assert {name for name in missing if not name.startswith(internal)} == set()


def test_the_internal_list_names_only_what_exists() -> None:
    names = {f"{cls.__module__}.{cls.__qualname__}" for cls in domain_failures()}
    for internal in failures.INTERNAL:
        assert any(name.startswith(f"{internal}.") for name in names), internal


def test_every_code_in_the_table_is_a_described_problem() -> None:
    assert set(failures.TABLE.values()) <= set(problems.TABLE)


def test_nested_errors_point_into_the_document() -> None:
    detail: Any = {
        "a/b": [ErrorDetail("no", "c1")],
        "rows": [{}, {"x~": [ErrorDetail("bad", "c2")]}],
        "non_field_errors": [ErrorDetail("whole", "c3")],
    }
    found = {(e["pointer"], e["code"]) for e in api_errors.flatten(detail, "")}
    assert found == {("/a~1b", "c1"), ("/rows/1/x~0", "c2"), ("", "c3")}


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (Http404("secret path"), 404),
        (PermissionDenied("secret"), 403),
        (OperationalError("host=secret"), 503),
        (exceptions.ParseError("bad"), 400),
    ],
)
def test_borders_never_quote_a_librarys_own_words(error: Exception, status: int) -> None:
    request = RequestFactory().get("/api/v1/x")
    answer = api_errors.handle(error, {"request": request})
    assert answer is not None
    assert answer.status_code == status
    assert "secret" not in str(answer.data)
    assert ("Retry-After" in answer.headers) is (status == 503)


def test_the_unforeseen_is_left_to_the_servers_handler() -> None:
    assert api_errors.handle(KeyError("x"), {"request": RequestFactory().get("/")}) is None


def test_an_unforeseen_failure_is_a_500_problem_that_tells_nothing(
    client: Client, db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object, **__: object) -> None:
        raise RuntimeError("secret detail")

    monkeypatch.setattr("league.views.catalogue.Time.get", fail)
    client.raise_request_exception = False
    answer = client.get("/api/v1/time")
    assert (answer.status_code, answer["Content-Type"]) == (500, "application/problem+json")
    assert answer.json()["code"] == "internal_error"
    assert b"secret" not in answer.content


def test_an_absent_database_is_a_503_problem_wherever_it_is_noticed() -> None:
    request = RequestFactory().get("/api/v1/x")
    try:
        raise OperationalError("gone")  # noqa: TRY301 -- the handler asks for what is being handled
    except OperationalError:
        answer = handlers.server_error(request)
    assert (answer.status_code, answer["Retry-After"]) == (503, "5")


def test_pages_outside_the_api_keep_html_errors(client: Client, db: None) -> None:
    answer = client.get("/nowhere", headers={"Accept": "text/html"})
    assert answer.status_code == 404
    assert answer["Content-Type"].startswith("text/html")


def test_every_code_has_a_page_for_people_and_programs(client: Client, db: None) -> None:
    for code in problems.TABLE:
        assert client.get(f"/problems/{code}", headers={"Accept": "text/html"}).status_code == 200
    body = client.get("/problems", headers={"Accept": "application/json"}).json()
    assert {problem["code"] for problem in body["problems"]} == set(problems.TABLE)
    assert client.get("/problems/unheard-of").status_code == 404

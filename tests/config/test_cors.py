"""Which other sites' pages may read the API: exactly those listed, and never with a session."""

from typing import Any

import pytest
from django.test import Client

pytestmark = pytest.mark.django_db
ALLOWED = "https://app.example.org"
OTHERS = [
    "null", "https://evil.example", "http://app.example.org", "https://app.example.org:8443",
    "https://app.example.org.evil.example", "https://evil-app.example.org",
    "https://sub.app.example.org", "https://app.example.orgg", "https://APP.example.org.evil",
    "https://app.example.org/", "https://app.example.org@evil.example", "*", "",
]  # fmt: skip
PATHS = ["/api/v1/time", "/api/v1/keys", "/api/nowhere", "/api/v1/time?a=%00"]


def ask(origin: str, path: str = "/api/v1/time", method: str = "get") -> Any:
    headers = {"Origin": origin, "Access-Control-Request-Method": "POST"}
    return getattr(Client(), method)(path, headers=headers)


def allowed(answer: Any) -> set[str]:
    return {name for name in answer.headers if name.startswith("Access-Control-")}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("method", ["get", "options"])
def test_a_listed_origin_may_read_refusals_too(settings: Any, path: str, method: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ALLOWED]
    answer = ask(ALLOWED, path, method)
    assert answer["Access-Control-Allow-Origin"] == ALLOWED
    assert "origin" in answer["Vary"].lower()
    assert "Access-Control-Allow-Credentials" not in answer


@pytest.mark.parametrize("origin", OTHERS)
@pytest.mark.parametrize("method", ["get", "options"])
def test_no_other_origin_may(settings: Any, origin: str, method: str) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ALLOWED]
    assert not allowed(ask(origin, method=method))


@pytest.mark.parametrize("origin", [ALLOWED, "null", "http://testserver"])
def test_an_empty_list_is_nobody(origin: str) -> None:
    assert not allowed(ask(origin))
    assert not allowed(ask(origin, method="options"))


def test_pages_are_no_ones_to_read(settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ALLOWED]
    for path in ("/", "/admin/login/", "/metrics", "/health"):
        assert not allowed(ask(ALLOWED, path)), path


def test_a_sessions_cookie_does_not_go_along(settings: Any, admin_client: Client) -> None:
    settings.CORS_ALLOWED_ORIGINS = [ALLOWED]
    answer = admin_client.get("/api/v1/keys", headers={"Origin": ALLOWED})
    assert answer.status_code == 200
    assert "Access-Control-Allow-Credentials" not in answer

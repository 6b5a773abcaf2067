"""What every answer carries, refusals and failures included."""

import json
import os
import re
import subprocess
import sys
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse

from tests import urlconf
from tests.config import showroom

pytestmark = pytest.mark.django_db
ROOT = Path(__file__).parents[2]
POLICY = {
    "default-src": "'self'", "img-src": "'self' data:", "object-src": "'none'",
    "base-uri": "'self'", "form-action": "'self'", "frame-ancestors": "'none'",
}  # fmt: skip
ALWAYS = {
    "X-Content-Type-Options": "nosniff",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Referrer-Policy": "same-origin",
    "X-Frame-Options": "DENY",
}


def check(answer: Any) -> None:
    assert {name: answer.get(name) for name in ALWAYS} == ALWAYS
    assert policy_of(answer) == POLICY


def policy_of(answer: Any) -> dict[str, str]:
    parts = [part.strip() for part in answer["Content-Security-Policy"].split(";")]
    return dict(part.split(" ", 1) for part in parts)


ASKS: list[tuple[int, str, str, dict[str, str]]] = [
    (200, "GET", "/", {}),
    (200, "GET", "/api/v1/time", {}),
    (200, "GET", "/api/v1/docs", {}),
    (200, "GET", "/api/v1/keys", {"as": "staff", "Accept": "text/html"}),
    (200, "GET", "/metrics", {}),
    (200, "GET", "/static/league/style.css", {}),
    (200, "OPTIONS", "/api/v1/time", {}),
    (301, "GET", "/admin", {}),
    (302, "GET", "/admin/", {}),
    (400, "GET", "/api/v1/time?a=%00", {}),
    (400, "GET", "/api/v1/time?nothing=1", {}),
    (400, "GET", "/", {"Host": "evil.example"}),
    (400, "GET", "/api/v1/time", {"Host": "evil.example"}),
    (401, "GET", "/api/v1/keys", {}),
    (401, "GET", "/api/v1/time", {"Authorization": "Bearer x"}),
    (403, "POST", "/api/auth/login/", {}),
    (403, "POST", "/admin/login/", {}),
    (404, "GET", "/nowhere", {}),
    (404, "GET", "/api/nowhere", {}),
    (405, "TRACE", "/problems", {}),
    (406, "GET", "/api/v1/time", {"Accept": "image/png"}),
    (411, "POST", "/api/v1/chain/verify", {"Transfer-Encoding": "chunked"}),
    (413, "POST", "/api/v1/chain/verify", {"as": "huge"}),
    (415, "POST", "/api/v1/chain/verify", {"as": "text"}),
    (500, "GET", "/fail", {}),
    (500, "GET", "/api/fail", {}),
]


@pytest.mark.parametrize(
    ("status", "method", "path", "headers"), ASKS, ids=[f"{a[0]} {a[1]} {a[2]}" for a in ASKS]
)
def test_every_answer_carries_them(
    admin_user: Any, settings: Any, status: int, method: str, path: str, headers: dict[str, str]
) -> None:
    settings.ROOT_URLCONF = "tests.config.failing_urls"
    client = Client(enforce_csrf_checks=True, raise_request_exception=False)
    given = dict(headers)
    trait = given.pop("as", "")
    if trait == "staff":
        client.force_login(admin_user)
    body = "x" * 70_000 if trait == "huge" else "{}"
    kind = "text/plain" if trait == "text" else "application/json"
    sent: dict[str, Any] = {} if method == "GET" else {"data": body, "content_type": kind}
    answer: Any = client.generic(method, path, headers=given, **sent)
    assert answer.status_code == status
    check(answer)
    answer.close()


def test_a_request_too_many_carries_them(client: Client, settings: Any) -> None:
    settings.RATE_LIMIT_RPM = 1
    client.get("/api/v1/time")
    answer = client.get("/api/v1/time")
    assert answer.status_code == 429
    check(answer)


def test_an_answer_that_has_not_changed_carries_them(client: Client) -> None:
    first = client.get("/problems")
    again = client.get("/problems", headers={"If-None-Match": first["ETag"]})
    assert again.status_code == 304
    check(again)


# -- pages ----------------------------------------------------------------------------------------
class Inline(HTMLParser):
    """What a page would run or style by itself, were it not for the policy."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.found: set[str] = set()
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        named = dict(attrs)
        is_data = named.get("type") in {"application/json", "text/html"}
        if tag == "script" and "src" not in named and not is_data:
            self.found.add("script")
        self.found |= {f"{tag} {name}" for name in named if name.startswith("on")}
        source = named.get("src") or named.get("href") or ""
        if tag in {"script", "link"} and re.match(r"(https?:)?//", source):
            self.found.add(source)


def pages() -> list[str]:
    """Addresses without parameters, and the admin's lists."""
    found = [f"/{route}" for route in urlconf.routes() if not re.search(r"[<(]", route)]
    return [page for page in found if page not in {"/admin/logout/", "/api/auth/logout/"}]


def test_every_page_has_the_policy_and_nothing_it_forbids(
    admin_client: Client, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM = 1_000_000
    room = showroom.furnish()
    extra = ["/players/person-0", f"/rounds/{room.open.pk}", "/problems/invalid"]
    extra += [
        reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        for model in admin.site._registry
    ]
    seen = 0
    for page in {*pages(), *extra}:
        answer = admin_client.get(page, headers={"Accept": "text/html"})
        if answer.get("Content-Type", "").startswith("text/html"):
            check(answer)
            assert not Inline(answer.content.decode()).found, page
            seen += 1
    assert seen > 50


# -- cookies --------------------------------------------------------------------------------------
def test_cookies_are_out_of_reach_of_scripts_and_other_sites(admin_user: Any) -> None:
    client = Client()
    client.force_login(admin_user)
    client.get("/admin/")
    client.get("/api/auth/login/")
    assert set(client.cookies) == {"sessionid", "csrftoken"}
    answer = Client().get("/api/auth/login/")
    for cookie in (answer.cookies["csrftoken"], client.get("/admin/").cookies["sessionid"]):
        assert (cookie["httponly"], cookie["samesite"]) == (True, "Lax")


def configured(**environment: str) -> dict[str, Any]:
    """The settings of a process that is told this and nothing else."""
    names = (
        "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_HSTS_SECONDS",
        "SECURE_HSTS_INCLUDE_SUBDOMAINS", "DEBUG", "CORS_ALLOWED_ORIGINS",
    )  # fmt: skip
    code = "import json, config.settings as s"
    code += f"; print(json.dumps({{name: getattr(s, name) for name in {names}}}))"
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=ROOT, check=True, capture_output=True, text=True,
        env={"PATH": os.environ["PATH"], "SECRET_KEY": "k3Y-" * 20, **environment},
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def test_a_public_host_has_secure_cookies_and_hsts(tmp_path: Path) -> None:
    assert configured(ALLOWED_HOSTS="league.example.org", VAR_DIR=str(tmp_path)) == {
        "SESSION_COOKIE_SECURE": True,
        "CSRF_COOKIE_SECURE": True,
        "SECURE_HSTS_SECONDS": 31_536_000,
        "SECURE_HSTS_INCLUDE_SUBDOMAINS": True,
        "DEBUG": False,
        "CORS_ALLOWED_ORIGINS": [],
    }


def test_over_https_every_answer_asks_for_https(client: Client, settings: Any) -> None:
    settings.SECURE_HSTS_SECONDS, settings.SECURE_HSTS_INCLUDE_SUBDOMAINS = 31_536_000, True
    secured = Client(raise_request_exception=False)
    for path in ("/", "/api/v1/time", "/nowhere", "/api/nowhere", "/api/v1/time?a=%00"):
        answer = secured.get(path, secure=True)
        assert answer["Strict-Transport-Security"].startswith("max-age=31536000"), path

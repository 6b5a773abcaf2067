from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.http import HttpRequest, HttpResponse
from django.test import Client, RequestFactory

from config import rate_limit


@pytest.fixture
def gate() -> rate_limit.RateLimitMiddleware:
    def view(request: HttpRequest) -> HttpResponse:
        return HttpResponse("in")

    return rate_limit.RateLimitMiddleware(view)


def knock(
    gate: rate_limit.RateLimitMiddleware, path: str = "/api/v1/rounds", peer: str = "127.0.0.1"
) -> Any:
    return gate(RequestFactory().get(path, REMOTE_ADDR=peer))


def test_eight_threads_get_through_exactly_as_often_as_allowed(
    gate: rate_limit.RateLimitMiddleware, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 37, ""
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda _: knock(gate).status_code, range(200)))
    assert statuses.count(200) == 37
    assert statuses.count(429) == 163


def test_a_refusal_is_a_problem_with_the_time_to_wait(
    gate: rate_limit.RateLimitMiddleware, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 1, ""
    allowed, refused = knock(gate), knock(gate)
    assert allowed["RateLimit-Policy"] == '"ip";q=1;w=60'
    assert allowed["RateLimit"].startswith('"ip";r=0;t=')
    assert allowed["X-RateLimit-Limit"] == "1"
    assert (refused.status_code, refused["Content-Type"]) == (429, "application/problem+json")
    assert 1 <= int(refused["Retry-After"]) <= 60
    assert b'"rate_limited"' in refused.content


@pytest.mark.parametrize("path", ["/health", "/livez", "/readyz", "/metrics", "/static/x.css"])
def test_what_watches_the_league_is_never_limited(
    gate: rate_limit.RateLimitMiddleware, settings: Any, path: str
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 1, ""
    assert [knock(gate, path).status_code for _ in range(3)] == [200, 200, 200]


@pytest.mark.parametrize(
    ("trusted", "forwarded", "peer", "expected"),
    [
        (0, "1.1.1.1", "9.9.9.9", "9.9.9.9"),
        (1, "1.1.1.1, 2.2.2.2", "9.9.9.9", "2.2.2.2"),
        (2, "1.1.1.1, 2.2.2.2, 3.3.3.3", "9.9.9.9", "2.2.2.2"),
        (2, "3.3.3.3", "9.9.9.9", "9.9.9.9"),
        (1, "nonsense", "9.9.9.9", "9.9.9.9"),
        (1, "", "9.9.9.9", "9.9.9.9"),
        (0, "", "2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        (0, "", "::ffff:9.9.9.9", "9.9.9.9"),
        (0, "", "fe80::1%eth0", "fe80::/64"),
        (1, "fe80::1%a, fe80::1%b", "9.9.9.9", "fe80::/64"),
        (1, "9.9.9.9:1234", "8.8.8.8", "8.8.8.8"),
        (0, "", "", "unknown"),
    ],
)
def test_the_client_is_who_our_own_proxies_saw(
    settings: Any, trusted: int, forwarded: str, peer: str, expected: str
) -> None:
    settings.TRUSTED_PROXY_COUNT = trusted
    request = RequestFactory().get("/", headers={"X-Forwarded-For": forwarded}, REMOTE_ADDR=peer)
    assert rate_limit.client_address(request) == expected


def test_two_clients_do_not_share_an_allowance(
    gate: rate_limit.RateLimitMiddleware, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 1, ""
    assert knock(gate, peer="9.9.9.9").status_code == 200
    assert knock(gate, peer="8.8.8.8").status_code == 200
    assert knock(gate, peer="9.9.9.9").status_code == 429


def test_the_whole_stack_answers_429(client: Client, db: None, settings: Any) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 2, ""
    statuses = [client.get("/api/v1/time").status_code for _ in range(3)]
    assert statuses == [200, 200, 429]


def test_a_key_is_counted_besides_its_address(
    gate: rate_limit.RateLimitMiddleware, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 2, ""

    def knock_with_key(peer: str) -> Any:
        request = RequestFactory().get(
            "/api/v1/rounds", headers={"Authorization": "Bearer one"}, REMOTE_ADDR=peer
        )
        return gate(request)

    answers = [knock_with_key(peer) for peer in ("9.9.9.1", "9.9.9.2", "9.9.9.3")]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert b"2 requests a minute with one key" in answers[2].content
    assert answers[0]["RateLimit-Policy"] == '"ip";q=2;w=60, "key";q=2;w=60'
    assert knock(gate, peer="9.9.9.1").status_code == 200
    assert knock(gate, peer="9.9.9.3").status_code == 200


def test_an_account_is_counted_whatever_address_it_comes_from(
    client: Client, admin_user: User, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM, settings.CACHE_REDIS_URL = 2, ""
    client.force_login(admin_user)
    answers = [
        client.get("/api/v1/time", REMOTE_ADDR=peer) for peer in ("9.9.9.1", "9.9.9.2", "9.9.9.3")
    ]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert answers[2].json()["code"] == "rate_limited"
    assert 1 <= int(answers[2]["Retry-After"]) <= 60
    assert answers[1]["RateLimit-Policy"] == '"ip";q=2;w=60, "account";q=2;w=60'
    assert answers[1]["X-RateLimit-Remaining"] == "0"
    assert client.get("/livez").status_code == 200

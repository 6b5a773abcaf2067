"""The limiter on a real Redis: exact for threads of several processes, harmless when it dies."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter

from config import rate_limit

pytestmark = pytest.mark.services


def view(request: HttpRequest) -> HttpResponse:
    return HttpResponse("in")


def test_four_processes_of_eight_threads_share_one_allowance(
    settings: Any, redis_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    settings.RATE_LIMIT_RPM, settings.REDIS_URL = 50, redis_url
    # Four stores with connections of their own stand for four processes.
    stores = [
        MovingWindowRateLimiter(storage_from_string(redis_url, wrap_exceptions=True))
        for _ in range(4)
    ]
    turns = iter(stores * 1000)
    monkeypatch.setattr(rate_limit, "limiter", lambda _: next(turns))
    gate = rate_limit.RateLimitMiddleware(view)
    with ThreadPoolExecutor(8) as pool:
        request = RequestFactory().get("/api/v1/rounds")
        statuses = list(pool.map(lambda _: gate(request).status_code, range(300)))
    assert statuses.count(200) == 50
    assert statuses.count(429) == 250

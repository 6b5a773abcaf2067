"""Requests per client address and minute: counted atomically, exact under concurrency.

A moving window in Redis (one Lua script per request) or, without REDIS_URL, in the process.
When the storage cannot answer the request goes through, logged and counted: a broken limiter
must not take the league down.
"""

import functools
import ipaddress
import logging
import math
import threading
import time
from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from limits import RateLimitItemPerMinute, WindowStats
from limits.errors import StorageError
from limits.storage import storage_from_string
from limits.strategies import MovingWindowRateLimiter
from prometheus_client import Counter

from config import problems

logger = logging.getLogger(__name__)
FREE = ("/health", "/livez", "/readyz", "/metrics", "/static/")
UNANSWERED = Counter(
    "league_rate_limit_storage_failures", "Requests let through because the limiter was down."
)
WINDOW_S = 60
MAKING = threading.Lock()


def limiter(uri: str) -> MovingWindowRateLimiter:
    """One per process and storage; made on first use, that is after the server has forked.

    Under a lock: two threads that arrive first must not count in two stores.
    """
    with MAKING:
        return made(uri)


@functools.cache
def made(uri: str) -> MovingWindowRateLimiter:
    options = {"socket_connect_timeout": 1, "socket_timeout": 0.5} if uri else {}
    storage = storage_from_string(uri or "memory://", wrap_exceptions=True, **options)
    return MovingWindowRateLimiter(storage)


def client_address(request: HttpRequest) -> str:
    """The peer, or the address our outermost trusted proxy saw; an IPv6 one as its /64.

    With TRUSTED_PROXY_COUNT = n only the last n hops of X-Forwarded-For were written by us.
    """
    peer = str(request.META.get("REMOTE_ADDR", ""))
    trusted: int = settings.TRUSTED_PROXY_COUNT
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    claimed = hops[-trusted] if trusted and len(hops) >= trusted else peer
    return canonical(claimed) or canonical(peer) or "unknown"


def canonical(text: str) -> str:
    """An IPv4 address, the /64 of an IPv6 one, or empty when it is neither."""
    try:
        address = ipaddress.ip_address(text)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


class RateLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FREE):
            return self.get_response(request)
        limit = RateLimitItemPerMinute(settings.RATE_LIMIT_RPM)
        client = client_address(request)
        try:
            is_allowed = limiter(settings.REDIS_URL).hit(limit, "ip", client)
            stats = limiter(settings.REDIS_URL).get_window_stats(limit, "ip", client)
        except StorageError as error:
            UNANSWERED.inc()
            logger.warning(
                "rate limiter storage failed", extra={"error": repr(error.storage_error)}
            )
            return self.get_response(request)
        response = self.get_response(request) if is_allowed else refusal(request)
        describe(response, quota=limit.amount, stats=stats)
        return response


def refusal(request: HttpRequest) -> HttpResponse:
    detail = f"At most {settings.RATE_LIMIT_RPM} requests a minute from one address."
    return problems.response(request, code="rate_limited", detail=detail)


def describe(response: HttpResponse, *, quota: int, stats: WindowStats) -> None:
    """The draft-standard headers, their common predecessors and, on refusal, Retry-After."""
    wait = min(max(math.ceil(stats.reset_time - time.time()), 1), WINDOW_S)  # noqa: TID251 -- an edge
    response["RateLimit-Policy"] = f'"ip";q={quota};w={WINDOW_S}'
    response["RateLimit"] = f'"ip";r={max(stats.remaining, 0)};t={wait}'
    response["X-RateLimit-Limit"] = str(quota)
    response["X-RateLimit-Remaining"] = str(max(stats.remaining, 0))
    response["X-RateLimit-Reset"] = str(wait)
    if response.status_code == 429 and "Retry-After" not in response:  # noqa: PLR2004
        response["Retry-After"] = str(wait)

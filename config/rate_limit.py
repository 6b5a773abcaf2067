"""RATE_LIMIT_RPM requests a minute for an address, for an API key and for an account.

Address and key are counted before anything else is done (config.allowance). The account is known
only once somebody is authenticated: the API framework's throttle counts it. Nothing that is
counted depends on a header a client may write, except through TRUSTED_PROXY_COUNT.
"""

import hashlib
import ipaddress
from collections.abc import Callable, Iterable
from typing import Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework.request import Request
from rest_framework.throttling import BaseThrottle

from config import allowance, problems
from config.allowance import WINDOW_S, Standing, Verdict

FREE = ("/health", "/livez", "/readyz", "/metrics", "/static/")
SEEN = "league.allowances"  # where in request.META the standings wait for the response
SAID = {"ip": "from one address", "key": "with one key", "account": "of one account"}


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
        address = ipaddress.ip_address(text.partition("%")[0])  # a zone is no part of an address
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped:
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, 64), strict=False))


def counted(request: HttpRequest) -> dict[str, str]:
    """Who asks, before anybody has checked it: the address and, if one is shown, the key."""
    shown = request.headers.get("Authorization", "")
    who = {"ip": client_address(request)}
    return who | {"key": hashlib.sha256(shown.encode()).hexdigest()} if shown else who


def take(**who: str) -> Verdict:
    return allowance.take(who, quota=settings.RATE_LIMIT_RPM, url=settings.CACHE_REDIS_URL)


class RateLimitMiddleware:
    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        if request.path_info.startswith(FREE):
            return self.get_response(request)
        verdict = take(**counted(request))
        request.META[SEEN] = list(verdict.standings)
        if verdict.is_allowed:
            response = self.get_response(request)
        else:
            response = problems.response(
                request, code="rate_limited", detail=refusal(verdict.standings)
            )
        describe(response, request.META[SEEN])
        return response


class AccountThrottle(BaseThrottle):
    """One person's keys and sessions together, wherever they come from."""

    def __init__(self) -> None:
        self._refused: tuple[Standing, ...] = ()

    def allow_request(self, request: Request, _view: Any) -> bool:
        if not request.user.is_authenticated:
            return True
        verdict = take(account=str(request.user.pk))
        request._request.META.setdefault(SEEN, []).extend(verdict.standings)  # noqa: SLF001
        self._refused = () if verdict.is_allowed else verdict.standings
        return verdict.is_allowed

    def wait(self) -> float | None:
        return max((standing.reset_s for standing in self._refused), default=None)


def refusal(standings: Iterable[Standing]) -> str:
    spent = next(standing for standing in standings if not standing.remaining)
    return f"At most {spent.quota} requests a minute {SAID[spent.name]}."


def describe(response: HttpResponse, standings: list[Standing]) -> None:
    """The draft-standard headers, their common predecessors and, on refusal, Retry-After."""
    least = min(standings, key=lambda standing: (standing.remaining, -standing.reset_s))
    response["RateLimit-Policy"] = ", ".join(
        f'"{s.name}";q={s.quota};w={WINDOW_S}' for s in standings
    )
    response["RateLimit"] = ", ".join(
        f'"{s.name}";r={s.remaining};t={s.reset_s}' for s in standings
    )
    response["X-RateLimit-Limit"] = str(least.quota)
    response["X-RateLimit-Remaining"] = str(least.remaining)
    response["X-RateLimit-Reset"] = str(least.reset_s)
    if response.status_code == 429 and "Retry-After" not in response:  # noqa: PLR2004
        response["Retry-After"] = str(least.reset_s)

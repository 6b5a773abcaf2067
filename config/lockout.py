"""Who has failed to sign in too often waits, longer each time: django-axes with our own patience.

Failures are rows, so that every process counts the same ones. They count for a name from one
address, and, with more patience, for the address itself: whoever tries one password on many names.
"""

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from axes.handlers.database import AxesDatabaseHandler
from axes.handlers.proxy import AxesProxyHandler
from django.db.models import Max, QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render

from config import handlers, problems, rate_limit

NAMED: Final = ("username", "ip_address")
ADDRESS: Final = ("ip_address",)
PATIENCE: Final[Mapping[tuple[str, ...], int]] = {NAMED: 5, ADDRESS: 50}
FIRST: Final = timedelta(minutes=1)
LONGEST: Final = timedelta(hours=1)
MOST_DOUBLINGS: Final = 10
Credentials = dict[str, Any] | None


class Handler(AxesDatabaseHandler):
    """The library's, but what locks out is how long ago the last of how many failures was."""

    def get_failures(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """Enough for the library exactly while somebody has to wait."""
        return PATIENCE[NAMED] if self.wait(request, credentials) else 0

    def wait(self, request: HttpRequest, credentials: Credentials = None) -> timedelta:
        now: datetime = request.axes_attempt_time  # type: ignore[attr-defined]  # the library's
        waits = self._waits(request, credentials, now=now)
        return max(waits, default=timedelta(0))

    def reset_user_attempts(self, request: HttpRequest, credentials: Credentials = None) -> int:
        """One's own name is forgiven after signing in, never what else the address has tried."""
        own: QuerySet[Any] = self.filter_user_attempts(request, credentials)[0]
        return own.delete()[0]

    def _waits(
        self, request: HttpRequest, credentials: Credentials, *, now: datetime
    ) -> Iterator[timedelta]:
        attempts = self.get_user_attempts(request, credentials)
        for patience, of in zip(PATIENCE.values(), attempts, strict=True):
            seen = of.aggregate(failures=Sum("failures_since_start"), last=Max("attempt_time"))
            too_many = (seen["failures"] or 0) - patience
            if too_many >= 0:
                pause = min(FIRST * 2 ** min(too_many, MOST_DOUBLINGS), LONGEST)
                yield max(seen["last"] + pause - now, timedelta(0))


def address(request: HttpRequest) -> str | None:
    """Where the request came from, as the rate limit sees it; of IPv6 the first half."""
    known = rate_limit.client_address(request).partition("/")[0]
    return None if known == "unknown" else known


def refusal(
    request: HttpRequest, _: HttpResponse | None, credentials: Credentials
) -> HttpResponse:
    """The same for a name that exists and one that does not."""
    handler = AxesProxyHandler.get_implementation()
    seconds = max(int(handler.wait(request, credentials).total_seconds()), 1)
    if handlers.is_api(request):
        detail = "Too many failed sign-ins: wait for Retry-After seconds."
        answer: HttpResponse = problems.response(request, code="rate_limited", detail=detail)
    else:
        answer = render(request, "429.html", {"seconds": seconds}, status=429)
    answer["Retry-After"] = str(seconds)
    return answer

"""X-Request-ID: accepted when harmless, minted otherwise; in every log line, task and response."""

import re
import uuid
from collections.abc import Callable

import django_guid
from django.http import HttpRequest, HttpResponse

HEADER = "X-Request-ID"
HARMLESS = re.compile(r"[A-Za-z0-9._-]{8,64}", re.ASCII)


def accept_or_mint(given: str) -> str:
    """`given` when it is 8 to 64 characters fit for a log line, else 32 new hexadecimal digits."""
    return given if HARMLESS.fullmatch(given) else uuid.uuid4().hex


class RequestIdMiddleware:
    """Holds the id in django-guid's context variable: its log filter and Celery hooks read it."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        request_id = accept_or_mint(request.headers.get(HEADER, ""))
        django_guid.set_guid(request_id)
        # django-guid forgets it when the response is closed: Django logs 4xx after this returns.
        response = self.get_response(request)
        response[HEADER] = request_id
        return response


def current() -> str:
    """The id of the request being served, empty outside one."""
    return django_guid.get_guid() or ""

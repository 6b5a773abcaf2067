"""Django's own error handlers: what failed before or outside the API framework."""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpRequest, HttpResponse
from django.views import defaults

from config import problems


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        code = "body_too_large" if isinstance(exception, RequestDataTooBig) else "malformed"
        return problems.response(request, code=code, detail=problems.TABLE[code].advice)
    return defaults.bad_request(request, exception)


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        return problems.response(request, code="forbidden", detail="Not allowed.")
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    if is_api(request):
        detail = "There is nothing at this address."
        return problems.response(request, code="not_found", detail=detail)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Called while the exception is being handled: an absent database is a 503, not a fault."""
    is_outage = isinstance(sys.exc_info()[1], OperationalError | InterfaceError)
    code = "unavailable" if is_outage else "internal_error"
    if is_api(request) or is_outage:
        return problems.response(request, code=code, detail=problems.TABLE[code].advice)
    return defaults.server_error(request)


def is_api(request: HttpRequest) -> bool:
    return request.path.startswith("/api/")

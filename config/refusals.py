"""Refusals where the framework has none of ours: one voice in the API, no overflow in admin."""

import logging
from collections.abc import Callable

from django.core.exceptions import BadRequest, FieldDoesNotExist
from django.db import DataError
from django.http import HttpRequest, HttpResponse

from config import handlers, problems

logger = logging.getLogger(__name__)
# What Django's own views and middlewares say in HTML or not at all.
ABSURD = (OverflowError, DataError, FieldDoesNotExist, RecursionError)
CODES = {
    400: "malformed", 403: "forbidden", 404: "not_found", 405: "method_not_allowed",
    412: "precondition_failed",
}  # fmt: skip


class RefusalsMiddleware:
    """Every refusal under /api/ is a problem document, the login page's and CSRF's included."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        response = self.get_response(request)
        code = CODES.get(response.status_code)
        if code is None or not handlers.is_api(request) or is_ours(response):
            return response
        told = problems.response(request, code=code, detail=problems.TABLE[code].advice)
        if "Allow" in response:
            told["Allow"] = response["Allow"]
        return told

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """The admin looks rows up by any number and field a client names, without looking first.

        A number no column can hold, a field no model has and a value nested without end are the
        request's fault.
        """
        if not request.path.startswith("/admin/"):
            return None
        if not isinstance(exception, ABSURD):
            return None
        logger.warning("absurd lookup refused", extra={"path": request.path})
        return handlers.bad_request(request, BadRequest())


def is_ours(response: HttpResponse) -> bool:
    """A problem document already, or the browsable API's page of one."""
    is_problem = response.get("Content-Type", "") == problems.CONTENT_TYPE
    return is_problem or hasattr(response, "accepted_renderer")

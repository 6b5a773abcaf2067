"""From failures with names to HTTP: the handlers that read the table (config.failures)."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from django.core.exceptions import PermissionDenied, RequestDataTooBig
from django.http import Http404
from rest_framework import exceptions, renderers
from rest_framework.request import Request
from rest_framework.response import Response

from config import problems
from config.failures import TABLE
from predictions import entry_forms, entry_shapes, item_faults


def code_of(error: Exception) -> str | None:
    """The problem code of the nearest class the table knows; None when it knows none."""
    own = getattr(getattr(error, "detail", None), "code", None)
    known = (TABLE[base] for base in type(error).__mro__ if base in TABLE)
    return own if own in problems.TABLE else next(known, None)


def handle(error: Exception, context: Mapping[str, Any]) -> Response | None:
    """The API framework's exception handler: a problem document, or None for the unforeseen."""
    code = code_of(error)
    if code is None:
        return None
    request: Request = context["request"]
    document = problems.document(
        request, code=code, detail=detail_of(error, code), errors=list(fields_of(error))
    )
    response = Response(document, status=document["status"], headers=headers_of(error, code))
    spoken = getattr(getattr(request, "accepted_renderer", None), "format", None)
    if spoken not in {"json", "api"}:  # the schema speaks YAML, its page HTML, a 406 nothing yet
        request.accepted_renderer = renderers.JSONRenderer()
        request.accepted_media_type = problems.CONTENT_TYPE
    if spoken != "api":
        response.content_type = problems.CONTENT_TYPE
    return response


def detail_of(error: Exception, code: str) -> str:
    """One sentence, never a database's or a library's own words."""
    problem = problems.TABLE[code]
    silent = exceptions.ValidationError | PermissionDenied | RequestDataTooBig
    if isinstance(error, silent) or code == "unavailable":
        return problem.advice
    if isinstance(error, Http404):
        return "There is nothing at this address."
    if isinstance(error, exceptions.APIException):
        return str(error.detail)
    return str(error) or problem.advice


def fields_of(error: Exception) -> Iterator[dict[str, str]]:
    """The pointer (RFC 6901), code and detail of every field at fault."""
    if isinstance(error, exceptions.ValidationError):
        yield from flatten(error.detail, "")
    elif isinstance(error, entry_shapes.Misshapen):
        for fault in error.faults:
            pointer = f"/{escaped(fault.field)}" if fault.field else ""
            yield {"pointer": pointer, "code": fault.code, "detail": fault.detail}
    elif isinstance(error, item_faults.ItemsRefused):
        for at in error.faults:
            field = f"/{escaped(at.field)}" if at.field else ""
            yield {"pointer": f"/items/{at.place}{field}", "code": at.code, "detail": at.detail}
    elif isinstance(error, entry_forms.InvalidEntry):
        yield {"pointer": f"/{error.field}", "code": error.code, "detail": str(error)}


def flatten(detail: object, pointer: str) -> Iterator[dict[str, str]]:
    if isinstance(detail, Mapping):
        for name, inner in detail.items():
            is_whole = name == "non_field_errors"
            yield from flatten(inner, pointer if is_whole else f"{pointer}/{escaped(name)}")
    elif isinstance(detail, Sequence) and not isinstance(detail, str):
        for place, inner in enumerate(detail):
            is_leaf = isinstance(inner, str)
            yield from flatten(inner, pointer if is_leaf else f"{pointer}/{place}")
    else:
        code = str(getattr(detail, "code", None) or "invalid")
        yield {"pointer": pointer, "code": code, "detail": str(detail)}


def escaped(name: object) -> str:
    return str(name).replace("~", "~0").replace("/", "~1")


def description_of(error: Exception, challenge: str) -> str:
    """RFC 6750: why a credential that was shown is refused; our own words, which have no quote."""
    is_refusal = isinstance(error, exceptions.AuthenticationFailed) and "error=" in challenge
    return f', error_description="{error}"' if is_refusal else ""


def headers_of(error: Exception, code: str) -> dict[str, str]:
    headers = {}
    challenge = getattr(error, "auth_header", None)
    if challenge:
        headers["WWW-Authenticate"] = challenge + description_of(error, challenge)
    if wait := getattr(error, "wait", None):  # rest_framework.exceptions.Throttled
        headers["Retry-After"] = str(wait)
    if problems.TABLE[code].status == 503:  # noqa: PLR2004 -- Service Unavailable
        headers["Retry-After"] = "5"
    return headers

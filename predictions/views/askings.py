"""What a request asks for beyond its entry."""

from django.http import HttpRequest
from rest_framework import exceptions
from rest_framework.request import Request

from league.views import idempotency
from predictions import preconditions
from predictions.preconditions import Precondition

CONDITIONAL = {"HTTP_IF_MATCH", "HTTP_IF_NONE_MATCH"}
YES, NO = {"true", "1", "yes"}, {"false", "0", "no"}


def is_simple(request: Request | HttpRequest) -> bool:
    """Whether nothing is wanted beyond the entry itself, done once if it says so."""
    return (
        request.method in {"POST", "PUT"}
        and not request.META.get("QUERY_STRING")
        and idempotency.is_fit(request)
        and not CONDITIONAL & request.META.keys()
    )


def is_alone(request: Request | HttpRequest) -> bool:
    """The same, and not even that."""
    return is_simple(request) and idempotency.REQUEST_HEADER not in request.headers


def is_dry_run(request: Request) -> bool:
    """:raises rest_framework.exceptions.ValidationError: rather than write by mistake."""
    said = request.query_params.get("dry_run", "false").lower()
    if said not in YES | NO:
        raise exceptions.ValidationError({"dry_run": ["true or false."]})
    return said in YES


def precondition_of(request: Request) -> Precondition:
    """:raises predictions.preconditions.NotAPrecondition:"""
    headers = request.headers
    return preconditions.read(
        match=headers.get("If-Match"), none_match=headers.get("If-None-Match")
    )

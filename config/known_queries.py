"""Query parameters of the API: what the schema documents is accepted, nothing else is ignored.

A misspelt filter that is ignored answers another question than the one asked.
"""

import functools
import re
import threading
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from django.http import HttpRequest, HttpResponse
from drf_spectacular.generators import SchemaGenerator

from config import problems

API = "api/v1/"
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
# `format` is the framework's, on every view; the schema and its page do not document themselves.
EVERYWHERE = {"format": False}
UNDOCUMENTED: dict[str, dict[str, bool]] = {
    "/api/v1/": {},
    "/api/v1/schema": {"lang": False, "version": False},
    "/api/v1/docs": {"lang": False, "script": False, "version": False},
}
MOST_NAMED, LONGEST_NAME = 20, 64
LEARNING = threading.Lock()


class KnownQueryMiddleware:
    """Refuses unknown parameters, and a second value where only one has a meaning."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *_: Any) -> HttpResponse | None:
        if not request.GET or request.resolver_match is None:
            return None
        known = accepted(request.method or "", request.resolver_match.route)
        faults = [] if known is None else list(faults_of(request, known))
        if not faults:
            return None
        advice = problems.TABLE["invalid"].advice
        return problems.response(request, code="invalid", detail=advice, errors=faults)


def faults_of(request: HttpRequest, known: Mapping[str, bool]) -> Iterator[dict[str, str]]:
    for name, values in list(request.GET.lists())[:MOST_NAMED]:
        pointer = "/" + name[:LONGEST_NAME].replace("~", "~0").replace("/", "~1")
        if name not in known:
            yield {"pointer": pointer, "code": "unknown", "detail": "Unknown parameter."}
        elif len(values) > 1 and not known[name]:
            yield {"pointer": pointer, "code": "repeated", "detail": "Give it once."}


def accepted(method: str, route: str) -> Mapping[str, bool] | None:
    """Names and whether each may be repeated; None where the API's own views do not answer."""
    if not route.startswith(API):
        return None
    template, verb = template_of(route), "get" if method == "HEAD" else method.lower()
    with LEARNING:  # two threads that arrive first must not both generate the schema
        documented = learnt().get((template, verb))
    return None if documented is None else documented | EVERYWHERE


def template_of(route: str) -> str:
    """A route as the schema writes it: /api/v1/rounds/{round_id}."""
    return "/" + PARAMETER.sub(r"{\1}", route)


@functools.cache
def learnt() -> dict[tuple[str, str], dict[str, bool]]:
    """By path and method, from the schema the league serves; generated on first use."""
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    found = {(path, "get"): names for path, names in UNDOCUMENTED.items()}
    for path, operations in schema["paths"].items():
        for verb, operation in operations.items():
            found[path, verb] = dict(queries_of(operation))
    return found


def queries_of(operation: Mapping[str, Any]) -> Iterator[tuple[str, bool]]:
    for parameter in operation.get("parameters", ()):
        if parameter["in"] == "query":
            yield parameter["name"], parameter["schema"].get("type") == "array"

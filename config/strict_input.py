"""What no request may carry: NUL in its path or query, a body without its length or over 64 KB,
ambiguous JSON.
"""

import json
import re
from collections.abc import Callable, Iterable, Mapping
from decimal import Decimal
from typing import IO, Any

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from rest_framework import exceptions, parsers, renderers

from config import problems

DEEPEST = 20
ESCAPE = "\\u"
BRACKET = re.compile(r"[\[{\]}]")
SURROGATE = re.compile("[\ud800-\udfff]")
# A string never gives a character back and may lack its end: one pass, whatever the text.
STRING_OR_BRACKET = re.compile(r'"(?:[^"\\]|\\.)*+"?|[\[{\]}]', re.DOTALL)


class BodyTooLarge(exceptions.APIException):
    status_code = 413
    default_code = "body_too_large"
    default_detail = "The body is larger than 64 KB."


class StrictInputMiddleware:
    """Refuses NUL before any view or database sees it (PostgreSQL cannot store one).

    And bodies in chunks: without Content-Length Django reads none, so `{"scopes": ["read"]}` would
    count as no wish at all.
    """

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        query = request.META.get("QUERY_STRING", "")
        if "\0" in request.path_info or "\0" in query or "%00" in query:
            return problems.response(
                request, code="malformed", detail="NUL characters are not accepted."
            )
        if "Transfer-Encoding" in request.headers:
            advice = problems.TABLE["length_required"].advice
            return problems.response(request, code="length_required", detail=advice)
        return self.get_response(request)


class StrictJSONParser(parsers.JSONParser):
    """JSON with one meaning: no duplicate keys, NaN, NUL, lone surrogates or deep nesting."""

    media_type = "application/json"
    renderer_class = renderers.JSONRenderer

    def parse(
        self,
        stream: IO[Any],
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """Numbers with a fraction become Decimal, never float.

        :raises rest_framework.exceptions.ParseError: naming the fault.
        """
        del media_type, parser_context
        limit: int = settings.DATA_UPLOAD_MAX_MEMORY_SIZE
        body: bytes = stream.read(limit + 1)
        if len(body) > limit:
            raise BodyTooLarge
        return parse(body)


def parse(body: bytes) -> Any:
    """:raises rest_framework.exceptions.ParseError: unless strict UTF-8 JSON of modest depth."""
    try:
        text = body.decode("utf-8")
        check_depth(text)
        value = json.loads(
            text,
            object_pairs_hook=unique_pairs,
            parse_float=Decimal,
            parse_int=bounded_integer,
            parse_constant=refuse_constant,
        )
    except (ValueError, RecursionError) as error:
        raise exceptions.ParseError(f"Malformed JSON: {error}") from error
    except ArithmeticError as error:
        raise exceptions.ParseError("Malformed JSON: an exponent is too long.") from error
    if ESCAPE in text:  # unescaped, UTF-8 has no surrogates and a string of JSON no NUL
        refuse_odd_text(value)
    return value


def check_depth(text: str) -> None:
    """Counts brackets outside strings before the recursive decoder sees them."""
    depth = 0
    for mark in _marks(text):
        if mark in "[{":
            depth += 1
        elif mark in "]}":
            depth -= 1
        if depth > DEEPEST:
            raise exceptions.ParseError(f"Malformed JSON: nested deeper than {DEEPEST}.")


def _marks(text: str) -> Iterable[str]:
    """Every bracket outside strings, in order; perhaps with other text that is no bracket."""
    if "\\" in text:
        return STRING_OR_BRACKET.findall(text)
    return BRACKET.findall("".join(text.split('"')[::2]))  # a quote begins or ends a string


def unique_pairs(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise exceptions.ParseError("Malformed JSON: a key appears twice in one object.")
    return found


def bounded_integer(digits: str) -> int:
    if len(digits) > 40:  # noqa: PLR2004 -- longer than any number the league knows
        raise exceptions.ParseError("Malformed JSON: a number is too long.")
    return int(digits)


def refuse_constant(name: str) -> Any:
    raise exceptions.ParseError(f"Malformed JSON: {name} is not a number.")


def refuse_odd_text(value: object) -> None:
    """NUL and lone surrogates are legal JSON escapes but no database text."""
    if isinstance(value, str):
        if "\0" in value or SURROGATE.search(value):
            raise exceptions.ParseError("Malformed JSON: text holds NUL or half a surrogate pair.")
    elif isinstance(value, dict):
        for key, item in value.items():
            refuse_odd_text(key)
            refuse_odd_text(item)
    elif isinstance(value, list):
        for item in value:
            refuse_odd_text(item)

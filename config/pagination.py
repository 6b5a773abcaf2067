"""Cursor pages: {next, previous, results} and a Link header, at most 200 rows each."""

import re
from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from league.inputs import query_number

BASE64 = re.compile(r"[A-Za-z0-9+/]*={0,2}", re.ASCII)
FOREIGN = "The cursor is not one of ours."
LINK = {"type": ["string", "null"], "format": "uri"}


class CursorPage(pagination.CursorPagination):
    """A view names its order in an `ordering` attribute; the key ends it, so it is total."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering: Any = ("-pk",)

    def get_page_size(self, request: Request) -> int:
        """:raises rest_framework.exceptions.ValidationError: unless 1 to 200 ASCII digits."""
        query, most = request.query_params, self.max_page_size
        return query_number(query, "limit", default=self.page_size, low=1, high=most)

    def decode_cursor(self, request: Request) -> Any:
        """:raises rest_framework.exceptions.ParseError: for a cursor this API did not make."""
        given = request.query_params.get(self.cursor_query_param, "")
        if not BASE64.fullmatch(given):
            raise exceptions.ParseError(FOREIGN)
        try:
            return super().decode_cursor(request)
        except exceptions.NotFound as error:
            raise exceptions.ParseError(FOREIGN) from error

    def get_ordering(
        self, request: Request, queryset: QuerySet[Any], view: APIView
    ) -> tuple[str, ...]:
        del request, queryset
        order = getattr(view, "ordering", self.ordering)
        return (order,) if isinstance(order, str) else tuple(order)

    def paginate_queryset(
        self, queryset: Any, request: Request, view: APIView | None = None
    ) -> list[Any] | None:
        """:raises rest_framework.exceptions.ParseError: for a cursor this API did not make."""
        try:
            return super().paginate_queryset(queryset, request, view)
        except (ValidationError, ValueError, TypeError, OverflowError, DataError) as error:
            raise exceptions.ParseError(FOREIGN) from error

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
        body = {"next": links["next"], "previous": links["prev"], "results": data}
        return Response(body, headers={"Link": link} if link else None)

    def get_paginated_response_schema(self, schema: dict[str, Any]) -> dict[str, Any]:
        """As OpenAPI 3.1 says it: the framework's own `nullable` is of 3.0 and means nothing."""
        return {
            "type": "object",
            "required": ["next", "previous", "results"],
            "properties": {"next": LINK, "previous": LINK, "results": schema},
        }

    def get_schema_operation_parameters(self, view: APIView) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = super().get_schema_operation_parameters(view)
        size = {"minimum": 1, "maximum": self.max_page_size, "default": self.page_size}
        for parameter in found:
            if parameter["name"] == self.page_size_query_param:
                parameter["schema"] = {"type": "integer"} | size
        return found

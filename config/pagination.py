"""Cursor pages: {next, previous, results} and a Link header, at most 200 rows each."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import DataError
from django.db.models import QuerySet
from rest_framework import exceptions, pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView


class CursorPage(pagination.CursorPagination):
    """A view names its order in an `ordering` attribute; the key ends it, so it is total."""

    page_size = 50
    page_size_query_param = "limit"
    max_page_size = 200
    ordering: Any = ("-pk",)

    def get_page_size(self, request: Request) -> int:
        """:raises rest_framework.exceptions.ValidationError: unless 1 to 200 ASCII digits."""
        given = request.query_params.get("limit", str(self.page_size))
        is_number = given.isascii() and given.isdecimal() and len(given) <= 3  # noqa: PLR2004
        if not is_number or not 1 <= int(given) <= self.max_page_size:
            raise exceptions.ValidationError({"limit": [f"1 to {self.max_page_size}."]})
        return int(given)

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
            raise exceptions.ParseError("The cursor is not one of ours.") from error

    def get_paginated_response(self, data: Any) -> Response:
        links = {"next": self.get_next_link(), "prev": self.get_previous_link()}
        link = ", ".join(f'<{url}>; rel="{rel}"' for rel, url in links.items() if url)
        body = {"next": links["next"], "previous": links["prev"], "results": data}
        return Response(body, headers={"Link": link} if link else None)

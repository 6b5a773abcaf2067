"""Boards, newest published version, with cheap 304s for those who poll."""

import hashlib
from collections.abc import Callable, Sequence
from typing import Any

from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.cache import get_conditional_response
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import pagination
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from leaderboard import queries, renditions
from leaderboard import serializers as shapes
from leaderboard.models import Board, Standing
from league import visibility
from league.inputs import query_number
from league.models import Season


class RankPage(pagination.LimitOffsetPagination):
    """A board is one published version: places in it do not move while one pages.

    Nobody counts the rows: one more than the page shows whether there is a next one.
    """

    default_limit = 100
    max_limit = 200
    last_offset = 1_000_000

    def get_limit(self, request: Request) -> int:
        query, most = request.query_params, self.max_limit
        return query_number(query, "limit", default=self.default_limit, low=1, high=most)

    def get_offset(self, request: Request) -> int:
        query, most = request.query_params, self.last_offset
        return query_number(query, "offset", default=0, low=0, high=most)

    def rows(
        self, request: Request, board: Board | None, *, kinds: Sequence[str]
    ) -> list[Standing]:
        """:raises rest_framework.exceptions.ValidationError: for a limit or offset too far."""
        self.request = request
        self.limit, self.offset = self.get_limit(request), self.get_offset(request)
        most = self.limit + 1
        found = (
            queries.page(board=board, first=self.offset, count=most, kinds=kinds) if board else []
        )
        self.count = self.offset + len(found)
        return found[: self.limit]


PLACES = [
    OpenApiParameter(
        name, {"type": "integer", "minimum": low, "maximum": high, "default": default}
    )
    for name, low, high, default in (
        ("limit", 1, RankPage.max_limit, RankPage.default_limit),
        ("offset", 0, RankPage.last_offset, 0),
    )
]


class Leaderboard(APIView):
    """Everybody's place in a season at one horizon."""

    @extend_schema(
        operation_id="leaderboard",
        tags=["leaderboard"],
        parameters=[shapes.BoardQuerySerializer, *PLACES],
        responses=shapes.LeaderboardSerializer,
    )
    def get(self, request: Request) -> HttpResponseBase:
        query = asked(request)
        season, horizon = place(request, query)
        board = queries.board(season=season.pk, horizon=horizon)
        tag = etag(request, board)

        def body() -> Any:
            whole = heading(season, horizon, board) | content(request, board, query)
            return shapes.LeaderboardSerializer(whole).data

        if tag is not None and is_for_all(request, season, query):
            return for_all(request, body, tag=tag)
        unchanged = not_modified(request, tag)
        if unchanged is not None:
            return unchanged
        return Response(body(), headers={"ETag": tag} if tag else None)


class Verdict(APIView):
    """Artificial intelligence or people: what the evidence allows to say.

    `sequence` may be watched and makes `decided`; `interval` is for one look, when `is_final`.
    """

    @extend_schema(
        operation_id="verdict",
        tags=["leaderboard"],
        parameters=[
            OpenApiParameter("season", str),
            OpenApiParameter("horizon", str),
        ],
        responses=shapes.BoardVerdictSerializer,
    )
    def get(self, request: Request) -> HttpResponseBase:
        season, horizon = place(request, asked(request))
        board = queries.board(season=season.pk, horizon=horizon)
        body = heading(season, horizon, board) | {"verdict": board.verdict if board else {}}
        return Response(shapes.BoardVerdictSerializer(body).data)


def asked(request: Request) -> dict[str, Any]:
    """:raises rest_framework.exceptions.ValidationError: naming the wrong parameter."""
    query = shapes.BoardQuerySerializer(data=request.query_params)
    query.is_valid(raise_exception=True)
    return dict(query.validated_data)


def place(request: Request, query: dict[str, Any]) -> tuple[Season, str]:
    """The season and horizon asked for, or the newest running public season and its first.

    A sandbox only when it is asked for.

    :raises django.http.Http404: for a season that is not there or not for the caller.
    """
    seasons = visibility.seasons(request.user)
    if "season" in query:
        season = seasons.filter(slug=query["season"]).first()
    else:
        public = seasons.counted().public().filter(starts_at__lte=timezone.now())
        season = public.order_by("-starts_at", "-pk").first()
    if season is None:
        raise Http404
    return season, query.get("horizon") or season.pinned["horizons"][0]


def heading(season: Season, horizon: str, board: Board | None) -> dict[str, Any]:
    return {
        "season": season.slug,
        "horizon": horizon,
        "is_simulated": season.is_simulated,
        "rounds": board.rounds if board else 0,
        "locks": board.locks if board else 0,
        "version": board.version if board else 0,
        "published_at": board.published_at if board else None,
        "is_final": bool(board and board.frozen_at),
    }


def content(request: Request, board: Board | None, query: dict[str, Any]) -> dict[str, Any]:
    """A page of the board, or of it only the player asked for."""
    kinds = sorted(query.get("kind", ()))
    if "player" in query:
        handle = query["player"]
        row = queries.standing(board=board, handle=handle, kinds=kinds) if board else None
        return {"next": None, "previous": None, "results": [row] if row else []}
    page = RankPage()
    rows = page.rows(request, board, kinds=kinds)
    links = {"next": page.get_next_link(), "previous": page.get_previous_link()}
    return links | {"results": rows}


def is_for_all(request: Request, season: Season, query: dict[str, Any]) -> bool:
    """Whether a page is the same for everybody and asked for often."""
    is_first = "offset" not in request.query_params and "player" not in query
    return is_first and visibility.is_public(season)


def for_all(request: Request, body: Callable[[], Any], *, tag: str) -> HttpResponse:
    """The bytes of this version, rendered now unless they were before; they make their own 304."""
    kept = renditions.body(request._request, tag=tag)  # noqa: SLF001
    shown = kept or request.accepted_renderer.render(body(), renditions.JSON)
    headers = renditions.SHARED | {"ETag": tag}
    return HttpResponse(shown, content_type=renditions.JSON, headers=headers)


def etag(request: Request, board: Board | None) -> str | None:
    """The version of the board and everything that shapes this page of it.

    None where more shapes it: the HTML names its reader, and no board yet has no version.
    """
    if board is None or request.accepted_media_type != renditions.JSON:
        return None
    text = f"{board.pk}.{board.version}|{renditions.address(request._request)}"  # noqa: SLF001
    return f'"{hashlib.sha256(text.encode()).hexdigest()[:32]}"'


def not_modified(request: Request, tag: str | None) -> HttpResponseBase | None:
    """A 304 for a caller who has this version already, decided before the rows are read."""
    unchanged = get_conditional_response(request._request, etag=tag) if tag else None  # noqa: SLF001
    if unchanged is not None and tag is not None:
        unchanged.headers["ETag"] = tag
    return unchanged

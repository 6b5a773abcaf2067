"""What views share that answer about a season as JSON or CSV, with or without names."""

import dataclasses
import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.http.response import HttpResponseBase
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter
from rest_framework import renderers, serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.utils.urls import replace_query_param
from rest_framework.views import APIView

from leaderboard import records, renditions, views
from leaderboard.pseudonyms import Veil
from leaderboard.sheets import CsvRenderer, Sheet
from leaderboard.sums import Scope
from league.inputs import query_number
from league.models import Player, Season

FOREIGN: Final = "The cursor is not one of ours."
USUAL, MOST, MOST_CSV = 50, 200, 20_000
PAGES: Final = [
    OpenApiParameter("cursor", str, description="Where the page before ended: see `next`."),
    OpenApiParameter(
        "limit",
        {"type": "integer", "minimum": 1, "maximum": MOST_CSV, "default": USUAL},
        description=f"Rows; at most {MOST}, of CSV {MOST_CSV}, which is also its default.",
    ),
]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a request is about. `players` are handles."""

    season: Season
    horizon: str | None
    asset: str | None
    veil: Veil
    players: Sequence[str]

    @property
    def scope(self) -> Scope:
        return Scope(self.season.pk, self.horizon, self.asset)

    def of_one_horizon(self) -> Scope:
        """The season's first unless named."""
        first: str = self.season.pinned["horizons"][0]
        return Scope(self.season.pk, self.horizon or first, self.asset)

    def called(self, player: Player) -> tuple[str, str | None]:
        return self.veil.named(key=player.pk, handle=player.handle, name=player.name)


class TabularView(APIView):
    renderer_classes = (renderers.JSONRenderer, renderers.BrowsableAPIRenderer, CsvRenderer)


def answers(shape: type[serializers.Serializer[Any]]) -> dict[Any, Any]:
    """The schema's word on both forms."""
    return {(200, "application/json"): shape, (200, "text/csv"): OpenApiTypes.STR}


def asked(
    request: Request, *, shape: type[serializers.Serializer[Any]], season: str | None = None
) -> Asked:
    """`season` where the path names it.

    :raises rest_framework.exceptions.ValidationError: naming the wrong parameter.
    :raises django.http.Http404: for a season that is not there or not for the caller.
    """
    form = shape(data=request.query_params)
    form.is_valid(raise_exception=True)
    query = dict(form.validated_data)
    found, _ = views.place(request, query if season is None else query | {"season": season})
    return Asked(
        season=found,
        horizon=query.get("horizon"),
        asset=query.get("asset"),
        veil=Veil(found.pk, query.get("anonymous", False)),
        players=query.get("players", ()),
    )


def answer(
    request: Request, asked: Asked, *, players: Sequence[Player], make: Callable[[], Response]
) -> HttpResponseBase:
    """What `make` answers, unless the caller has it already."""
    tag = etag(request, asked.season, players=players)
    unchanged = views.not_modified(request, tag)
    if unchanged is not None:
        return unchanged
    response = make()
    if tag is not None:
        response.headers["ETag"] = tag
    return response


def etag(request: Request, season: Season, *, players: Sequence[Player]) -> str | None:
    """Of everything that shapes the answer; None where more does: the HTML names its reader."""
    if request.accepted_renderer.format not in {"json", "csv"}:
        return None
    names = [f"{player.handle} {player.name}" for player in players]
    where = renditions.address(request._request)  # noqa: SLF001
    told = [records.version(season), request.accepted_media_type, where, *names]
    return f'"{hashlib.sha256("|".join(map(str, told)).encode()).hexdigest()[:32]}"'


def is_csv(request: Request) -> bool:
    return bool(request.accepted_renderer.format == CsvRenderer.format)


def sheet(made: Sheet, *, headers: dict[str, str] | None = None) -> Response:
    """To be saved as a file."""
    named = {"Content-Disposition": f'attachment; filename="{made.name}.csv"'}
    return Response(made, headers=(headers or {}) | named)


def limit(request: Request) -> int:
    """:raises rest_framework.exceptions.ValidationError: for a page too large."""
    usual, most = (MOST_CSV, MOST_CSV) if is_csv(request) else (USUAL, MOST)
    return query_number(request.query_params, "limit", default=usual, low=1, high=most)


def links(request: Request, cursor: str | None) -> dict[str, str] | None:
    """The Link header of a page that is not the last."""
    return {"Link": f'<{after(request, cursor)}>; rel="next"'} if cursor else None


def after(request: Request, cursor: str) -> str:
    return str(replace_query_param(request.build_absolute_uri(), "cursor", cursor))


def where(asked: Asked) -> dict[str, Any]:
    return {"season": asked.season.slug, "is_simulated": asked.season.is_simulated}


def who(asked: Asked, player: Player) -> dict[str, Any]:
    handle, name = asked.called(player)
    return where(asked) | {"player": handle, "name": name, "kind": player.kind}


def paged(request: Request, asked: Asked, cursor: str | None) -> dict[str, Any]:
    """A page's place among the others."""
    following = after(request, cursor) if cursor else None
    return {"asset": asked.asset, "next": following, "previous": None}


def fields(row: Any) -> dict[str, Any]:
    """A dataclass's own, those inside it as they are."""
    return {field.name: getattr(row, field.name) for field in dataclasses.fields(row)}

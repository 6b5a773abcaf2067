"""Track records and head-to-heads, as JSON and as CSV (`format=csv`, or Accept: text/csv)."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404
from drf_spectacular.utils import extend_schema
from rest_framework import exceptions
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboard import head_to_head, record_sheets, records, tabular
from leaderboard import record_shapes as shapes
from leaderboard.sums import Scope
from leaderboard.tabular import Asked, TabularView
from league.models import Player

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
DIGITS: Final = 16


class RecordView(TabularView):
    """Of one player; a subclass says what."""

    def get(self, request: Request, handle: str) -> HttpResponseBase:
        asked = tabular.asked(request, shape=shapes.RecordQuerySerializer)
        player: Player = get_object_or_404(Player, handle=handle)
        return tabular.answer(
            request, asked, players=[player], make=lambda: self.make(request, asked, player)
        )

    def make(self, request: Request, asked: Asked, player: Player) -> Response:
        raise NotImplementedError


class TrackRecord(RecordView):
    """What a player's rating is made of: skill by horizon and asset, best and worst locks."""

    @extend_schema(
        operation_id="track_record",
        tags=["leaderboard"],
        parameters=[shapes.RecordQuerySerializer],
        responses=tabular.answers(shapes.TrackRecordSerializer),
    )
    def get(self, request: Request, handle: str) -> HttpResponseBase:
        """As CSV a row for every horizon, and for every horizon and asset."""
        return super().get(request, handle)

    def make(self, request: Request, asked: Asked, player: Player) -> Response:
        found = records.of(player, season=asked.season, scope=asked.scope)
        if tabular.is_csv(request):
            return tabular.sheet(record_sheets.lines(found, asked=asked, player=player))
        body = tabular.who(asked, player) | {
            "horizons": found.horizons,
            "assets": found.assets,
            "best": found.best,
            "worst": found.worst,
        }
        return Response(shapes.TrackRecordSerializer(body).data)


class Calibration(RecordView):
    """How often outcomes fell where a player's quantiles said: coverage and the PIT's bins."""

    @extend_schema(
        operation_id="calibration",
        tags=["leaderboard"],
        parameters=[shapes.RecordQuerySerializer],
        responses=tabular.answers(shapes.CalibrationsSerializer),
    )
    def get(self, request: Request, handle: str) -> HttpResponseBase:
        """Points and probabilities count as the quantiles they stand for. The crowd enters
        nothing, so it has none.
        """
        return super().get(request, handle)

    def make(self, request: Request, asked: Asked, player: Player) -> Response:
        found = records.calibrations(player, season=asked.season, scope=asked.scope)
        if tabular.is_csv(request):
            return tabular.sheet(record_sheets.shares(found, asked=asked, player=player))
        rows = [{"horizon": name} | tabular.fields(one) for name, one in found.items()]
        body = tabular.who(asked, player) | {"asset": asked.asset, "results": rows}
        return Response(shapes.CalibrationsSerializer(body).data)


class RatingHistory(RecordView):
    """A player's rating after every final lock of one horizon, the first lock first."""

    @extend_schema(
        operation_id="rating_history",
        tags=["leaderboard"],
        parameters=[shapes.RecordQuerySerializer, *tabular.PAGES],
        responses=tabular.answers(shapes.RatingHistorySerializer),
    )
    def get(self, request: Request, handle: str) -> HttpResponseBase:
        """The horizon is the season's first unless named."""
        return super().get(request, handle)

    def make(self, request: Request, asked: Asked, player: Player) -> Response:
        limit, scope = tabular.limit(request), asked.of_one_horizon()
        after = instant_of(request.query_params.get("cursor"))
        steps = records.history(
            player, season=asked.season, scope=scope, after=after, limit=limit + 1
        )
        shown = steps[:limit]
        cursor = cursor_of(shown[-1].at.lock) if len(steps) > limit else None
        headers = tabular.links(request, cursor)
        if tabular.is_csv(request):
            made = record_sheets.steps(shown, asked=asked, player=player)
            return tabular.sheet(made, headers=headers)
        body = tabular.who(asked, player) | tabular.paged(request, asked, cursor)
        body |= {"horizon": scope.horizon, "results": shown}
        return Response(shapes.RatingHistorySerializer(body).data, headers=headers)


class Versus(TabularView):
    """Two players in the rounds both entered, and whether the difference says anything."""

    @extend_schema(
        operation_id="versus",
        tags=["leaderboard"],
        parameters=[shapes.VersusQuerySerializer],
        responses=tabular.answers(shapes.VersusSerializer),
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Paired by lock, judged as AI is against the crowd. As CSV the rounds both entered."""
        asked = tabular.asked(request, shape=shapes.VersusQuerySerializer)
        players = [get_object_or_404(Player, handle=handle) for handle in asked.players]
        return tabular.answer(
            request, asked, players=players, make=lambda: self.make(request, asked, players)
        )

    def make(self, request: Request, asked: Asked, players: list[Player]) -> Response:
        first, second = players
        scope = asked.of_one_horizon()
        if tabular.is_csv(request):
            met = records.meetings(first, second, scope=scope)
            return tabular.sheet(record_sheets.meetings(met, asked=asked, players=players))
        duel = records.duel(first, second, scope=scope)
        names = [asked.called(player)[0] for player in players]
        body = (
            tabular.fields(duel)
            | tabular.where(asked)
            | {
                "horizon": scope.horizon,
                "asset": scope.asset,
                "players": sides(asked, players, scope=scope, points=[duel.first, duel.second]),
                "text": head_to_head.say(duel, first=names[0], second=names[1]),
            }
        )
        return Response(shapes.VersusSerializer(body).data)


def sides(
    asked: Asked, players: list[Player], *, scope: Scope, points: list[int]
) -> list[dict[str, Any]]:
    return [
        tabular.who(asked, player)
        | {
            "points_together": milli,
            "skill": records.standing(player, season=asked.season, scope=scope),
        }
        for player, milli in zip(players, points, strict=True)
    ]


def cursor_of(lock: datetime) -> str:
    """Microseconds since 1970."""
    return str((lock - EPOCH) // MICROSECOND)


def instant_of(cursor: str | None) -> datetime | None:
    """:raises rest_framework.exceptions.ParseError: for a cursor this API did not make."""
    if cursor is None:
        return None
    if not (cursor.isascii() and cursor.isdecimal() and len(cursor) <= DIGITS):
        raise exceptions.ParseError(tabular.FOREIGN)
    return EPOCH + int(cursor) * MICROSECOND

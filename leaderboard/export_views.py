"""All scores of a season, as pages of JSON or as a CSV file."""

from typing import Any

from django.http.response import HttpResponseBase
from drf_spectacular.utils import extend_schema
from rest_framework.request import Request
from rest_framework.response import Response

from leaderboard import record_shapes as shapes
from leaderboard import record_sheets, score_pages, tabular
from leaderboard.tabular import Asked, TabularView


class SeasonScores(TabularView):
    """Every score of a season's final rounds, by round, the best first."""

    @extend_schema(
        operation_id="season_scores",
        tags=["leaderboard"],
        parameters=[shapes.ScoresQuerySerializer, *tabular.PAGES],
        responses=tabular.answers(shapes.ScoresSerializer),
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """CSV is whole up to its limit; beyond, the Link header says where it goes on. Points are
        public by round: whoever compares them can tell who a pseudonym is.
        """
        asked = tabular.asked(request, shape=shapes.ScoresQuerySerializer, season=slug)
        return tabular.answer(request, asked, players=[], make=lambda: self.make(request, asked))

    def make(self, request: Request, asked: Asked) -> Response:
        cursor = request.query_params.get("cursor")
        rows, following = score_pages.page(
            scope=asked.scope,
            at=None if cursor is None else score_pages.place(cursor),
            limit=tabular.limit(request),
        )
        shown = [named(row, asked) for row in rows]
        if asked.veil.is_drawn:  # among equals the order of registration would show
            shown.sort(key=lambda row: (row["round_id"], -row["points_milli"], row["player"]))
        place = None if following is None else str(following)
        headers = tabular.links(request, place)
        if tabular.is_csv(request):
            return tabular.sheet(record_sheets.scores(shown, asked=asked), headers=headers)
        body = tabular.where(asked) | tabular.paged(request, asked, place) | {"results": shown}
        return Response(shapes.ScoresSerializer(body).data, headers=headers)


def named(row: score_pages.Row, asked: Asked) -> dict[str, Any]:
    player, name = asked.veil.named(
        key=row["player_id"], handle=row["player__handle"], name=row["player__name"]
    )
    return row | {"player": player, "name": name, "kind": row["player__kind"]}

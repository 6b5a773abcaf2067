"""Reading boards."""

from collections.abc import Sequence
from uuid import UUID

from django.db.models import F, QuerySet

from leaderboard.models import Board, Standing


def boards(*, season: UUID) -> QuerySet[Board]:
    """A season's boards by horizon."""
    return Board.objects.filter(season=season).order_by("horizon")


def board(*, season: UUID, horizon: str) -> Board | None:
    return Board.objects.filter(season=season, horizon=horizon).select_related("season").first()


def table(*, board: Board, kinds: Sequence[str] = ()) -> QuerySet[Standing]:
    """Ranked rows in order, then the unranked by rating; optionally only some kinds of player."""
    rows = Standing.objects.filter(board=board).select_related("player")
    if kinds:
        rows = rows.filter(player__kind__in=kinds)
    return rows.order_by(F("rank").asc(nulls_last=True), "-rating_milli", "-rounds", "player_id")

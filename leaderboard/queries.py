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
    rows = _rows(board, kinds)
    return rows.order_by(F("rank").asc(nulls_last=True), "-rating_milli", "-rounds", "player_id")


def page(*, board: Board, first: int, count: int, kinds: Sequence[str] = ()) -> list[Standing]:
    """At most `count` rows of the table from place `first` (0 is the top) on.

    Ranks are 1 to n without a gap, so among the ranked a place is found in the index, however
    deep. Where the unranked begin, or kinds are left out, the rows before it are counted off.
    """
    if not kinds:
        rows = _rows(board, ()).filter(rank__gt=first, rank__lte=first + count).order_by("rank")
        found = list(rows)
        if len(found) == count:
            return found
    return list(table(board=board, kinds=kinds)[first : first + count])


def standing(*, board: Board, handle: str, kinds: Sequence[str] = ()) -> Standing | None:
    """One player's place: two index seeks, whatever the size of the board."""
    return _rows(board, kinds).filter(player__handle=handle).first()


def _rows(board: Board, kinds: Sequence[str]) -> QuerySet[Standing]:
    rows = Standing.objects.filter(board=board).select_related("player")
    return rows.filter(player__kind__in=kinds) if kinds else rows

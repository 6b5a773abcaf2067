"""A board as people read it: every row with its interval drawn on one common scale."""

from collections.abc import Sequence
from dataclasses import dataclass

from config.showcase import drawing
from config.showcase.drawing import Scale
from leaderboard import queries
from leaderboard.models import Board, Standing
from league.models.player import Kind

WIDTH = 120.0
LEAST_SPAN = 1000.0
CHOICES = ((Kind.HUMAN, "Humans"), (Kind.BOT, "Bots"), (Kind.AI, "AI"))


@dataclass(frozen=True, slots=True)
class Line:
    """One player's row; x values are in user units of a drawing WIDTH wide."""

    standing: Standing
    zero_x: float
    rating_x: float
    low_x: float | None
    high_x: float | None


def lines(board: Board | None, *, kinds: Sequence[str] = (), limit: int) -> list[Line]:
    """Ranked rows, then the unranked; at most `limit`."""
    if board is None:
        return []
    rows = queries.page(board=board, first=0, count=limit, kinds=kinds)
    values = [
        float(value)
        for row in rows
        for value in (row.low_milli, row.rating_milli, row.high_milli)
        if value is not None
    ]
    scale = drawing.spanning([*values, -LEAST_SPAN, LEAST_SPAN], width=WIDTH)
    return [_line(row, scale) for row in rows]


def _line(row: Standing, scale: Scale) -> Line:
    return Line(
        standing=row,
        zero_x=scale.at(0.0),
        rating_x=scale.at(row.rating_milli),
        low_x=None if row.low_milli is None else scale.at(row.low_milli),
        high_x=None if row.high_milli is None else scale.at(row.high_milli),
    )

"""AI against the human crowd: the two means, and what the evidence allows to say."""

from dataclasses import dataclass
from typing import Any

from config.showcase import drawing
from leaderboard import queries, standings
from leaderboard.models import Board, Standing

WIDTH = 640.0
UNDECIDED = "Not yet decided: no round of this horizon has been scored."


@dataclass(frozen=True, slots=True)
class Evidence:
    """AI minus crowd in points a round, with its 95 % confidence sequence and where to draw it."""

    mean: float
    low: float
    high: float
    detectable: float
    mean_x: float
    low_x: float
    high_x: float


@dataclass(frozen=True, slots=True)
class LastLook:
    """A finished season's 95 % interval of the same mean; `decided` is ai, humans or not_yet."""

    low: float
    high: float
    decided: str


@dataclass(frozen=True, slots=True)
class Duel:
    """`decided` is ai, humans or not_yet; either standing may be missing."""

    ai: Standing | None
    crowd: Standing | None
    text: str
    decided: str
    locks: int
    evidence: Evidence | None
    last_look: LastLook | None


def of(board: Board | None) -> Duel:
    """The two sides as the board has them, wherever they stand in it."""
    rows = _sides(board) if board else {}
    verdict: dict[str, Any] = board.verdict if board else {}
    return Duel(
        ai=rows.get(board.season.ai_side) if board else None,
        crowd=rows.get(standings.CROWD),
        text=verdict.get("text", UNDECIDED),
        decided=verdict.get("decided", "not_yet"),
        locks=verdict.get("locks", 0),
        evidence=_evidence(verdict),
        last_look=_last_look(board),
    )


def _sides(board: Board) -> dict[str, Standing]:
    handles = (board.season.ai_side, standings.CROWD)
    rows = queries.table(board=board).filter(player__handle__in=handles)
    return {row.player.handle: row for row in rows}


def _evidence(verdict: dict[str, Any]) -> Evidence | None:
    names = ("mean_points", "low", "high", "detectable_points")
    values = [verdict.get(name) for name in names]
    mean, low, high, detectable = (float(value or 0.0) for value in values)
    if None in values:
        return None
    scale = drawing.symmetric([mean, low, high], width=WIDTH)
    places = (scale.at(mean), scale.at(low), scale.at(high))
    return Evidence(mean, low, high, detectable, *places)


def _last_look(board: Board | None) -> LastLook | None:
    """Before the season is over it would be one look of many: too many for an interval."""
    if board is None or board.frozen_at is None:
        return None
    interval: dict[str, Any] | None = board.verdict.get("interval")
    return LastLook(**interval) if interval else None

"""A player's page: the record of one season and horizon, and the calibration drawn."""

from dataclasses import dataclass
from typing import Final

from config.showcase.drawing import Scale
from config.showcase.stage import Stage
from leaderboard import queries, records
from leaderboard.models import Standing
from leaderboard.records import Record
from leaderboard.sums import Scope
from leaderboard.track_record import Calibration, Share
from league.models import Player

START, END = 40.0, 250.0
ACROSS: Final = Scale(0.0, 1.0, START, END)
UP: Final = Scale(0.0, 1.0, END, START)
TICKS: Final = (0.0, 0.25, 0.5, 0.75, 1.0)


class NotShown(Exception):
    """There is no such player."""


@dataclass(frozen=True, slots=True)
class Point:
    """A quantile's share where it should be (x) and where it is (y), with its interval."""

    share: Share
    x: float
    y: float
    low_y: float
    high_y: float


@dataclass(frozen=True, slots=True)
class Tick:
    percent: float
    x: float
    y: float


@dataclass(frozen=True, slots=True)
class Profile:
    """What there is without a season is the player alone."""

    player: Player
    standing: Standing | None
    record: Record | None
    calibration: Calibration | None
    points: list[Point]
    ticks: list[Tick]


def of(handle: str, *, stage: Stage | None) -> Profile:
    """:raises NotShown: for a handle nobody has."""
    player = Player.objects.filter(handle=handle).first()
    if player is None:
        raise NotShown
    if stage is None:
        return Profile(player, None, None, None, [], [])
    scope = Scope(stage.season.pk, stage.horizon)
    found = records.calibrations(player, season=stage.season, scope=scope)[stage.horizon]
    board = stage.board
    return Profile(
        player=player,
        standing=queries.standing(board=board, handle=handle) if board else None,
        record=records.of(player, season=stage.season, scope=scope),
        calibration=found,
        points=[point for share in found.levels for point in _points(share)],
        ticks=[Tick(100 * at, ACROSS.at(at), UP.at(at)) for at in TICKS],
    )


def _points(share: Share) -> list[Point]:
    """None while nothing was counted."""
    if share.share is None or share.low is None or share.high is None:
        return []
    heights = (UP.at(share.share), UP.at(share.low), UP.at(share.high))
    return [Point(share, ACROSS.at(share.expected), *heights)]

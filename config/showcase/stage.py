"""Which season and horizon a page shows."""

from dataclasses import dataclass
from datetime import datetime

from leaderboard import queries
from leaderboard.models import Board
from league import visibility
from league.models import Season
from league.models.season import SeasonQuerySet
from league.visibility import Viewer

MOST = 12


class NotShown(Exception):
    """No such season for this visitor, or it has no such horizon."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`seasons` are those to choose from, newest first; `board` may not exist yet."""

    season: Season
    seasons: list[Season]
    default: Season
    horizon: str
    board: Board | None

    @property
    def horizons(self) -> list[str]:
        names: list[str] = self.season.pinned["horizons"]
        return names

    @property
    def is_default_season(self) -> bool:
        return self.season == self.default


@dataclass(frozen=True, slots=True)
class Asked:
    """What an address names of a season and a horizon, and who asks."""

    season: str | None
    horizon: str | None
    viewer: Viewer


def find(asked: Asked, *, now: datetime) -> Stage | None:
    """The season and horizon asked for, else the newest public season begun and its first horizon.

    A sandbox only when it is asked for. None while there is no season at all.
    :raises NotShown: when what was asked for is not there for this viewer.
    """
    season, horizon = asked.season, asked.horizon
    visible = visibility.seasons(asked.viewer).order_by("-starts_at", "-pk")
    begun = visible.counted().filter(starts_at__lte=now)
    shown = list(begun[:MOST])
    usual = _usual(shown, begun)
    chosen = visible.filter(slug=season).first() if season else usual
    if chosen is None and not season and not horizon:
        return None
    if chosen is None or (horizon and horizon not in chosen.pinned["horizons"]):
        raise NotShown
    name = horizon or chosen.pinned["horizons"][0]
    board = queries.board(season=chosen.pk, horizon=name)
    return Stage(chosen, shown or [chosen], usual or chosen, name, board)


def _usual(shown: list[Season], begun: SeasonQuerySet) -> Season | None:
    """The newest public one; whoever sees no public one begins with the newest of their own."""
    if not shown:
        return None
    newest = next(filter(visibility.is_public, shown), None)
    return newest or begun.public().first() or shown[0]

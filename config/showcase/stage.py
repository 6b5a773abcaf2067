"""Which season and horizon a page shows."""

from dataclasses import dataclass
from datetime import datetime

from django.contrib.auth.models import AnonymousUser

from leaderboard import queries
from leaderboard.models import Board
from league import visibility
from league.models import Season

MOST = 12


class NotShown(Exception):
    """No such public season, or it has no such horizon."""


@dataclass(frozen=True, slots=True)
class Stage:
    """`seasons` are the public ones to choose from, newest first; `board` may not exist yet."""

    season: Season
    seasons: list[Season]
    horizon: str
    board: Board | None

    @property
    def horizons(self) -> list[str]:
        names: list[str] = self.season.pinned["horizons"]
        return names

    @property
    def is_default_season(self) -> bool:
        return self.season == self.seasons[0]


def find(*, season: str | None, horizon: str | None, now: datetime) -> Stage | None:
    """The season and horizon asked for, else the newest season begun and its first horizon.

    A sandbox only when it is asked for. None while there is no season at all.
    :raises NotShown: when what was asked for is not there for the public.
    """
    public = visibility.seasons(AnonymousUser()).order_by("-starts_at", "-pk")
    begun = list(public.counted().filter(starts_at__lte=now)[:MOST])
    chosen = public.filter(slug=season).first() if season else next(iter(begun), None)
    if chosen is None and not season and not horizon:
        return None
    if chosen is None or (horizon and horizon not in chosen.pinned["horizons"]):
        raise NotShown
    name = horizon or chosen.pinned["horizons"][0]
    board = queries.board(season=chosen.pk, horizon=name)
    return Stage(chosen, begun or [chosen], name, board)

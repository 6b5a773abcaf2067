"""Reading track records: what a player's final rounds of one season say about them.

Everything here is about rounds that are final, so nothing in it is sealed; whether the season
may be seen is the caller's question (league.visibility).
"""

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Count, Max

from leaderboard import head_to_head, skill, sums, track_record
from leaderboard.head_to_head import Duel, Meeting
from leaderboard.skill import Extent, Played, Skill
from leaderboard.statistics import overlap
from leaderboard.sums import Lock, Scope, Total
from leaderboard.track_record import Calibration, Counts
from league.horizons import TABLE
from league.models import Player, Round, Season
from league.models.round import Status

FEW: Final = 5
NOTHING: Final = Total(0, 0, 0, Played(0, 0, 0, 0, 0))
NO_COUNTS: Final = Counts(0, 0, 0, (0, 0, 0))


@dataclass(frozen=True, slots=True)
class Line:
    """`asset` is None over all of them; `part` is what it adds to the horizon's rating, milli."""

    horizon: str
    asset: str | None
    skill: Skill
    part: int


@dataclass(frozen=True, slots=True)
class Moment:
    """A player's rounds of one lock, and their sum in milli-points."""

    horizon: str
    lock: datetime
    rounds: int
    points: int


@dataclass(frozen=True, slots=True)
class Record:
    horizons: list[Line]
    assets: list[Line]
    best: list[Moment]
    worst: list[Moment]


@dataclass(frozen=True, slots=True)
class Step:
    """A lock of the season, whether entered or not, and the skill as of it."""

    at: Lock
    skill: Skill


def version(season: Season) -> str:
    """Changes whenever anything read here may have."""
    finals = Round.objects.filter(season=season, status=Status.FINAL)
    told = finals.aggregate(rounds=Count("pk"), newest=Max("finalized_at"))
    return f"{season.pk}.{told['rounds']}.{told['newest']}"


def of(player: Player, *, season: Season, scope: Scope) -> Record:
    """The horizons' lines are over all assets, as ratings are; the rest is of the scope alone."""
    shared = overlaps(season)
    horizons = Scope(season.pk, scope.horizon)
    wholes = sums.skills(player.pk, scope=horizons, by_asset=False)
    extents = {
        name: _extent(wholes.get((name, ""), NOTHING), name, shared)
        for name in _horizons(season, scope)
    }
    lines = []
    for name, extent in extents.items():
        made = skill.skill(wholes.get((name, ""), NOTHING).played, extent=extent)
        lines.append(Line(name, None, made, made.rating))
    return Record(
        horizons=lines,
        assets=_by_asset(player, scope=scope, extents=extents),
        best=_moments(player, scope=scope, best=True),
        worst=_moments(player, scope=scope, best=False),
    )


def calibrations(player: Player, *, season: Season, scope: Scope) -> dict[str, Calibration]:
    """By horizon, the shortest first; horizons are not pooled, their rounds overlap."""
    counts, shared = sums.calibration(player.pk, scope=scope), overlaps(season)
    return {
        name: track_record.calibrate(counts.get(name, NO_COUNTS), shared=shared.get(name, 1))
        for name in _horizons(season, scope)
    }


def history(
    player: Player, *, season: Season, scope: Scope, after: datetime | None, limit: int
) -> list[Step]:
    """Lock by lock, the first later than `after` on; the scope names one horizon.

    The interval widens throughout for as many overlapping locks as the season has come to.
    """
    shared = overlaps(season)
    locks = sums.history(player.pk, scope=scope, after=after, limit=limit)
    return [Step(one, _skill(one.so_far, str(scope.horizon), shared=shared)) for one in locks]


def meetings(first: Player, second: Player, *, scope: Scope) -> list[Meeting]:
    """The rounds both entered, by lock."""
    return sums.meetings([first.pk, second.pk], scope=scope)


def duel(first: Player, second: Player, *, scope: Scope) -> Duel:
    """Over the rounds both entered; the scope names one horizon."""
    met = meetings(first, second, scope=scope)
    return head_to_head.compare(met, horizon=str(scope.horizon))


def standing(player: Player, *, season: Season, scope: Scope) -> Skill:
    """Over all final rounds of the scope, which names one horizon."""
    name = str(scope.horizon)
    found = sums.skills(player.pk, scope=scope, by_asset=False)
    return _skill(found.get((name, ""), NOTHING), name, shared=overlaps(season))


def overlaps(season: Season) -> dict[str, int]:
    """By horizon: the most of its locks that share an outcome."""
    finals = Round.objects.filter(season=season, status=Status.FINAL)
    locks: dict[str, list[datetime]] = defaultdict(list)
    for horizon, lock in finals.values_list("horizon", "locks_at").distinct().order_by():
        locks[horizon].append(lock)
    return {name: overlap(some, length=TABLE[name].length) for name, some in locks.items()}


def _by_asset(player: Player, *, scope: Scope, extents: dict[str, Extent]) -> list[Line]:
    shared = {name: extent.shared for name, extent in extents.items()}
    found = sums.skills(player.pk, scope=scope, by_asset=True)
    lines = []
    for (name, asset), total in found.items():
        if name in extents:
            part = skill.part(total.played.points, extent=extents[name])
            lines.append(Line(name, asset, _skill(total, name, shared=shared), part))
    return sorted(lines, key=lambda line: (TABLE[line.horizon].length_s, line.asset or ""))


def _moments(player: Player, *, scope: Scope, best: bool) -> list[Moment]:
    rows = sums.extremes(player.pk, scope=scope, best=best, limit=FEW)
    return [Moment(*row) for row in rows]


def _skill(total: Total, horizon: str, *, shared: dict[str, int]) -> Skill:
    return skill.skill(total.played, extent=_extent(total, horizon, shared))


def _extent(total: Total, horizon: str, shared: dict[str, int]) -> Extent:
    return Extent(
        final=total.rounds,
        locks=total.locks,
        squares=total.squares,
        shared=shared.get(horizon, 1),
        shrinkage=TABLE[horizon].shrinkage,
    )


def _horizons(season: Season, scope: Scope) -> list[str]:
    names: list[str] = season.pinned["horizons"]
    return [name for name in names if scope.horizon in {None, name}]

"""What track records need, added up by the database over a season's final rounds.

Withdrawn words do not count, and of a round settled more than once only the latest scores do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db import connection

from leaderboard.head_to_head import Meeting
from leaderboard.skill import Played
from leaderboard.track_record import Counts
from league import gate
from league.models.round import Status
from predictions import terms
from predictions.scoring import levels

LATEST: Final = """NOT EXISTS (
    SELECT 1 FROM predictions_score AS later WHERE later.round_id = {score}.round_id
    AND later.player_id = {score}.player_id
    AND later.settlement_version > {score}.settlement_version
)"""
# Every lock there was, the player's or not: `size` final rounds, of which the player `came` to
# some and has `total` points.
LOCKS: Final = """
    SELECT {keys}, question.locks_at, COUNT(*) AS size, COUNT(score.id) AS came,
        COALESCE(SUM(score.points_milli), 0) AS total
    FROM league_round AS question
    LEFT JOIN predictions_score AS score ON score.round_id = question.id
        AND score.player_id = %s AND {latest}
    WHERE {which} GROUP BY {keys}, question.locks_at
"""
SUMS: Final = (
    "COUNT(*){over}, SUM(size){over}, SUM(size * size){over}, SUM(came){over},"
    " SUM(CASE WHEN came > 0 THEN 1 ELSE 0 END){over}, SUM(total){over},"
    " SUM(total * total){over}, SUM(total * size){over}"
)
SKILL: Final = "SELECT {names}, {sums} FROM ({locks}) AS gathered GROUP BY {names}"
HISTORY: Final = """
    SELECT * FROM (
        SELECT locks_at, size, came, total, {sums} FROM ({locks}) AS gathered
        WINDOW so_far AS (ORDER BY locks_at ROWS UNBOUNDED PRECEDING)
    ) AS running WHERE {after} ORDER BY locks_at LIMIT %s
"""
EXTREMES: Final = """
    SELECT horizon, locks_at, came, total FROM ({locks}) AS gathered
    WHERE came > 0 ORDER BY total {order}, locks_at LIMIT %s
"""
CALIBRATION: Final = """
    SELECT horizon, SUM(came), COUNT(*), SUM(came * came), SUM(low), SUM(middle), SUM(high) FROM (
        SELECT horizon, locks_at, COUNT(*) AS came, {hits} FROM (
            SELECT question.horizon, question.locks_at, question.outcome_bp, {levels}
            FROM predictions_prediction AS word
            JOIN league_round AS question ON question.id = word.round_id
            WHERE word.player_id = %s AND NOT word.is_withdrawn AND {which}
        ) AS entry GROUP BY horizon, locks_at
    ) AS gathered GROUP BY horizon
"""
MEETINGS: Final = """
    SELECT question.locks_at, question.asset_id, score.points_milli, other.points_milli
    FROM league_round AS question
    JOIN predictions_score AS score ON score.round_id = question.id AND score.player_id = %s
    JOIN predictions_score AS other ON other.round_id = question.id AND other.player_id = %s
    WHERE {latest} AND {latest_other} AND {which}
    ORDER BY question.locks_at, question.asset_id
"""


@dataclass(frozen=True, slots=True)
class Scope:
    """Which final rounds; None stands for every horizon or asset."""

    season: UUID
    horizon: str | None = None
    asset: str | None = None

    def condition(self) -> tuple[str, list[Any]]:
        """On a round named `question`, and the parameters it takes."""
        wanted = {"horizon": self.horizon, "asset_id": self.asset}
        named = {column: value for column, value in wanted.items() if value is not None}
        places = ["question.season_id = %s", f"question.status = '{Status.FINAL}'"]
        places += [f"question.{column} = %s" for column in named]
        return " AND ".join(places), [gate.identifier(self.season), *named.values()]


@dataclass(frozen=True, slots=True)
class Total:
    """Over some locks: how many, their final rounds, squared sizes, and what a player did."""

    locks: int
    rounds: int
    squares: int
    played: Played


@dataclass(frozen=True, slots=True)
class Lock:
    """One lock and everything up to it: `size` final rounds, `came` to some, `points` milli."""

    lock: datetime
    size: int
    came: int
    points: int
    so_far: Total


def skills(player: int, *, scope: Scope, by_asset: bool) -> dict[tuple[str, str], Total]:
    """By horizon and asset; by horizon and "" over all the scope's assets."""
    names = ["horizon", "asset_id"] if by_asset else ["horizon"]
    locks, values = _locks(player, scope=scope, keys=names)
    statement = SKILL.format(names=", ".join(names), sums=SUMS.format(over=""), locks=locks)
    found = {}
    for row in _rows(statement, values):
        place = (row[0], row[1] if by_asset else "")
        found[place] = _total(row[len(names) :])
    return found


def history(player: int, *, scope: Scope, after: datetime | None, limit: int) -> list[Lock]:
    """The locks of one horizon in order, from the first later than `after` on."""
    locks, values = _locks(player, scope=scope, keys=["horizon"])
    past, since = ("locks_at > %s", [gate.stamp(after)]) if after else ("TRUE", [])
    sums = SUMS.format(over=" OVER so_far")
    statement = HISTORY.format(sums=sums, locks=locks, after=past)
    return [
        Lock(gate.instant(at), int(size), int(came), int(total), _total(rest))
        for at, size, came, total, *rest in _rows(statement, [*values, *since, limit])
    ]


def extremes(
    player: int, *, scope: Scope, best: bool, limit: int
) -> list[tuple[str, datetime, int, int]]:
    """Horizon, lock, rounds and milli-points of the player's best or worst locks."""
    locks, values = _locks(player, scope=scope, keys=["horizon"])
    statement = EXTREMES.format(locks=locks, order="DESC" if best else "ASC")
    return [
        (horizon, gate.instant(at), int(came), int(total))
        for horizon, at, came, total in _rows(statement, [*values, limit])
    ]


def calibration(player: int, *, scope: Scope) -> dict[str, Counts]:
    """By horizon, over the rounds the player's word stood in."""
    which, values = scope.condition()
    columns = ("reference_price", "sigma_bp", "width")
    frozen = levels.Frozen(*(terms.double(f"question.{column}") for column in columns))
    hits = ", ".join(
        f"SUM(CASE WHEN outcome_bp <= {level} THEN 1 ELSE 0 END) AS {level}"
        for level in levels.NAMES
    )
    statement = CALIBRATION.format(hits=hits, levels=levels.columns(frozen), which=which)
    return {
        horizon: Counts(int(came), int(locks), int(squares), (int(low), int(mid), int(high)))
        for horizon, came, locks, squares, low, mid, high in _rows(statement, [player, *values])
    }


def meetings(players: Sequence[int], *, scope: Scope) -> list[Meeting]:
    """The rounds both of two players were scored in, by lock."""
    which, values = scope.condition()
    mine, theirs = (LATEST.format(score=name) for name in ("score", "other"))
    statement = MEETINGS.format(which=which, latest=mine, latest_other=theirs)
    rows = _rows(statement, [*players, *values])
    return [Meeting(gate.instant(at), *rest) for at, *rest in rows]


def _locks(player: int, *, scope: Scope, keys: Sequence[str]) -> tuple[str, list[Any]]:
    which, values = scope.condition()
    named = ", ".join(f"question.{key}" for key in keys)
    latest = LATEST.format(score="score")
    return LOCKS.format(keys=named, which=which, latest=latest), [player, *values]


def _total(sums: Sequence[Any]) -> Total:
    locks, rounds, squares, *played = map(int, sums)
    return Total(locks, rounds, squares, Played(*played))


def _rows(statement: str, values: Sequence[Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)
        return list(cursor.fetchall())

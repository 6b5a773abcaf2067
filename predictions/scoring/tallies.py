"""The running sums of a season: what one more final round adds to each player's."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection

from league import gate
from league.models import Round, Season
from league.models.round import Status

# What the round adds, by player. Of a lock's only round that is its points and their square.
ALONE: Final = """
    SELECT player_id, 1 AS came, 1 AS begun, points_milli AS news, points_milli AS crossed,
        CAST(points_milli AS bigint) * points_milli AS squared
    FROM predictions_score WHERE round_id = %s
"""
# Rounds of one lock are one unit of evidence: the sum over them is what is squared. `came` is 1
# for who scored in the round; who only scored in the lock's other rounds sees n grow by one.
AMONG: Final = """
    SELECT player_id, came, CASE WHEN rounds = came THEN 1 ELSE 0 END AS begun, news,
        total * {size} - (total - news) * {less} AS crossed,
        total * total - (total - news) * (total - news) AS squared
    FROM (
        SELECT player_id, COUNT(*) AS rounds, SUM(points_milli) AS total,
            SUM(CASE WHEN round_id = %s THEN 1 ELSE 0 END) AS came,
            SUM(CASE WHEN round_id = %s THEN points_milli ELSE 0 END) AS news
        FROM predictions_score WHERE round_id IN ({places}) GROUP BY player_id
    ) AS lock
"""
UPDATE: Final = """
    UPDATE predictions_tally SET
        rounds = rounds + came,
        points_milli = points_milli + news,
        locks = locks + begun,
        square = square + squared,
        "cross" = "cross" + crossed
    FROM ({told}) AS told
    WHERE season_id = %s AND horizon = %s AND predictions_tally.player_id = told.player_id
"""
INSERT: Final = """
    INSERT INTO predictions_tally
        (season_id, horizon, player_id, rounds, points_milli, locks, square, "cross")
    SELECT %s, %s, told.player_id, came, news, begun, squared, crossed FROM ({told}) AS told
    WHERE TRUE ON CONFLICT DO NOTHING
"""
SHARE: Final = 10
MANY: Final = """
    SELECT COUNT(*) FROM (
        SELECT 1 FROM predictions_tally WHERE season_id = %s AND horizon = %s LIMIT %s
    ) AS counted
"""


def claim(round_: Round) -> list[UUID] | None:
    """The final rounds of the same lock; None while somebody else adds to this season.

    Held until the caller's transaction ends: two graders of one lock would each miss what the
    other squares, and two of one season could each wait for a row of the other.
    """
    season = Season.objects.select_for_update(no_key=True, skip_locked=True)
    if not season.filter(pk=round_.season_id).values_list("pk"):
        return None
    lock = Round.objects.filter(
        season=round_.season_id, horizon=round_.horizon, locks_at=round_.locks_at
    )
    return list(lock.filter(status=Status.FINAL).values_list("pk", flat=True))


def add(round_: Round, *, finals: Sequence[UUID], scored: int) -> None:
    """Add the round's `scored` scores; `finals` are the lock's earlier rounds, as of `claim`."""
    own, *others = (gate.identifier(key) for key in (round_.pk, *finals))
    board = [gate.identifier(round_.season_id), round_.horizon]
    told, values = ALONE, [own]
    if others:
        places = ", ".join(["%s"] * (1 + len(others)))
        told = AMONG.format(places=places, size=1 + len(others), less=len(others))
        values = [own, own, own, *others]
    _plan(scored, board)
    with connection.cursor() as cursor:
        cursor.execute(UPDATE.format(told=told), [*values, *board])
        if cursor.rowcount < scored or others:  # somebody's first round: whoever had one is there
            cursor.execute(INSERT.format(told=told), [*board, *values])


def _plan(scored: int, board: list[Any]) -> None:
    """Statistics cannot know this transaction's own scores, and take a million for one.

    Few of many players are looked up one by one; many are joined in one pass over all.
    """
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        cursor.execute(MANY, [*board, SHARE * scored])
        many = cursor.fetchone()[0] < SHARE * scored
        cursor.execute(f"SET LOCAL {'enable_nestloop' if many else 'enable_seqscan'} = off")

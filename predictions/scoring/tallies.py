"""The running sums of a season: what one more final round adds to each player's."""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.models import UUIDField

from league.models import Round
from league.models.round import Status

# Rounds of one lock share its unit of evidence: the sum over them is what is squared. `came` is 1
# for who scored in the round; who only scored in the lock's other rounds sees n grow by one.
ADD: Final = """
    WITH lock AS (
        SELECT player_id, COUNT(*) AS rounds, SUM(points_milli) AS total,
            SUM(CASE WHEN round_id = %s THEN 1 ELSE 0 END) AS came,
            SUM(CASE WHEN round_id = %s THEN points_milli ELSE 0 END) AS news
        FROM predictions_score WHERE round_id IN ({places}) GROUP BY player_id
    )
    INSERT INTO predictions_tally
        (season_id, horizon, player_id, rounds, points_milli, locks, square, "cross")
    SELECT %s, %s, player_id, came, news, CASE WHEN rounds = came THEN 1 ELSE 0 END,
        total * total - (total - news) * (total - news), total * {size} - (total - news) * {less}
    FROM lock WHERE TRUE ORDER BY player_id
    ON CONFLICT (season_id, horizon, player_id) DO UPDATE SET
        rounds = predictions_tally.rounds + excluded.rounds,
        points_milli = predictions_tally.points_milli + excluded.points_milli,
        locks = predictions_tally.locks + excluded.locks,
        square = predictions_tally.square + excluded.square,
        "cross" = predictions_tally."cross" + excluded."cross"
"""


def claim(round_: Round) -> list[UUID]:
    """The final rounds of the same lock; until the transaction ends nobody adds another.

    Call it first: two graders of one lock would each miss what the other squares.
    """
    siblings = (
        Round.objects.select_for_update(no_key=True)
        .filter(season=round_.season_id, horizon=round_.horizon, locks_at=round_.locks_at)
        .order_by("pk")
        .values_list("pk", "status")
    )
    return [key for key, status in siblings if status == Status.FINAL]


def add(round_: Round, *, finals: Sequence[UUID]) -> None:
    """Add the round's scores; `finals` are the lock's earlier ones, as of `claim`."""
    own, *others = (_key(key) for key in (round_.pk, *finals))
    places = ", ".join(["%s"] * (1 + len(others)))
    statement = ADD.format(places=places, size=1 + len(others), less=len(others))
    values = [own, own, own, *others, _key(round_.season_id), round_.horizon]
    with connection.cursor() as cursor:
        cursor.execute(statement, values)


def _key(key: UUID) -> Any:
    return UUIDField().get_db_prep_value(key, connection)

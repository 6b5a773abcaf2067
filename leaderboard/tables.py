"""A board's rows, written by one statement from the season's tallies."""

from typing import Final

from django.db import connection

from leaderboard import ranking
from leaderboard.models import Board
from leaderboard.ranking import Sums, Terms
from league import gate
from league.models.player import RANKED, Kind
from predictions import terms as sql
from predictions.terms import Term

WRITE: Final = """
    INSERT INTO leaderboard_standing
        (board_id, player_id, rounds, locks, mean_milli, rating_milli, low_milli, high_milli,
        coverage, rank, is_provisional)
    SELECT %s, player_id, rounds, locks, mean, rating, low, high, {coverage},
        CASE WHEN is_ranked THEN place END, locks < {least_locks}
    FROM (
        SELECT player_id, rounds, locks, mean, rating, low, high, is_ranked,
            COUNT(*) FILTER (WHERE is_ranked) OVER (
                ORDER BY rating DESC, rounds DESC, player_id ROWS UNBOUNDED PRECEDING
            ) AS place
        FROM (
            SELECT tally.player_id, tally.rounds, tally.locks, {mean} AS mean,
                {rating} AS rating, {low} AS low, {high} AS high,
                tally.player_id NOT IN (
                    SELECT id FROM league_player
                    WHERE kind NOT IN ({kinds}) OR (kind = '{bot}' AND NOT is_primary)
                ) AS is_ranked
            FROM predictions_tally AS tally
            WHERE tally.season_id = %s AND tally.horizon = %s
        ) AS estimated
    ) AS placed
"""


def write(board: Board, *, terms: Terms) -> int:
    """Insert the rows of an empty board, in the caller's transaction. Returns how many."""
    columns = {name: sql.double(f"tally.{name}") for name in ("points_milli", "square")}
    sums = Sums(columns["points_milli"], columns["square"], sql.double('tally."cross"'))
    found = ranking.estimate(sums, terms=terms, larger=sql.larger, root=sql.root)
    statement = WRITE.format(
        mean=_whole(found.mean),
        rating=_whole(found.rating),
        low=_whole(found.low),
        high=_whole(found.high),
        coverage=(sql.double("rounds") / float(terms.rounds)).sql,
        least_locks=sql.text(terms.least_locks),
        kinds=", ".join(f"'{kind}'" for kind in RANKED),
        bot=Kind.BOT,
    )
    with connection.cursor() as cursor:
        cursor.execute(statement, [board.pk, gate.identifier(board.season_id), board.horizon])
        return int(cursor.rowcount)


def _whole(number: Term | None) -> str:
    return "CAST(NULL AS integer)" if number is None else sql.whole(number)

"""The least that settling could cost: the same rows, in the same tables, from constants."""

from uuid import UUID

from django.db import connection, transaction
from django.db.models import F

from leaderboard.models import Board, Standing
from league.models import Round, RoundEvent, Season
from predictions.models import Settlement

SCORES = """
    INSERT INTO predictions_score (round_id, player_id, settlement_version, seq, points_milli)
    SELECT round_id, player_id, 1, 0, 1000 FROM predictions_prediction WHERE round_id = %s
"""
TALLIES = """
    UPDATE predictions_tally SET rounds = rounds + 1, points_milli = points_milli + 1000,
        locks = locks + 1, square = square + 1000000, "cross" = "cross" + 1000
    WHERE season_id = %s AND horizon = %s
"""
STANDINGS = """
    INSERT INTO leaderboard_standing
        (board_id, player_id, rounds, locks, mean_milli, rating_milli, low_milli, high_milli,
        coverage, rank, is_provisional)
    SELECT %s, player_id, 2, 2, 1000, 1000, 1000, 1000, 0.5, ROW_NUMBER() OVER (), true
    FROM predictions_tally WHERE season_id = %s AND horizon = %s
"""


def settle(season: Season, round_: Round) -> None:
    with transaction.atomic(durable=True):
        Round.objects.filter(pk=round_.pk).update(
            status="final", version=F("version") + 1, finalized_at=round_.settles_at
        )
        RoundEvent.objects.create(
            round=round_, version=1, from_status="settled", to_status="final", at=round_.locks_at
        )
        _run(SCORES, [round_.pk])
        _run(TALLIES, [season.pk, round_.horizon])
        Settlement.objects.create(round=round_, evidence=[], ended_at=round_.settles_at)
    board = Board.objects.get(season=season, horizon=round_.horizon)
    with transaction.atomic(durable=True):
        Standing.objects.filter(board=board).delete()
        _run(STANDINGS, [board.pk, season.pk, round_.horizon])
        Board.objects.filter(pk=board.pk).update(version=F("version") + 1)


def _run(statement: str, values: list[int | str | UUID]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(statement, values)

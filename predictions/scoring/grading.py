"""The grade sweep: one transaction writes every score, the tallies and the status `final`."""

from datetime import datetime
from decimal import Decimal

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, UUIDField

from league import quarantine, rounds
from league.models import Player, Round
from league.models.player import Kind
from league.models.round import Status
from predictions import entry_forms, leaves, settlements
from predictions.forecasters import crowd
from predictions.models import Commitment, Prediction, Score
from predictions.scoring import rules

BATCH = 500
ADD_TO_TALLIES = """
    INSERT INTO predictions_tally (season_id, horizon, player_id, rounds, points_milli)
    SELECT r.season_id, r.horizon, s.player_id, 1, s.points_milli
    FROM predictions_score AS s JOIN league_round AS r ON r.id = s.round_id
    WHERE s.round_id = %s
    ON CONFLICT (season_id, horizon, player_id) DO UPDATE SET
        rounds = predictions_tally.rounds + excluded.rounds,
        points_milli = predictions_tally.points_milli + excluded.points_milli
"""


def grade(*, now: datetime) -> int:
    """Score every settled and committed round, and close the void ones. Returns how many."""
    due = (
        Round.objects.healthy(now=now)
        .filter(status=Status.SETTLED)
        .filter(Exists(Commitment.objects.filter(round=OuterRef("pk"))))
        .select_related("season")
        .order_by("settles_at", "pk")[:BATCH]
    )
    graded = sum(quarantine.attempt(_grade, round_, now=now) for round_ in due)
    return graded + settlements.close_voids(now=now)


def resolved(entry: Prediction, *, round_: Round) -> rules.Quantiles:
    """An entry's quantiles in basis points under the round's frozen reference and scale."""
    return entry_forms.resolve_bp(
        leaves.word_of(entry),
        reference=float(round_.reference_price or Decimal(0)),
        sigma_bp=round_.sigma_bp or 0.0,
        width=round_.width or 0.0,
    )


def points_of(quantiles: list[rules.Quantiles], *, round_: Round) -> list[int]:
    """Milli-points of one settled round, in the order given."""
    return rules.score_all(
        quantiles,
        outcome_bp=round_.outcome_bp or 0.0,
        sigma_bp=round_.sigma_bp or 0.0,
        width=round_.width or 0.0,
    )


def scores_of(round_: Round) -> list[Score]:
    """What a settled round's entries earn, unsaved: by seq, then the crowd's if there is one."""
    entries = leaves.entries_of(round_)
    quantiles = [resolved(entry, round_=round_) for entry in entries]
    scores = [
        Score(round=round_, player=entry.player, seq=seq, points_milli=milli)
        for seq, (entry, milli) in enumerate(
            zip(entries, points_of(quantiles, round_=round_), strict=True)
        )
    ]
    return scores + _crowd_score(round_, entries, quantiles)


def _grade(round_: Round, *, now: datetime) -> bool:
    scores = scores_of(round_)
    points = [score.points_milli for score in scores if score.seq is not None]
    with transaction.atomic(durable=True):
        if not rounds.finalize(round_, now=now):
            return False
        Score.objects.bulk_create(sorted(scores, key=lambda score: score.player_id))
        _add_to_tallies(round_)
        settlements.request(round_, points=points, now=now)
    return True


def _add_to_tallies(round_: Round) -> None:
    key = UUIDField().get_db_prep_value(round_.pk, connection)
    with connection.cursor() as cursor:
        cursor.execute(ADD_TO_TALLIES, [key])


def _crowd_score(
    round_: Round, entries: list[Prediction], quantiles: list[rules.Quantiles]
) -> list[Score]:
    """The crowd's score: derived from the committed human entries, so it has no leaf itself."""
    humans = [
        levels
        for entry, levels in zip(entries, quantiles, strict=True)
        if entry.player.kind == Kind.HUMAN
    ]
    combined = crowd.aggregate(humans)
    player = Player.objects.filter(kind=Kind.CROWD).first()
    if combined is None or player is None:
        return []
    milli = points_of([combined], round_=round_)[0]
    return [Score(round=round_, player=player, seq=None, points_milli=milli)]

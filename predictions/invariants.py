"""What must hold of entries and scores; each check counts the rows that break it.

`since` leaves out the rounds that settle earlier. What needs arithmetic is in `recomputation`.
"""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db import connection
from django.db.models import Count, Exists, F, Min, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce

from league.models import Round
from league.models.player import BUILT_IN
from league.models.round import Status
from predictions import recomputation, regrouping, settlements
from predictions.commitments import COMMITTABLE
from predictions.models import Commitment, Prediction, Revision, Score
from predictions.scoring import aggregation

Check = Callable[[datetime], int]
Waiting = Callable[[datetime], tuple[int, datetime | None]]
TALLIES_UNLIKE_THEIR_SCORES: Final = """
    WITH lock AS (
        SELECT r.season_id, r.horizon, r.locks_at, s.player_id,
            COUNT(*) AS rounds, SUM(s.points_milli) AS total
        FROM predictions_score AS s JOIN league_round AS r ON r.id = s.round_id
        GROUP BY r.season_id, r.horizon, r.locks_at, s.player_id
    ), size AS (
        SELECT season_id, horizon, locks_at, COUNT(*) AS rounds
        FROM league_round WHERE status = 'final' GROUP BY season_id, horizon, locks_at
    )
    SELECT COUNT(*) FROM (
        SELECT 1 AS one FROM (
            SELECT season_id, horizon, player_id, rounds, points_milli, locks, square, "cross"
            FROM predictions_tally
            UNION ALL
            SELECT lock.season_id, lock.horizon, lock.player_id, -lock.rounds, -lock.total, -1,
                -lock.total * lock.total, -lock.total * size.rounds
            FROM lock LEFT JOIN size ON size.season_id = lock.season_id
                AND size.horizon = lock.horizon AND size.locks_at = lock.locks_at
        ) AS sides
        GROUP BY season_id, horizon, player_id
        HAVING SUM(rounds) <> 0 OR SUM(points_milli) <> 0 OR SUM(locks) <> 0
            OR SUM(square) <> 0 OR SUM("cross") <> 0
    ) AS unequal
"""


def words_missing_from_the_record(since: datetime) -> int:
    """I1: a prediction at revision n has its n - 1 earlier words, and none beyond.

    Cannot tell that a prediction was erased whole while its round was open; after the lock the
    commitment does (I2, I16).
    """
    earlier = Revision.objects.filter(
        prediction=OuterRef("pk"), revision__range=(1, OuterRef("revision") - 1)
    )
    kept = earlier.order_by().values("prediction").annotate(count=Count("pk")).values("count")
    gaps = Prediction.objects.filter(round__settles_at__gte=since).annotate(
        kept=Coalesce(Subquery(kept), 0)
    )
    beyond = Revision.objects.filter(
        prediction__round__settles_at__gte=since, revision__gte=F("prediction__revision")
    )
    return gaps.exclude(kept=F("revision") - 1).count() + beyond.count()


def words_outside_the_open_hours(since: datetime) -> int:
    """I2: every word, earlier and withdrawn ones too, was accepted in [opens_at, locks_at)."""
    words = Prediction.objects.filter(round__settles_at__gte=since)
    early, late = Q(accepted_at__lt=F("round__opens_at")), Q(accepted_at__gte=F("round__locks_at"))
    unopened = Q(round__status=Status.SCHEDULED)
    earlier = Revision.objects.filter(prediction__round__settles_at__gte=since)
    strays = Q(accepted_at__lt=F("prediction__round__opens_at")) | Q(
        accepted_at__gte=F("prediction__round__locks_at")
    )
    return words.filter(early | late | unopened).count() + earlier.filter(strays).count()


def miscounted_commitments(since: datetime) -> int:
    """I2: a commitment counts the standing entries of its round, and no round is final without."""
    entries = _standing().filter(round=OuterRef("round"))
    counted = entries.order_by().values("round").annotate(n=Count("pk")).values("n")
    wrong = Commitment.objects.filter(round__settles_at__gte=since).annotate(
        entries=Coalesce(Subquery(counted), 0)
    )
    bare = _finals(since).filter(~_committed())
    return wrong.exclude(count=F("entries")).count() + bare.count()


def entries_scored_otherwise_than_once(since: datetime) -> int:
    """I2: a final round scored its standing entries, each of them, and nobody else.

    The crowd's score has no entry of its own; I8 derives it.
    """
    pair = {"round": OuterRef("round"), "player": OuterRef("player")}
    scores = Score.objects.filter(round__in=_finals(since).values("pk"), seq__isnull=False)
    entries = _standing().filter(round__in=_finals(since).values("pk"))
    unscored = entries.filter(~Exists(Score.objects.filter(seq__isnull=False, **pair)))
    return unscored.count() + scores.filter(~Exists(_standing().filter(**pair))).count()


def scores_of_unfinished_rounds(since: datetime) -> int:
    """I4: only a final round has scores; a void one never."""
    scores = Score.objects.filter(round__settles_at__gte=since)
    return scores.exclude(round__status=Status.FINAL).count()


def scores_given_twice(since: datetime) -> int:
    """I4: one score per round, player and settlement."""
    pairs = Score.objects.filter(round__settles_at__gte=since).order_by()
    found = pairs.values("round", "player", "settlement_version").annotate(n=Count("pk"))
    return found.filter(n__gt=1).count()


def tallies_unlike_their_scores(_since: datetime) -> int:
    """I9: the running sums are the sums. They have no beginning: always judged whole."""
    with connection.cursor() as cursor:
        cursor.execute(TALLIES_UNLIKE_THEIR_SCORES)
        row: tuple[int] = cursor.fetchone()
    return row[0]


def inputs_from_after_the_lock(since: datetime) -> int:
    """I14: a built-in player names its newest input, and that was known by the lock.

    Cannot tell that the input existed at the time it is dated.
    """
    built_in = Prediction.objects.filter(player__kind__in=BUILT_IN, round__settles_at__gte=since)
    return built_in.filter(Q(as_of__isnull=True) | Q(as_of__gt=F("round__locks_at"))).count()


def commitments(_now: datetime) -> tuple[int, datetime | None]:
    """I22: locked rounds whose entries have no root yet."""
    return _oldest(Round.objects.filter(~_committed(), status__in=COMMITTABLE), "locks_at")


def aggregates(_now: datetime) -> tuple[int, datetime | None]:
    """I22: priced rounds whose entries have not been put together."""
    return _oldest(aggregation.pending(), "locks_at")


def grades(_now: datetime) -> tuple[int, datetime | None]:
    """I22: settled rounds without scores."""
    return _oldest(Round.objects.filter(status=Status.SETTLED), "settles_at")


def endings(_now: datetime) -> tuple[int, datetime | None]:
    """I22: final and void rounds whose ending is not yet wished on a ledger."""
    void, final = settlements.unclosed(), settlements.unwished()
    either = Q(pk__in=void.values("round")) | Q(pk__in=final.values("round"))
    return _oldest(Round.objects.filter(either), "settles_at")


def _standing() -> QuerySet[Prediction]:
    return Prediction.objects.filter(is_withdrawn=False)


def _committed() -> Exists:
    """Whether the round of the outer query has its root."""
    return Exists(Commitment.objects.filter(round=OuterRef("pk")))


def _finals(since: datetime) -> QuerySet[Round]:
    return Round.objects.filter(status=Status.FINAL, settles_at__gte=since)


def _oldest(waiting: QuerySet[Round], field: str) -> tuple[int, datetime | None]:
    found = waiting.aggregate(count=Count("pk"), oldest=Min(field))
    return found["count"], found["oldest"]


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "I1": (recomputation.altered_words, words_missing_from_the_record),
    "I2": (
        words_outside_the_open_hours,
        miscounted_commitments,
        entries_scored_otherwise_than_once,
    ),
    "I4": (scores_of_unfinished_rounds, scores_given_twice),
    "I6": (recomputation.altered_evidence,),
    "I8": (
        recomputation.scores_unlike_their_entries,
        regrouping.aggregates_unlike_their_entries,
    ),
    "I9": (tallies_unlike_their_scores,),
    "I14": (inputs_from_after_the_lock, recomputation.reasoning_unlike_its_hash),
    "I16": (recomputation.roots_unlike_their_entries,),
    "I18": (recomputation.settlements_unlike_their_anchor,),
}
WAITING: Final[Mapping[str, Waiting]] = {
    "commitment": commitments,
    "aggregate": aggregates,
    "grade": grades,
    "ending": endings,
}

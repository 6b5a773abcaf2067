"""What is open now and what was settled last."""

from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from uuid import UUID

from django.db.models import Count, OuterRef, QuerySet, Subquery

from config.showcase import house
from league.frames import Frame
from league.models import Round, Season
from league.models.player import RANKED
from league.models.round import PRICED, Status
from predictions.models import Prediction, Score

MOST_OPEN = 30
MOST_RESULTS = 9


@dataclass(frozen=True, slots=True)
class Question:
    """An open round; how many entered is public, what they said is sealed."""

    round_: Round
    frame: Frame | None
    entries: int


@dataclass(frozen=True, slots=True)
class Lock:
    """The questions of one horizon that lock together."""

    horizon: str
    locks_at: datetime
    settles_at: datetime
    questions: list[Question]


@dataclass(frozen=True, slots=True)
class Result:
    round_: Round
    best: Score | None


def open_locks(season: Season, *, now: datetime) -> list[Lock]:
    """Every open round of a season, by lock, soonest first."""
    found = Round.objects.filter(season=season, status=Status.OPEN, locks_at__gt=now)
    rounds = list(
        found.select_related("season", "asset").order_by(
            "locks_at", "settles_at", "asset__rank", "asset"
        )[:MOST_OPEN]
    )
    counts, houses = entry_counts(rounds), house.of(rounds, now=now)
    return [
        Lock(
            horizon=horizon,
            locks_at=locks_at,
            settles_at=settles_at,
            questions=[Question(r, houses[r.pk], counts.get(r.pk, 0)) for r in together],
        )
        for (locks_at, settles_at, horizon), together in groupby(
            rounds, key=lambda r: (r.locks_at, r.settles_at, r.horizon)
        )
    ]


def entry_counts(rounds: list[Round]) -> dict[UUID, int]:
    standing = Prediction.objects.filter(round__in=rounds, is_withdrawn=False)
    return dict(standing.values_list("round_id").annotate(entries=Count("pk")))


def results(season: Season, *, horizon: str) -> list[Result]:
    """The rounds settled last, each with its best ranked player's score."""
    settled = Round.objects.filter(season=season, horizon=horizon, status__in=PRICED)
    rounds = list(
        _with_best(settled)
        .select_related("asset")
        .order_by("-settles_at", "asset__rank")[:MOST_RESULTS]
    )
    keys = [best for _, best in rounds_and_best(rounds)]
    scores = Score.objects.select_related("player").in_bulk([key for key in keys if key])
    return [Result(round_, scores.get(best or 0)) for round_, best in rounds_and_best(rounds)]


def rounds_and_best(rounds: list[Round]) -> list[tuple[Round, int | None]]:
    return [(round_, getattr(round_, "best_score", None)) for round_ in rounds]


def _with_best(rounds: QuerySet[Round]) -> QuerySet[Round]:
    scores = Score.objects.filter(round=OuterRef("pk"), player__kind__in=RANKED)
    first = scores.order_by("-settlement_version", "-points_milli", "player_id")
    return rounds.annotate(best_score=Subquery(first.values("pk")[:1]))

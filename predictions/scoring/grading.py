"""The grade sweep: one transaction writes every score, the tallies and the status `final`.

Its statements do not grow with the round, and no entry is read into memory.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from league import quarantine, rounds
from league.models import Round
from league.models.round import Status
from predictions import allowance, proofs, settlements
from predictions.models import Commitment, Score, Settlement
from predictions.scoring import derivation, groups, marking, tallies

BATCH = 500


def grade(*, now: datetime) -> int:
    """Score every settled and committed round, then close what ended. Returns how many."""
    due = (
        Round.objects.healthy(now=now)
        .filter(status=Status.SETTLED)
        .filter(Exists(Commitment.objects.filter(round=OuterRef("pk"))))
        .select_related("season")
        .order_by("settles_at", "pk")[:BATCH]
    )
    graded = sum(quarantine.attempt(_grade, round_, now=now) for round_ in due)
    settlements.wish_finals(now=now)
    return graded + settlements.close_voids(now=now)


def _grade(round_: Round, *, now: datetime) -> bool:
    evidence = proofs.evidence_of(round_)
    with transaction.atomic(durable=True):
        allowance.take()
        finals = tallies.claim(round_)
        if finals is None or not rounds.finalize(round_, now=now):
            return False
        scored = marking.write(round_) + len(Score.objects.bulk_create(_crowd_score(round_)))
        tallies.add(round_, finals=finals, scored=scored)
        Settlement.objects.create(round=round_, evidence=evidence, ended_at=now)
    return True


def _crowd_score(round_: Round) -> list[Score]:
    found = marking.medians(round_, of=(groups.HUMANS,))
    return derivation.crowd_score(found[0].levels if found else None, round_=round_)

"""The aggregate sweep: what people, the AI players and all together said is worked out once.

It takes the round's reference price, because entries may be prices or returns, and its
commitment, because from then on the entries are fixed.
"""

from datetime import datetime

from django.db import transaction
from django.db.models import Q

from league import quarantine
from league.models import Round
from league.models.round import RoundQuerySet, Status
from predictions import allowance
from predictions.models import Aggregate, Commitment
from predictions.scoring import groups, marking

BATCH = 500


def aggregate(*, now: datetime) -> int:
    """Put together the entries of every priced round once. Returns the rounds done.

    A void round without a reference price has nothing to put together, and is done with.
    """
    due = pending().healthy(now=now).select_related("season").order_by("locks_at", "pk")[:BATCH]
    return sum(quarantine.attempt(_aggregate, round_, now=now) for round_ in due)


def pending() -> RoundQuerySet:
    """Committed rounds whose entries can be put together and have not been."""
    waiting = Commitment.objects.filter(is_aggregated=False)
    can_be = Q(reference_price__isnull=False) | Q(status=Status.VOID)
    return Round.objects.filter(can_be, pk__in=waiting.values("round"))


def _aggregate(round_: Round, *, now: datetime) -> bool:
    del now
    with transaction.atomic(durable=True):
        allowance.take()
        waiting = Commitment.objects.filter(round=round_, is_aggregated=False)
        if not waiting.update(is_aggregated=True):
            return False
        Aggregate.objects.bulk_create(
            _rows(round_),
            update_conflicts=True,
            unique_fields=["round", "kind"],
            update_fields=["count", "low_bp", "middle_bp", "high_bp"],
        )
    return True


def _rows(round_: Round) -> list[Aggregate]:
    if round_.reference_price is None:
        return []
    medians = marking.medians(round_, of=groups.GROUPS)
    return [median.row(round_) for median in medians]

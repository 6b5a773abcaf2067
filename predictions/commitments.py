"""The commit sweep: what a locked round holds is fixed by a Merkle root, and anchored."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef

from chain import anchors
from league import quarantine
from league.models import Round, RoundEvent
from league.models.round import Status
from predictions import leaves, trees, words
from predictions.models import Commitment
from predictions.models.tree import Of

BATCH = 500
COMMITTABLE = (Status.LOCKED, Status.RUNNING, Status.HELD, Status.SETTLED)


def commit(*, now: datetime) -> int:
    """Commit every locked round that has no root yet. Returns the commitments made.

    A void round too, if it had locked: its entries were sealed in like any other's.
    """
    bare = (
        Round.objects.healthy(now=now)
        .filter(~Exists(Commitment.objects.filter(round=OuterRef("pk"))))
        .select_related("season")
        .order_by("locks_at", "pk")
    )
    has_locked = Exists(RoundEvent.objects.filter(round=OuterRef("pk"), to_status=Status.LOCKED))
    due = (  # two questions, as one OR of them would read every event there ever was
        bare.filter(status__in=COMMITTABLE)[:BATCH],
        bare.filter(has_locked, status=Status.VOID)[:BATCH],
    )
    return sum(quarantine.attempt(_commit, round_, now=now) for found in due for round_ in found)


def _commit(round_: Round, *, now: datetime) -> bool:
    # The round is locked and that is committed: its entries can no longer change.
    key = words.round_key(round_)
    found = leaves.leaves_of(round_, leaves.digests_of(round_))
    grown = trees.grow(found)
    with transaction.atomic(durable=True):
        trees.keep(round_, Of.ENTRIES, grown)
        _, is_new = Commitment.objects.get_or_create(
            round=round_,
            defaults={
                "round_key": key.hex(),
                "root": grown.root.hex(),
                "count": len(found),
                "committed_at": now,
            },
        )
        anchors.request(
            network=round_.season.network,
            kind="commitment",
            subject=key,
            digest=grown.root,
            payload={
                "round": str(round_.pk),
                "count": len(found),
                "lock_at": int(round_.locks_at.timestamp()),
                "close_at": int(round_.settles_at.timestamp()),
            },
            now=now,
        )
    return is_new

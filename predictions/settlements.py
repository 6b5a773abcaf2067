"""How rounds ended, anchored: the price, the scores' root and the evidence; or that it is void."""

import logging
from datetime import datetime

from django.db.models import Exists, OuterRef, QuerySet

from chain import anchors, facts
from chain.models import Anchor
from chain.models import Kind as AnchorKind
from league.models import Round
from league.models.round import Status
from predictions import proofs, words
from predictions.models import Commitment

logger = logging.getLogger(__name__)
BATCH = 500


def request(round_: Round, *, points: list[int], now: datetime) -> None:
    """Wish that the ending be anchored; `points` are the milli-points by seq, none when void.

    The observations are pinned here: what is read later cannot change the evidence.
    """
    outcome = proofs.outcome_of(round_, points=points, evidence=proofs.evidence_of(round_))
    anchors.request(
        kind=AnchorKind.SETTLEMENT,
        subject=words.round_key(round_),
        digest=facts.settlement_digest(outcome),
        payload={
            "round": str(round_.pk),
            "count": len(points),
            "price": str(outcome.price),
            "score_root": outcome.score_root.hex(),
            "evidence": list(outcome.evidence),
        },
        now=now,
    )


def close_voids(*, now: datetime) -> int:
    """Anchor the ending of committed rounds that became void. Returns how many were new."""
    due = unclosed().select_related("round__season").order_by("pk")[:BATCH]
    return sum(_close(commitment.round, now=now) for commitment in due)


def unclosed() -> QuerySet[Commitment]:
    """Committed rounds that are void without an anchor that says so."""
    told = Anchor.objects.filter(kind=AnchorKind.SETTLEMENT, subject=OuterRef("round_key"))
    return Commitment.objects.filter(~Exists(told), round__status=Status.VOID)


def _close(round_: Round, *, now: datetime) -> bool:
    """One poisoned round must not delay the others."""
    try:
        request(round_, points=[], now=now)
    except Exception:
        logger.exception("void round not anchored", extra={"round": str(round_.pk)})
        return False
    return True

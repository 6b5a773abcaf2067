"""How rounds ended, anchored: the price, the scores' root and the evidence; or that it is void.

The evidence is pinned in the commit that ends a round (Settlement); the wish follows here, since
the root over a large round's scores takes longer than that commit should last.
"""

import logging
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from chain import anchors, facts, schema
from chain.models import Kind as AnchorKind
from league import departure
from league.models import Round
from league.models.round import Status
from predictions import leaves, proofs, trees, words
from predictions.models import Commitment, Score, Settlement
from predictions.models.tree import Of

logger = logging.getLogger(__name__)
BATCH = 500


def wish_finals(*, now: datetime) -> int:
    """Wish the ends of final rounds on the ledger. Returns how many were new."""
    ended = unwished().select_related("round__season").order_by("ended_at", "pk")[:BATCH]
    return sum(_try(_wish, one.round, now=now) for one in ended)


def close_voids(*, now: datetime) -> int:
    """The same of committed rounds that became void."""
    void = unclosed().select_related("round__season").order_by("pk")[:BATCH]
    return sum(_try(_close_void, one.round, now=now) for one in void)


def unwished() -> QuerySet[Settlement]:
    """Final rounds whose end nobody has wished yet."""
    return Settlement.objects.filter(is_wished=False)


def unclosed() -> QuerySet[Commitment]:
    """Committed rounds that are void, where nobody has said so yet."""
    closed = Settlement.objects.filter(round=OuterRef("round"))
    return Commitment.objects.filter(~Exists(closed), round__status=Status.VOID)


def _try(step: Callable[..., bool], round_: Round, *, now: datetime) -> bool:
    """One poisoned round must not delay the others."""
    try:
        return step(round_, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("end not anchored", extra={"round": str(round_.pk)})
        return False


def _wish(round_: Round, *, now: datetime) -> bool:
    points = list(
        Score.objects.filter(round=round_, seq__isnull=False)
        .order_by("seq")
        .values_list("points_milli", flat=True)
    )
    with transaction.atomic(durable=True):
        mine = Settlement.objects.filter(round=round_, is_wished=False)
        if not mine.update(is_wished=True):
            return False
        evidence = Settlement.objects.values_list("evidence", flat=True).get(round=round_)
        _request(round_, points=points, evidence=evidence, now=now)
    return True


def _close_void(round_: Round, *, now: datetime) -> bool:
    """What is on record now is its evidence, unless an older release anchored it already."""
    told = proofs.anchor_of(round_, AnchorKind.SETTLEMENT)
    evidence = told.payload["evidence"] if told else proofs.evidence_of(round_)
    with transaction.atomic(durable=True):
        _, is_new = Settlement.objects.get_or_create(
            round=round_, defaults={"evidence": evidence, "ended_at": now, "is_wished": True}
        )
        if is_new:
            _request(round_, points=[], evidence=evidence, now=now)
    return is_new


def _request(
    round_: Round, *, points: list[int], evidence: list[proofs.Json], now: datetime
) -> None:
    """`points` are the milli-points by seq, none when void."""
    grown = trees.grow(leaves.score_leaves_of(round_, points))
    trees.keep(round_, Of.SCORES, grown)
    outcome = proofs.outcome_of(round_, score_root=grown.root, evidence=evidence)
    anchors.request(
        network=round_.season.network,
        kind=AnchorKind.SETTLEMENT,
        subject=words.round_key(round_),
        digest=facts.settlement_digest(outcome),
        payload={
            "round": str(round_.pk),
            "count": len(points),
            "price": str(outcome.price),
            "score_root": outcome.score_root.hex(),
            "settled_at": int(outcome.settled_at.timestamp()),
            "status": schema.OUTCOME_CODES[outcome.status],
            "tail": facts.settlement_tail(outcome).hex(),
            "evidence": list(outcome.evidence),
        },
        now=now,
    )

"""Receipts: what a player can take away and check without asking the league anything."""

from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from chain import acknowledgements, anchors, facts, receipts
from chain.models import Kind
from league.models import Round
from league.models.round import Status
from predictions import leaves, proofs, trees, words
from predictions.models import Commitment, Prediction, Score
from predictions.models.tree import Of

Json = dict[str, Any]


class NotCommitted(Exception):
    """The round has not locked and been committed yet, or the prediction was withdrawn."""


def of(prediction: Prediction) -> Json:
    """The receipt of one prediction.

    :raises NotCommitted: before the round's commitment, and for a withdrawn prediction.
    """
    round_, commitment = _committed(prediction.round_id)
    if prediction.is_withdrawn:
        raise NotCommitted("This prediction was withdrawn before the lock.")
    seq, milli = _score(round_, prediction) or (leaves.seq_of(prediction), None)
    member = replace(
        _member(round_, prediction, seq=seq, milli=milli),
        proof=_proof(round_, seq),
        score_proof=_score_proof(round_, seq),
        acknowledgement=acknowledgements.one(bytes(prediction.digest), at=prediction.accepted_at),
    )
    return receipts.receipt(
        proofs.facts_of(round_),
        commitment=_commitment(round_, commitment),
        member=member,
        outcome=_outcome(round_),
    )


def of_round(round_id: UUID, *, now: datetime) -> Json:
    """Everything in a locked round, by seq.

    :raises NotCommitted: before the round's lock and commitment.
    """
    round_, commitment = _committed(round_id)
    if round_.is_sealed(now=now):
        raise NotCommitted("The round has not locked: ask again after its lock.")
    points = _points(round_)
    members = [
        _member(round_, entry, seq=seq, milli=points[seq] if points else None)
        for seq, entry in enumerate(leaves.entries_of(round_))
    ]
    return receipts.whole_round(
        proofs.facts_of(round_),
        commitment=_commitment(round_, commitment),
        members=members,
        outcome=_outcome(round_),
    )


def _committed(round_id: UUID) -> tuple[Round, Commitment]:
    commitment = (
        Commitment.objects.select_related("round__season").filter(round_id=round_id).first()
    )
    if commitment is None:
        raise NotCommitted("The round is not committed yet: ask again after its lock.")
    return commitment.round, commitment


def _points(round_: Round) -> list[int] | None:
    """Milli-points by seq, once the round is final."""
    if not _is_scored(round_):
        return None
    found = Score.objects.filter(round=round_, seq__isnull=False).order_by("seq")
    return list(found.values_list("points_milli", flat=True))


def _score(round_: Round, entry: Prediction) -> tuple[int, int] | None:
    """Seq and milli-points of an entry, once they are final."""
    if not _is_scored(round_):
        return None
    found = Score.objects.get(round=round_, player=entry.player_id)
    return found.seq or 0, found.points_milli


def _is_scored(round_: Round) -> bool:
    return round_.status == Status.FINAL


def _member(round_: Round, entry: Prediction, *, seq: int, milli: int | None) -> facts.Member:
    return facts.Member(
        seq=seq,
        digest=bytes(entry.digest),
        entry=words.committed(
            round_=round_,
            player=entry.player,
            entry=leaves.word_of(entry),
            seal=words.Seal(entry.revision, bytes(entry.payload_hash), bytes(entry.salt)),
        ),
        points_milli=milli,
        signature=None if entry.signature is None else bytes(entry.signature),
    )


def _proof(round_: Round, seq: int) -> list[bytes]:
    def anew() -> list[bytes]:
        return leaves.leaves_of(round_, leaves.digests_of(round_))

    return trees.proof(round_, Of.ENTRIES, seq, leaves=anew)


def _score_proof(round_: Round, seq: int) -> list[bytes]:
    def anew() -> list[bytes]:
        return leaves.score_leaves_of(round_, _points(round_) or [])

    return trees.proof(round_, Of.SCORES, seq, leaves=anew) if _is_scored(round_) else []


def _commitment(round_: Round, commitment: Commitment) -> facts.Commitment:
    return facts.Commitment(
        root=bytes.fromhex(commitment.root),
        count=commitment.count,
        anchor=_anchor(round_, Kind.COMMITMENT),
        network=words.network(round_.season),
    )


def _outcome(round_: Round) -> facts.Outcome | None:
    wish = proofs.anchor_of(round_, Kind.SETTLEMENT)
    if wish is None or round_.status not in {Status.FINAL, Status.VOID}:
        return None
    return proofs.outcome_of(
        round_,
        score_root=bytes.fromhex(wish.payload["score_root"]),
        evidence=wish.payload["evidence"],
        anchor=_anchor(round_, Kind.SETTLEMENT),
    )


def _anchor(round_: Round, kind: Kind) -> Json | None:
    network, subject = round_.season.network, words.round_key(round_)
    return anchors.published(network=network, kind=kind, subject=subject)

"""A round as the plain facts its proofs are made of."""

from decimal import Decimal
from typing import Any

from chain import anchors, facts
from chain.models import Anchor, Kind
from league import frames
from league.models import Round
from league.models.round import Status
from markets import observations
from predictions import words

Json = dict[str, Any]


def facts_of(round_: Round) -> facts.RoundFacts:
    return facts.RoundFacts(
        league=round_.season.pinned["league"],
        asset=round_.asset_id,
        opens_at=round_.opens_at,
        locks_at=round_.locks_at,
        settles_at=round_.settles_at,
        rules=round_.season.pinned,
    )


def anchor_of(round_: Round, kind: Kind) -> Anchor | None:
    """The newest wish of a round's, on its season's ledger."""
    return anchors.of(network=round_.season.network, kind=kind, subject=words.round_key(round_))


def anchored(round_: Round) -> Json:
    """Where a round's commitment and its end stand, as receipts carry them; None while waiting."""
    network, subject = round_.season.network, words.round_key(round_)
    stands = {
        kind.value: anchors.published(network=network, kind=kind, subject=subject)
        for kind in (Kind.COMMITMENT, Kind.SETTLEMENT)
    }
    return {"network": network, **stands}


def outcome_of(
    round_: Round, *, score_root: bytes, evidence: list[Json], anchor: Json | None = None
) -> facts.Outcome:
    """How a round ended; `score_root` is over the milli-points by seq, of none when it is void."""
    is_void = round_.status == Status.VOID
    return facts.Outcome(
        status=Status.VOID if is_void else Status.SETTLED,
        price=Decimal(0) if is_void else round_.settlement_price or Decimal(0),
        settled_at=round_.settles_at,
        frame=None if is_void else frame_of(round_),
        evidence=evidence,
        score_root=score_root,
        anchor=anchor,
    )


def evidence_of(round_: Round) -> list[Json]:
    """The observations on record now for both instants; grading pins them in the anchor."""
    return facts.evidence(
        facts_of(round_),
        reference=_observed(round_, "locks_at"),
        settlement=_observed(round_, "settles_at"),
    )


def frame_of(round_: Round) -> facts.Frame | None:
    frame = frames.frozen(round_)
    if frame is None:
        return None
    return facts.Frame(
        reference_price=frame.price,
        sigma_bp=frame.sigma_bp,
        c=frame.width,
        house_bp=frame.house_bp(),
    )


def _observed(round_: Round, instant: str) -> list[Json]:
    return observations.evidence(
        symbol=round_.asset_id,
        instant=getattr(round_, instant),
        price_mode=round_.season.price_mode,
    )

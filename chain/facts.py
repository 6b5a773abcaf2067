"""What is known of a round, as plain values: the input of receipts, and their digests."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chain import networks, schema

Json = dict[str, Any]


@dataclass(frozen=True, kw_only=True)
class RoundFacts:
    """What a round's key is made of; `rules` is the pinned rules' JSON."""

    league: str
    asset: str
    opens_at: datetime
    locks_at: datetime
    settles_at: datetime
    rules: Mapping[str, Any]


@dataclass(frozen=True, kw_only=True)
class Commitment:
    """The root over a locked round; `anchor` as chain.anchors.published, None while waiting."""

    root: bytes
    count: int
    anchor: Json | None
    network: networks.Network


@dataclass(frozen=True, kw_only=True)
class Member:
    """One leaf of a round. `entry` is None once its values were erased; proofs are for receipts.

    `signature` is a wallet's over the digest, `acknowledgement` as in chain.acknowledgements.
    `points_milli` is None until the round is settled, and in a void round.
    """

    seq: int
    digest: bytes
    entry: schema.Entry | None
    proof: Sequence[bytes] = ()
    points_milli: int | None = None
    score_proof: Sequence[bytes] = ()
    signature: bytes | None = None
    acknowledgement: Json | None = None


@dataclass(frozen=True, kw_only=True)
class Frame:
    """What was frozen at the reference step: points are a function of these and the entry."""

    reference_price: Decimal
    sigma_bp: float
    c: float
    house_bp: tuple[float, float, float]


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """How a round ended. A void one has price 0, no frame and the empty score root.

    `evidence` comes from `evidence` below; `anchor` as in Commitment; `version` counts
    settlements, 1 being the first.
    """

    status: str
    price: Decimal
    settled_at: datetime
    frame: Frame | None
    evidence: Sequence[Json]
    score_root: bytes
    anchor: Json | None
    version: int = 1


def round_key(facts: RoundFacts) -> bytes:
    """The 32-byte key of a round. :raises chain.words.NotRepresentable: for fractional times."""
    return schema.round_key(
        league=facts.league,
        asset=facts.asset,
        opens_at=facts.opens_at,
        locks_at=facts.locks_at,
        settles_at=facts.settles_at,
        rules_hash=schema.rules_hash(facts.rules),
    )


def evidence(
    facts: RoundFacts, *, reference: Sequence[Json], settlement: Sequence[Json]
) -> list[Json]:
    """The observations of both prices, each tagged with its instant, ready to be digested.

    An observation needs `source`, `value` (decimal text or None) and a boolean `is_valid`.
    """
    return [
        {**observation, "instant": published_time(instant)}
        for instant, observations in ((facts.locks_at, reference), (facts.settles_at, settlement))
        for observation in observations
    ]


def settlement_digest(outcome: Outcome) -> bytes:
    """What a settlement anchors. :raises KeyError: for a status that is no outcome."""
    return schema.settlement_digest(
        price=outcome.price,
        settled_at=outcome.settled_at,
        status=outcome.status,
        tail=settlement_tail(outcome),
    )


def settlement_tail(outcome: Outcome) -> bytes:
    """Its last word: the scores' root and the evidence together."""
    return schema.settlement_tail(outcome.score_root, schema.evidence_digest(outcome.evidence))


def published_time(value: datetime) -> str:
    """RFC 3339 in UTC and whole seconds, the one form of a time in every published document."""
    return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

"""A small settled round told in plain values, and its documents: the raw material of the tests."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_EVEN, Decimal
from statistics import NormalDist
from typing import Any

from chain import facts, links, merkle, networks, receipts, schema
from chain.hashing import keccak256

LOCKS_AT = datetime(2025, 3, 1, 12, tzinfo=UTC)
Z90 = 1.2815515655446004
FRAME = facts.Frame(
    reference_price=Decimal(60_000),
    sigma_bp=250.0,
    c=0.9,
    house_bp=(-Z90 * 0.9 * 250.0, 0.0, Z90 * 0.9 * 250.0),
)
ROUND = facts.RoundFacts(
    league="open",
    asset="BTC",
    opens_at=LOCKS_AT - timedelta(days=1),
    locks_at=LOCKS_AT,
    settles_at=LOCKS_AT + timedelta(days=1),
    rules={"assets": ["BTC"], "horizons": ["24h"], "season": "spring", "settle_deadline_s": 1800},
)
KEY = facts.round_key(ROUND)
# player, basis code, p10, p50, p90: every form an entry can have.
WORDS = (
    ("wide", schema.QUANTILES_PRICE, "58900", "61200", "63000"),
    ("narrow", schema.QUANTILES_PRICE, "59700", "60100", "60500"),
    ("shy", schema.QUANTILES_RETURN, "-180.5", "12.25", "190"),
    ("pointed", schema.POINT_PRICE, "61200", "61200", "61200"),
    ("drifting", schema.POINT_RETURN, "-35", "-35", "-35"),
    ("bullish", schema.PROB_UP, "0.65", "0.65", "0.65"),
    ("bearish", schema.PROB_UP, "0.02", "0.02", "0.02"),
)


def entries() -> list[schema.Entry]:
    return [
        schema.Entry(
            round_key=KEY,
            league=schema.name_hash(ROUND.league),
            player=player,
            p10=Decimal(p10),
            p50=Decimal(p50),
            p90=Decimal(p90),
            basis=basis,
            revision=1 + seq % 2,
            payload_hash=schema.payload_hash({"player": player}),
            salt=keccak256(player.encode()),
        )
        for seq, (player, basis, p10, p50, p90) in enumerate(WORDS)
    ]


def observations(*prices: str) -> list[dict[str, Any]]:
    """Valid observations at those prices, and one source that had nothing to say."""
    said = [
        {"source": f"venue-{n}", "value": price, "is_valid": True}
        for n, price in enumerate(prices)
    ]
    return [*said, {"source": "venue-silent", "value": None, "is_valid": False}]


def points_milli(entry: schema.Entry, *, price: Decimal, frame: facts.Frame = FRAME) -> int:
    """SCORING.md's interval form of the rule, written apart from the verifier's pinball form."""
    scale, reference = frame.c * frame.sigma_bp, float(frame.reference_price)
    levels = [float(value) for value in (entry.p10, entry.p50, entry.p90)]
    if entry.basis in {schema.QUANTILES_PRICE, schema.POINT_PRICE}:
        levels = [1e4 * math.log(level / reference) for level in levels]
    if entry.basis == schema.PROB_UP:
        levels = [scale * NormalDist().inv_cdf(level) for level in levels]
    if entry.basis in {schema.POINT_PRICE, schema.POINT_RETURN, schema.PROB_UP}:
        levels = [levels[0] - Z90 * scale, levels[1], levels[2] + Z90 * scale]
    outcome = 1e4 * math.log(float(price) / reference)
    gain = _interval_score([-Z90 * scale, 0.0, Z90 * scale], outcome) - _interval_score(
        levels, outcome
    )
    points = Decimal(100 * gain / (frame.sigma_bp / 2))
    return int((points * 1000).to_integral_value(ROUND_HALF_EVEN))


def _interval_score(levels: list[float], outcome: float) -> float:
    low, middle, high = levels
    width = (high - low) + 10 * max(low - outcome, 0) + 10 * max(outcome - high, 0)
    return (0.5 * abs(outcome - middle) + 0.1 * width) / 1.5


@dataclass(frozen=True)
class Story:
    """One round, from commitment to settlement, and the ledger that holds both."""

    commitment: facts.Commitment
    members: list[facts.Member]
    outcome: facts.Outcome
    ledger: dict[str, Any]

    def receipt(self, seq: int) -> dict[str, Any]:
        return receipts.receipt(
            ROUND, commitment=self.commitment, member=self.members[seq], outcome=self.outcome
        )

    def whole(self) -> dict[str, Any]:
        return receipts.whole_round(
            ROUND, commitment=self.commitment, members=self.members, outcome=self.outcome
        )


def settled(*, price: Decimal = Decimal(61_500), version: int = 1) -> Story:
    """The round above, settled at `price`; the ledger has an unrelated entry before and after."""
    digests = [schema.prediction_digest(entry) for entry in entries()]
    leaves = [schema.leaf(KEY, seq, digest) for seq, digest in enumerate(digests)]
    points = [points_milli(entry, price=price) for entry in entries()]
    score_leaves = [schema.score_leaf(KEY, seq, milli) for seq, milli in enumerate(points)]
    columns = zip(
        entries(), digests, merkle.proofs(leaves), points, merkle.proofs(score_leaves), strict=True
    )
    members = [
        facts.Member(
            seq=seq, entry=entry, digest=digest, proof=proof, points_milli=milli, score_proof=score
        )
        for seq, (entry, digest, proof, milli, score) in enumerate(columns)
    ]
    outcome = facts.Outcome(
        status="final",
        price=price,
        settled_at=ROUND.settles_at,
        frame=FRAME,
        evidence=facts.evidence(
            ROUND,
            reference=observations("59990", "60000", "60010.5"),
            settlement=observations(str(price - 30), str(price), str(price + 20), "90000"),
        ),
        score_root=merkle.root(score_leaves),
        anchor=None,
        version=version,
    )
    return anchored(members, merkle.root(leaves), outcome)


def void() -> Story:
    """The same round, never priced."""
    story = settled()
    members = [replace(member, points_milli=None, score_proof=()) for member in story.members]
    outcome = replace(
        story.outcome,
        status="void",
        price=Decimal(0),
        frame=None,
        evidence=[],
        score_root=merkle.EMPTY_ROOT,
    )
    return anchored(members, story.commitment.root, outcome)


def anchored(members: list[facts.Member], root: bytes, outcome: facts.Outcome) -> Story:
    settlement = links.ident(KEY, outcome.version), facts.settlement_digest(outcome)
    ledger = chain_of(
        ("board", b"\1" * 32, b"\2" * 32, 3),
        ("commitment", KEY, root, len(members)),
        ("settlement", *settlement, len(members)),
        ("board", b"\3" * 32, b"\4" * 32, 3),
    )
    commitment = facts.Commitment(
        root=root, count=len(members), anchor=ledger[1], network=networks.LOCAL
    )
    return Story(
        commitment,
        members,
        replace(outcome, anchor=ledger[2]),
        {"network": "local", "entries": ledger},
    )


def chain_of(*said: tuple[str, bytes, bytes, int]) -> list[dict[str, Any]]:
    """Ledger entries as published, a minute apart, starting five seconds after the lock."""
    previous, entries_ = links.GENESIS, []
    for seq, (kind, ident, digest, count) in enumerate(said):
        at = LOCKS_AT + timedelta(seconds=5, minutes=seq)
        link = links.link(kind=kind, ident=ident, digest=digest, count=count, at=at)
        head = links.head(previous, link)
        entries_.append(
            {
                "network": "local",
                "seq": seq,
                "kind": kind,
                "id": f"0x{ident.hex()}",
                "root": f"0x{digest.hex()}",
                "count": count,
                "time": facts.published_time(at),
                "previous": f"0x{previous.hex()}",
                "head": f"0x{head.hex()}",
            }
        )
        previous = head
    return entries_

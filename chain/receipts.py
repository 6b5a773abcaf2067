"""Receipts: plain values in, the self-contained JSON that `chain.verify` checks out.

Hashes are 0x-prefixed lower-case hex, prices decimal text, floats their shortest exact text,
times RFC 3339 UTC in whole seconds. The format's version is in every document.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Final

from chain import facts, schema, signatures
from chain.facts import Commitment, Json, Member, Outcome, RoundFacts

VERSION: Final = 1


def receipt(
    round_: RoundFacts, *, commitment: Commitment, member: Member, outcome: Outcome | None = None
) -> Json:
    """One player's proof: the prediction in the commitment and, once settled, its points."""
    result = None
    if outcome is not None:
        own = {"points_milli": member.points_milli, "proof": _hexes(member.score_proof)}
        result = _result(outcome) | own
    body = _head("receipt", round_, commitment) | {
        "seq": member.seq,
        "commitment": _hex(member.digest),
        "prediction": _prediction(member.entry),
        "signature": _signature(member),
        "acknowledgement": member.acknowledgement,
        "proof": _hexes(member.proof),
    }
    return body | {"result": result}


def whole_round(
    round_: RoundFacts,
    *,
    commitment: Commitment,
    members: Sequence[Member],
    outcome: Outcome | None = None,
) -> Json:
    """Everything in a locked round, by seq: what was committed is what was scored."""
    predictions = [
        {
            "seq": member.seq,
            "commitment": _hex(member.digest),
            "prediction": _prediction(member.entry),
            "signature": _signature(member),
            "points_milli": member.points_milli,
        }
        for member in sorted(members, key=lambda member: member.seq)
    ]
    return _head("round", round_, commitment) | {
        "predictions": predictions,
        "result": None if outcome is None else _result(outcome),
    }


def _head(kind: str, round_: RoundFacts, commitment: Commitment) -> Json:
    network = commitment.network
    return {
        "version": VERSION,
        "type": kind,
        "network": {
            "name": network.name,
            "chain_id": network.chain_id,
            "contract": network.contract,
        },
        "round": {
            "league": round_.league,
            "asset": round_.asset,
            "opens_at": facts.published_time(round_.opens_at),
            "locks_at": facts.published_time(round_.locks_at),
            "settles_at": facts.published_time(round_.settles_at),
            "rules": dict(round_.rules),
            "rules_hash": _hex(schema.rules_hash(round_.rules)),
            "round_key": _hex(facts.round_key(round_)),
        },
        "root": _hex(commitment.root),
        "count": commitment.count,
        "anchor": commitment.anchor,
    }


def _prediction(entry: schema.Entry | None) -> Json | None:
    if entry is None:
        return None
    return {
        "player": entry.player,
        "p10": _decimal(entry.p10),
        "p50": _decimal(entry.p50),
        "p90": _decimal(entry.p90),
        "basis": entry.basis,
        "revision": entry.revision,
        "payload_hash": _hex(entry.payload_hash),
        "salt": _hex(entry.salt),
    }


def _signature(member: Member) -> Json | None:
    if member.signature is None:
        return None
    return {
        "kind": "eip712",
        "address": signatures.recover(member.digest, member.signature),
        "signature": _hex(member.signature),
    }


def _result(outcome: Outcome) -> Json:
    stated: Json = {
        "status": outcome.status,
        "version": outcome.version,
        "price": _decimal(outcome.price),
        "settled_at": facts.published_time(outcome.settled_at),
        "observations": list(outcome.evidence),
        "evidence": _hex(schema.evidence_digest(outcome.evidence)),
        "score_root": _hex(outcome.score_root),
        "anchor": outcome.anchor,
    }
    frame = outcome.frame
    if frame is None:
        return stated
    return stated | {
        "reference_price": _decimal(frame.reference_price),
        "sigma_bp": repr(frame.sigma_bp),
        "c": repr(frame.c),
        "house_bp": [repr(level) for level in frame.house_bp],
    }


def _hex(value: bytes) -> str:
    return "0x" + value.hex()


def _hexes(values: Sequence[bytes]) -> list[str]:
    return [_hex(value) for value in values]


def _decimal(value: Decimal) -> str:
    return f"{value:.8f}"

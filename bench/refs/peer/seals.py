"""What makes an entry binding: its EIP-712 digest and the operator's signature that it came.

Hashed and signed by the league's own functions: how fast those are is not what is compared.
"""

import hashlib
import os
from datetime import UTC, datetime

from bench.refs.peer import shapes
from bench.refs.peer.rows import Round
from bench.refs.peer.shapes import Point, ProbUp, Quantiles
from chain import schema, words
from chain.hashing import keccak256
from chain.signatures import Key

KEY = Key(hashlib.sha256(os.environ.get("SECRET_KEY", "peer").encode()).digest())
DOMAIN = b"\x19\x01" + keccak256(
    words.name("EIP712Domain(string name,string version)")
    + words.name(schema.DOMAIN_NAME)
    + words.name(schema.DOMAIN_VERSION)
)
TYPE = words.name("Acknowledgement(bytes32 digest,uint256 acceptedAt)")
NOTHING = schema.payload_hash({})
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def digest_of(
    round_: Round, player: str, entry: Quantiles | Point | ProbUp, *, salt: bytes
) -> bytes:
    league = round_.season.rules["league"]
    key = schema.round_key(
        league=league, asset=round_.asset_id, opens_at=round_.opens_at, locks_at=round_.locks_at,
        settles_at=round_.settles_at, rules_hash=bytes.fromhex(round_.season.rules_hash),
    )  # fmt: skip
    basis, low, middle, high = shapes.levels(entry)
    struct = schema.Entry(
        round_key=key, league=schema.name_hash(league), player=player, p10=low, p50=middle,
        p90=high, basis=schema.basis_code(form=entry.form, basis=basis), revision=1,
        payload_hash=NOTHING, salt=salt,
    )  # fmt: skip
    return schema.prediction_digest(struct)


def acknowledged(digest: bytes, at: datetime) -> shapes.Acknowledged:
    since = at - EPOCH
    microseconds = (since.days * 86_400 + since.seconds) * 10**6 + since.microseconds
    struct = keccak256(TYPE + digest + words.uint(microseconds))
    signature = KEY.sign(keccak256(DOMAIN + struct))
    return shapes.Acknowledged(
        operator=KEY.address, digest=f"0x{digest.hex()}", accepted_at=at,
        signature=f"0x{signature.hex()}",
    )  # fmt: skip

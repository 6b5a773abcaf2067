"""What exactly is hashed: EIP-712 predictions, Merkle leaves, settlements and boards.

Everything here is pure and byte-for-byte what a Solidity contract recomputes with abi.encode.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from functools import lru_cache
from typing import Any, Final

from chain import canonical, words
from chain.hashing import keccak256
from chain.networks import LOCAL, Network

DOMAIN_NAME: Final = "AI vs Human Prediction League"
DOMAIN_VERSION: Final = "1"
DOMAIN_TYPE: Final = (
    "EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)"
)
PREDICTION_TYPE: Final = (
    "Prediction(bytes32 league,bytes32 round,bytes32 player,int256 p10,int256 p50,int256 p90,"
    "uint8 basis,uint32 revision,bytes32 payloadHash,bytes32 salt)"
)

QUANTILES_PRICE: Final = 0
QUANTILES_RETURN: Final = 1
POINT_PRICE: Final = 2
POINT_RETURN: Final = 3
PROB_UP: Final = 4
BASIS_CODES: Final[Mapping[tuple[str, str], int]] = {
    ("quantiles", "price"): QUANTILES_PRICE,
    ("quantiles", "return"): QUANTILES_RETURN,
    ("point", "price"): POINT_PRICE,
    ("point", "return"): POINT_RETURN,
    ("prob_up", "price"): PROB_UP,
    ("prob_up", "return"): PROB_UP,
}
# "final" is "settled" plus its scores: the same outcome.
OUTCOME_CODES: Final[Mapping[str, int]] = {"settled": 1, "final": 1, "void": 2}


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One prediction as given, before conversion to the canonical quantiles.

    `round_key`, `league` (see `name_hash`), `payload_hash` and `salt` are 32 bytes; `player` is
    the handle. A point, or a prob_up in 0..1, stands in all three of p10, p50 and p90; a return
    basis is in basis points and may be negative. At most eight decimal places.
    """

    round_key: bytes
    league: bytes
    player: str
    p10: Decimal
    p50: Decimal
    p90: Decimal
    basis: int
    revision: int
    payload_hash: bytes
    salt: bytes


def name_hash(name: str) -> bytes:
    """The 32-byte stand-in of a league, an asset or a player."""
    return words.name(name)


def basis_code(*, form: str, basis: str) -> int:
    """:raises KeyError: unless form is quantiles, point or prob_up, and basis price or return."""
    return BASIS_CODES[form, basis]


@lru_cache(maxsize=16)
def domain_separator(network: Network) -> bytes:
    return _hash(
        words.name(DOMAIN_TYPE),
        words.name(DOMAIN_NAME),
        words.name(DOMAIN_VERSION),
        words.uint(network.chain_id),
        words.address(network.contract),
    )


def prediction_digest(entry: Entry, *, network: Network = LOCAL) -> bytes:
    """The EIP-712 digest of a prediction: the commitment, and what a wallet would sign.

    :raises chain.words.NotRepresentable: when a value has no exact word.
    """
    struct = _hash(
        words.name(PREDICTION_TYPE),
        words.bytes32(entry.league),
        words.bytes32(entry.round_key),
        words.name(entry.player),
        words.fixed(entry.p10),
        words.fixed(entry.p50),
        words.fixed(entry.p90),
        words.uint(entry.basis),
        words.uint(entry.revision),
        words.bytes32(entry.payload_hash),
        words.bytes32(entry.salt),
    )
    return keccak256(b"\x19\x01" + domain_separator(network) + struct)


def round_key(  # noqa: PLR0913 - the six facts that make a round one round
    *,
    league: str,
    asset: str,
    opens_at: datetime,
    locks_at: datetime,
    settles_at: datetime,
    rules_hash: bytes,
) -> bytes:
    """The round's identity on any chain; a second commitment under it is refused.

    :raises chain.words.NotRepresentable: for naive times or fractions of a second.
    """
    return _hash(
        words.name(league),
        words.name(asset),
        words.instant(opens_at),
        words.instant(locks_at),
        words.instant(settles_at),
        words.bytes32(rules_hash),
    )


def rules_hash(rules: Mapping[str, Any]) -> bytes:
    """Pins a league's rules. :raises chain.canonical.NotCanonical: for values JSON lacks."""
    return canonical.digest(rules)


def payload_hash(payload: Mapping[str, Any]) -> bytes:
    """What stands behind a prediction (an AI's model, features and quantiles), as 32 bytes."""
    return canonical.digest(payload)


def leaf(round_key: bytes, seq: int, digest: bytes) -> bytes:
    """Commitment leaf (bytes32 round, uint256 seq, bytes32 digest)."""
    return _double(words.bytes32(round_key), words.uint(seq), words.bytes32(digest))


def score_leaf(round_key: bytes, seq: int, points_milli: int) -> bytes:
    """Score leaf (bytes32 round, uint256 seq, int256 milli-points)."""
    return _double(words.bytes32(round_key), words.uint(seq), words.int256(points_milli))


def board_key(*, league: str, season: str, horizon: str, rules_hash: bytes) -> bytes:
    """A season's board of one horizon, on any chain."""
    names = (words.name(text) for text in ("board", league, season, horizon))
    return _hash(*names, words.bytes32(rules_hash))


def board_leaf(  # noqa: PLR0917 - the four words of the leaf, in their order
    board_key: bytes, rank: int, player: str, points_milli: int
) -> bytes:
    """Board leaf (bytes32 board, uint256 rank, bytes32 player, int256 milli-points)."""
    return _double(
        words.bytes32(board_key), words.uint(rank), words.name(player), words.int256(points_milli)
    )


def evidence_digest(observations: Sequence[Mapping[str, Any]]) -> bytes:
    """Digest of the observations behind a settlement, in whatever order they were read.

    :raises chain.canonical.NotCanonical: for values JSON lacks (give prices as text).
    """
    return canonical.digest(sorted(observations, key=canonical.encode))


def settlement_tail(score_root: bytes, evidence: bytes) -> bytes:
    """keccak(scoreRoot, evidence)."""
    return _hash(words.bytes32(score_root), words.bytes32(evidence))


def settlement_digest(*, price: Decimal, settled_at: datetime, status: str, tail: bytes) -> bytes:
    """(int256 price, uint256 settledAt, uint8 status, bytes32 tail), see `settlement_tail`.

    A void round has price 0 and the empty score root.
    :raises KeyError: for a status that is no outcome.
    """
    return _hash(
        words.fixed(price),
        words.instant(settled_at),
        words.uint(OUTCOME_CODES[status]),
        words.bytes32(tail),
    )


def _hash(*row: bytes) -> bytes:
    return keccak256(b"".join(row))


def _double(*row: bytes) -> bytes:
    """Hashed twice, so that no inner node of a tree can pass for a leaf."""
    return keccak256(_hash(*row))

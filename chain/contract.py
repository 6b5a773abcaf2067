"""LeagueAnchor seen from outside: its calldata, what its views and events say, its artifact.

Every value it takes or gives is a row of 32-byte words, so no ABI library is needed.
"""

import functools
import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from chain import words
from chain.hashing import HASH_BYTES, keccak256
from chain.models import Kind

ARTIFACT: Final = Path(__file__).parent / "artifacts" / "LeagueAnchor.json"
MOST: Final = 64  # of a kind in one transaction
Row = Sequence[bytes]


@dataclass(frozen=True, slots=True)
class Shape:
    """How one kind is written, read and announced: signatures as Solidity spells them."""

    function: str
    view: str
    event: str


SHAPES: Final[Mapping[str, Shape]] = {
    Kind.COMMITMENT: Shape(
        "commitRounds((bytes32,bytes32,uint32,uint48,uint48)[])",
        "commits(bytes32)",
        "Committed(bytes32,bytes32,uint32,uint48,uint48)",
    ),
    Kind.SETTLEMENT: Shape(
        "settleRounds((bytes32,int128,uint48,uint8,bytes32)[])",
        "settlements(bytes32)",
        "Settled(bytes32,int128,uint48,uint8,bytes32)",
    ),
    Kind.BOARD: Shape(
        "publishBoards((bytes32,bytes32,uint32)[])",
        "boards(bytes32)",
        "Published(bytes32,bytes32,uint32)",
    ),
}
ERRORS: Final = (
    "Exists(bytes32)", "NotOperator()", "NotOwner()", "IsPaused()", "WrongSize(uint256)",
    "Invalid(bytes32)",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Held:
    """What the contract holds under a key: the digest, and the block's time in Unix seconds."""

    digest: bytes
    at_s: int


def calldata(kind: str, rows: Sequence[Row]) -> bytes:
    """The call that writes them: each row the words of the struct, in its order."""
    head = words.uint(HASH_BYTES) + words.uint(len(rows))
    return selector(SHAPES[kind].function) + head + b"".join(b"".join(row) for row in rows)


def question(kind: str, ident: bytes) -> bytes:
    """The call that asks what stands under a key."""
    return selector(SHAPES[kind].view) + words.bytes32(ident)


def answer(kind: str, returned: bytes) -> Held | None:
    """What it was answered; None where nothing stands."""
    row = _split(returned)
    at_s = int.from_bytes(row[-1])
    if kind == Kind.SETTLEMENT:
        tail, price, settled_at, status, _ = row
        row = [keccak256(price + settled_at + status + tail)]
    return Held(row[0], at_s) if at_s else None


def shown(kind: str, logs: Iterable[Mapping[str, Any]], *, contract: str) -> dict[bytes, bytes]:
    """Digest by key of what a transaction's logs, as JSON-RPC gives them, say was written."""
    topic = "0x" + keccak256(SHAPES[kind].event.encode()).hex()
    found = {}
    for log in logs:
        if log["address"].lower() == contract and log["topics"][0] == topic:
            row = _split(bytes.fromhex(log["data"][2:]))
            is_settlement = kind == Kind.SETTLEMENT
            found[bytes.fromhex(log["topics"][1][2:])] = (
                keccak256(b"".join(row)) if is_settlement else row[0]
            )
    return found


def failure(data: str) -> str:
    """The name of a custom error by the data of a revert (0x...); empty when it is none."""
    for error in ERRORS:
        if data.startswith("0x" + selector(error).hex()):
            return error.partition("(")[0]
    return ""


def selector(signature: str) -> bytes:
    return keccak256(signature.encode())[:4]


def code_hash() -> str:
    """Keccak-256 of the deployed code, 0x-prefixed: the same wherever it is deployed."""
    return "0x" + keccak256(bytes.fromhex(artifact()["deployedBytecode"][2:])).hex()


@functools.cache
def artifact() -> dict[str, Any]:
    """What the compiler made of the source: abi, bytecode, deployedBytecode, metadata."""
    found: dict[str, Any] = json.loads(ARTIFACT.read_text(encoding="utf-8"))
    return found


def _split(data: bytes) -> list[bytes]:
    return [data[at : at + HASH_BYTES] for at in range(0, len(data), HASH_BYTES)]

"""Whether the committed artifact was made from the committed source, without a compiler.

The compiler ends the code with a CBOR map that holds the IPFS hash of its metadata, and the
metadata holds the Keccak-256 hash of the source: a chain from the code on chain to the file here.
"""

import hashlib
import json
from pathlib import Path
from typing import Any, Final

from chain import contract, verify
from chain.hashing import keccak256

SOURCE: Final = Path(__file__).parent / "contracts" / "LeagueAnchor.sol"
# The map's key "ipfs" and the head of a byte string of 34: a multihash of SHA-256.
MARK: Final = b"\x64ipfs\x58\x22"
MULTIHASH: Final = b"\x12\x20"


class Drifted(Exception):
    """Source, metadata and code do not belong together; the message says which."""


def check(artifact: dict[str, Any], source: bytes) -> None:
    """:raises Drifted:"""
    metadata = artifact["metadata"].encode()
    stated = json.loads(metadata)["sources"][SOURCE.name]["keccak256"]
    if stated != f"0x{keccak256(source).hex()}":
        raise Drifted(f"The metadata is of another {SOURCE.name}: run `npm run compile`.")
    for name in ("bytecode", "deployedBytecode"):
        if _pinned(bytes.fromhex(artifact[name][2:])) != MULTIHASH + _ipfs(metadata):
            raise Drifted(f"The {name} was compiled with other metadata.")


def check_committed() -> str:
    """The hash of the deployed code, once all of it agrees. :raises Drifted:"""
    check(contract.artifact(), SOURCE.read_bytes())
    if contract.code_hash() != verify.CODE_HASH:
        raise Drifted("chain/verify.py names another CODE_HASH than the artifact's.")
    return contract.code_hash()


def _pinned(code: bytes) -> bytes:
    """The multihash in the code's trailer. :raises Drifted: when it has none."""
    length = int.from_bytes(code[-2:])
    trailer = code[-2 - length : -2]
    place = trailer.find(MARK)
    if place < 0:
        raise Drifted("The code has no trailer that names its metadata.")
    start = place + len(MARK)
    return trailer[start : start + len(MULTIHASH) + 32]


def _ipfs(data: bytes) -> bytes:
    """The SHA-256 of a small file as IPFS stores it: UnixFS within DAG-PB, one block."""
    size = _varint(len(data))
    file = b"\x08\x02\x12" + size + data + b"\x18" + size
    return hashlib.sha256(b"\x0a" + _varint(len(file)) + file).digest()


def _varint(number: int) -> bytes:
    found = b""
    while number > 0x7F:  # noqa: PLR2004 -- seven bits a byte
        found += bytes([number & 0x7F | 0x80])
        number >>= 7
    return found + bytes([number])

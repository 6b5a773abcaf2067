"""How ledger entries hang together: a key written once, and a head that covers the past."""

from datetime import datetime
from typing import Final

from chain import words
from chain.hashing import HASH_BYTES, keccak256

GENESIS: Final = b"\0" * HASH_BYTES


def ident(subject: bytes, version: int) -> bytes:
    """The write-once key of a subject's version: the subject itself for version 1.

    A correction gets its own key, so that it stands beside what it corrects.
    """
    if version == 1:
        return words.bytes32(subject)
    return keccak256(words.bytes32(subject) + words.uint(version))


def link(*, kind: str, ident: bytes, digest: bytes, count: int, at: datetime) -> bytes:
    """What one entry says, before it is tied to its predecessor: four words and a time."""
    return b"".join(
        (
            words.name(kind),
            words.bytes32(ident),
            words.bytes32(digest),
            words.uint(count),
            words.instant(at),
        )
    )


def head(previous: bytes, link: bytes) -> bytes:
    """keccak(previous, kind, id, root, count, time): the hash of an entry and all before it."""
    return keccak256(words.bytes32(previous) + link)

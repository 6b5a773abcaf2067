"""The operator's signed word that an entry was accepted: over its digest and the instant.

A player who keeps it can prove that an entry was left out of its round's commitment. The key is
not the one that anchors; signatures are deterministic, so that a receipt can show one again. Its
EIP-712 domain names the league alone, because a digest is one of its own network already.
"""

import hashlib
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final

from django.conf import settings

from chain import schema, words
from chain.hashing import HASH_BYTES, keccak256
from chain.signatures import Key, UnusableKey

Json = dict[str, Any]
DOMAIN_TYPE: Final = "EIP712Domain(string name,string version)"
ONE_TYPE: Final = "Acknowledgement(bytes32 digest,uint256 acceptedAt)"
MANY_TYPE: Final = "Acknowledgements(bytes32[] digests,uint256 acceptedAt)"
EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
TAG: Final = hashlib.sha256(b"AI vs Human Prediction League: acknowledgement key").digest()
_PREFIX: Final = b"\x19\x01" + keccak256(
    words.name(DOMAIN_TYPE) + words.name(schema.DOMAIN_NAME) + words.name(schema.DOMAIN_VERSION)
)
_ONE: Final = words.name(ONE_TYPE)
_MANY: Final = words.name(MANY_TYPE)


def one(digest: bytes, *, at: datetime) -> Json:
    """An accepted entry's, by its 32-byte digest. `acceptedAt` is `at` in Unix microseconds."""
    return {
        "operator": operator(),
        "digest": f"0x{digest.hex()}",
        "accepted_at": published(at),
        "signature": _signed(_ONE + digest, at),
    }


def many(digests: bytes, *, at: datetime) -> Json:
    """Of several accepted at one instant; `digests` are one string, in their order."""
    text, width = digests.hex(), 2 * HASH_BYTES
    return {
        "operator": operator(),
        "digests": [f"0x{text[at : at + width]}" for at in range(0, len(text), width)],
        "accepted_at": published(at),
        "signature": _signed(_MANY + keccak256(digests), at),
    }


def operator() -> str:
    """The address to compare with. :raises chain.signatures.UnusableKey: see `problems`."""
    return _key(settings.ACKNOWLEDGEMENT_KEY, settings.SECRET_KEY).address


def problems() -> list[str]:
    """Why the key cannot be served, in words; empty when it can."""
    try:
        operator()
    except UnusableKey:
        return ["ACKNOWLEDGEMENT_KEY must be 0x and 64 hexadecimal digits that are a private key."]
    given = _digits(settings.ACKNOWLEDGEMENT_KEY)
    if given and given == _digits(settings.CHAIN_PRIVATE_KEY):
        return ["ACKNOWLEDGEMENT_KEY must be another key than PRIVATE_KEY, which can spend."]
    return []


def published(at: datetime) -> str:
    """RFC 3339 in UTC, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def _digits(given: str) -> str:
    return given.lower().removeprefix("0x")


def _signed(struct: bytes, at: datetime) -> str:
    accepted_at = words.uint((at - EPOCH) // MICROSECOND)
    digest = keccak256(_PREFIX + keccak256(struct + accepted_at))
    return f"0x{_key(settings.ACKNOWLEDGEMENT_KEY, settings.SECRET_KEY).sign(digest).hex()}"


@lru_cache(maxsize=8)
def _key(given: str, secret: str) -> Key:
    """The configured key, or one that whoever knows SECRET_KEY can derive."""
    if not given:
        return Key(hashlib.sha256(TAG + TAG + secret.encode()).digest())
    try:
        return Key(bytes.fromhex(_digits(given)))
    except ValueError as error:
        raise UnusableKey("ACKNOWLEDGEMENT_KEY is no private key.") from error

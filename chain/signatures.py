"""secp256k1 signatures as wallets give them: r, s and v in 65 bytes, over a 32-byte digest."""

import re
from typing import Final

import coincurve

from chain.hashing import HASH_BYTES, keccak256

BYTES: Final = 65
SHAPE: Final = re.compile(r"0x(?:[0-9a-fA-F]{2})+", re.ASCII)
FIRST_V: Final = 27
# Of s and its negative only the lower is accepted, so that nobody can make a second signature.
HIGHEST_S: Final = 0x7FFFFFFFFFFFFFFFFFFFFFFFFFFFFFFF_5D576E7357A4501DDFE92F46681B20A0
_PERSONAL: Final = b"\x19Ethereum Signed Message:\n"


class MalformedSignature(ValueError):
    """Not r, s and v: v is 27 or 28, s is low, and some key has signed."""


class UnusableKey(ValueError):
    """Not the 32 bytes of a private key."""


class Key:
    """A private key; signing the same digest again gives the same signature (RFC 6979)."""

    def __init__(self, secret: bytes) -> None:
        """:raises UnusableKey: unless 32 bytes, not zero and below the curve's order."""
        if len(secret) != HASH_BYTES:
            raise UnusableKey("A private key is 32 bytes.")
        try:
            self._key = coincurve.PrivateKey(secret)
        except ValueError as error:
            raise UnusableKey("This number is no private key.") from error
        self.address = _address(self._key.public_key)

    def __repr__(self) -> str:
        return f"<Key of {self.address}>"

    def sign(self, digest: bytes) -> bytes:
        """65 bytes: r, s and v."""
        raw = self._key.sign_recoverable(digest, hasher=None)
        return raw[:-1] + bytes([FIRST_V + raw[-1]])


def read(text: str) -> bytes:
    """The bytes of 0x-prefixed hex, however many. :raises MalformedSignature: for other text."""
    if not SHAPE.fullmatch(text):
        raise MalformedSignature("A signature is 0x and hexadecimal digits.")
    return bytes.fromhex(text[2:])


def recover(digest: bytes, signature: bytes) -> str:
    """The address whose key signed, in lower case. :raises MalformedSignature: see there."""
    if len(signature) != BYTES:
        raise MalformedSignature(f"A signature is {BYTES} bytes, not {len(signature)}.")
    parity = signature[-1] - FIRST_V
    if parity not in {0, 1}:
        raise MalformedSignature("The last byte of a signature is 27 or 28.")
    if int.from_bytes(signature[HASH_BYTES:-1], "big") > HIGHEST_S:
        raise MalformedSignature("The s of a signature is at most half of the curve's order.")
    try:
        public = coincurve.PublicKey.from_signature_and_message(
            signature[:-1] + bytes([parity]), digest, hasher=None
        )
    except ValueError as error:
        raise MalformedSignature("No key can have made this signature.") from error
    return _address(public)


def personal(text: str) -> bytes:
    """The digest that a wallet signs for a text (EIP-191, version E)."""
    data = text.encode()
    return keccak256(_PERSONAL + str(len(data)).encode() + data)


def _address(public: coincurve.PublicKey) -> str:
    return "0x" + keccak256(public.format(compressed=False)[1:])[12:].hex()

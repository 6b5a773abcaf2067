"""Ethereum addresses as text: lower case, or mixed case with its EIP-55 checksum. Pure."""

import re

from chain.hashing import keccak256

SHAPE = re.compile(r"0x[0-9a-fA-F]{40}", re.ASCII)


class InvalidAddress(ValueError):
    """Not 0x and forty hexadecimal digits, or a mixed case that fails its checksum."""


def normalise(text: str) -> str:
    """The address in lower case.

    :raises InvalidAddress: see there; EIP-55 gives the checksum.
    """
    if not SHAPE.fullmatch(text):
        raise InvalidAddress("An address is 0x followed by 40 hexadecimal digits.")
    digits = text[2:]
    is_mixed = digits not in {digits.lower(), digits.upper()}
    if is_mixed and digits != checksummed(digits.lower()):
        raise InvalidAddress("The address fails its EIP-55 checksum: a digit is mistyped.")
    return text.lower()


def checksummed(digits: str) -> str:
    """Forty lower-case hexadecimal digits in the case their Keccak-256 hash prescribes."""
    marks = keccak256(digits.encode()).hex()
    return "".join(
        digit.upper() if int(mark, 16) >= 8 else digit  # noqa: PLR2004 -- the high bit of a nibble
        for digit, mark in zip(digits, marks[:40], strict=True)
    )

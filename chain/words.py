"""ABI words: every value the league hashes is a row of fixed 32-byte big-endian words."""

from datetime import UTC, datetime
from decimal import Context, Decimal, Rounded
from functools import lru_cache

from chain.hashing import HASH_BYTES, keccak256

PRICE_PLACES = 8
ADDRESS_BYTES = 20
_INT_BITS = 256
# Beyond these powers of ten no word exists, and the exact arithmetic below would be unbounded.
_COARSEST, _FINEST = 76, -64
# Most numbers are these many digits, and a product that would need more raises.
_PLAIN = Context(prec=40, traps=[Rounded])
_SCALE = Decimal(10**PRICE_PLACES)
_BOUND = 1 << (_INT_BITS - 1)


class NotRepresentable(ValueError):
    """A value has no exact 32-byte word: too large, too fine, too short, or without a zone."""


def bytes32(value: bytes) -> bytes:
    """:raises NotRepresentable: unless `value` is exactly 32 bytes."""
    if len(value) != HASH_BYTES:
        raise NotRepresentable(f"Expected 32 bytes, got {len(value)}.")
    return value


def uint(value: int) -> bytes:
    """uint256. :raises NotRepresentable: when negative or too large."""
    if not 0 <= value < 1 << _INT_BITS:
        raise NotRepresentable(f"{value} does not fit uint256.")
    return value.to_bytes(HASH_BYTES, "big")


def int256(value: int) -> bytes:
    """Two's complement int256. :raises NotRepresentable: when out of range."""
    if not -_BOUND <= value < _BOUND:
        raise NotRepresentable(f"{value} does not fit int256.")
    return value.to_bytes(HASH_BYTES, "big", signed=True)


def fixed(value: Decimal) -> bytes:
    """A decimal at 1e8 scale as int256; nothing is rounded.

    :raises NotRepresentable: when not finite or finer than eight places.
    """
    if not value.is_finite():
        raise NotRepresentable(f"{value} is not a finite number.")
    if -PRICE_PLACES <= value.adjusted() <= PRICE_PLACES * 2:  # a price, most likely
        scaled = _scaled(value)
        if scaled is not None:
            return int256(scaled)
    if value.adjusted() > _COARSEST or int(value.as_tuple().exponent) < _FINEST:
        raise NotRepresentable(f"{value} is out of range.")
    numerator, denominator = value.as_integer_ratio()
    scaled, remainder = divmod(numerator * 10**PRICE_PLACES, denominator)
    if remainder:
        raise NotRepresentable(f"{value} has more than {PRICE_PLACES} decimal places.")
    return int256(scaled)


def _scaled(value: Decimal) -> int | None:
    """A number of few digits; None where it takes the long way."""
    try:
        product = _PLAIN.multiply(value, _SCALE)
    except Rounded:
        return None
    scaled = int(product)
    return scaled if scaled == product else None


def instant(value: datetime) -> bytes:
    """Unix seconds as uint256. :raises NotRepresentable: when naive or between two seconds."""
    if value.tzinfo is None or value.microsecond:
        raise NotRepresentable(f"{value.isoformat()} is not a whole second with a zone.")
    return uint(int(value.astimezone(UTC).timestamp()))


def address(value: str) -> bytes:
    """A 0x-prefixed hex address, left-padded. :raises NotRepresentable: unless 20 bytes of hex."""
    try:
        raw = bytes.fromhex(value.removeprefix("0x"))
    except ValueError as error:
        raise NotRepresentable(f"{value!r} is not a hex address.") from error
    if len(raw) != ADDRESS_BYTES:
        raise NotRepresentable(f"{value!r} is not a 20-byte address.")
    return raw.rjust(HASH_BYTES, b"\0")


@lru_cache(maxsize=4096)
def name(value: str) -> bytes:
    """Text as the Keccak-256 digest of its UTF-8 bytes, the way EIP-712 encodes `string`."""
    return keccak256(value.encode())

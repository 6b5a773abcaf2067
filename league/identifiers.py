"""Opaque public ids: UUID version 7 (RFC 9562), so that keys sort by the time they were made."""

import os
import time
import uuid

NOISE_BYTES = 10


def uuid7() -> uuid.UUID:
    """48 bits of Unix milliseconds, then 74 random bits."""
    return uuid7s(1)[0]


def uuid7s(count: int) -> list[uuid.UUID]:
    """Many of one millisecond, their noise drawn at once."""
    milliseconds = time.time_ns() // 1_000_000
    noise = os.urandom(NOISE_BYTES * count)
    places = range(0, NOISE_BYTES * count, NOISE_BYTES)
    return [_made(milliseconds, noise[place : place + NOISE_BYTES]) for place in places]


def _made(milliseconds: int, noise: bytes) -> uuid.UUID:
    value = (milliseconds & (2**48 - 1)) << 80 | int.from_bytes(noise, "big")
    value = value & ~(0xF << 76) | 0x7 << 76
    value = value & ~(0x3 << 62) | 0x2 << 62
    return uuid.UUID(int=value)

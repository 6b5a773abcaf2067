"""When a message that did not arrive is sent again: ten times over three days."""

import hashlib
from datetime import timedelta
from typing import Final

# Before each attempt, after the one before it failed.
SCHEDULE: Final = (
    timedelta(0), timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30),
    timedelta(hours=2), timedelta(hours=5), timedelta(hours=10), timedelta(hours=14),
    timedelta(hours=20), timedelta(hours=24),
)  # fmt: skip
JITTER: Final = 0.1
PATIENCE: Final = timedelta(hours=72)  # of a webhook to which nothing arrived


def wait(made: int, *, seed: str) -> timedelta | None:
    """The time from attempt number `made` to the next; None after the last.

    Up to a tenth longer than the schedule, so that what failed together does not return together:
    by how much follows from the seed.
    """
    if made >= len(SCHEDULE):
        return None
    noise = hashlib.sha256(f"{seed} {made}".encode()).digest()[:4]
    return SCHEDULE[made] * (1 + JITTER * int.from_bytes(noise, "big") / 2**32)

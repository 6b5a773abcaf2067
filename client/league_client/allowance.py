"""How many requests are left, as the league's RateLimit header says it."""

import re
from dataclasses import dataclass

LIMIT = re.compile(r'"(?P<name>[a-z]+)";r=(?P<left>\d+);t=(?P<reset>\d+)', re.ASCII)


@dataclass(frozen=True, slots=True)
class Allowance:
    """Of the tightest limit: requests left, and seconds until there is one more."""

    name: str
    remaining: int
    reset_s: int


def read(header: str) -> Allowance | None:
    """None when the header says nothing that is understood."""
    found = [
        Allowance(match["name"], int(match["left"]), int(match["reset"]))
        for match in LIMIT.finditer(header)
    ]
    return min(found, key=lambda one: (one.remaining, -one.reset_s), default=None)

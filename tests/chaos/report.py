"""What the chaos tests counted, kept line by line so that several processes can add to it.

The table at the end of a session is printed from these lines (tests/chaos/conftest.py).
"""

import json
import os
from pathlib import Path
from typing import Any

LONG = "CHAOS"  # CHAOS=long: `make chaos`; otherwise every story has its short form
SEED = "CHAOS_SEED"
FILE = "CHAOS_REPORT"


def is_long() -> bool:
    return os.environ.get(LONG) == "long"


def seed() -> int:
    """Of everything random in a chaos test: CHAOS_SEED=n replays the session that printed it."""
    return int(os.environ.get(SEED, "20260301"))


def add(story: str, **numbers: Any) -> None:
    """One line of the table: what was tried, and what was counted, in the order given."""
    with Path(os.environ[FILE]).open("a", encoding="utf-8") as file:
        file.write(json.dumps({"story": story, **numbers}) + "\n")


def lines() -> list[str]:
    """The table so far, a line each."""
    path = Path(os.environ[FILE])
    rows = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return [
        f"{row.pop('story'):<44}" + "  ".join(f"{name} {value}" for name, value in row.items())
        for row in rows
    ]

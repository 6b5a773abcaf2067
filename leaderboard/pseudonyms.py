"""Names for players in an export that should not name them: the same all season, not reversible.

A keyed hash: who lacks the key cannot try handles until one fits. Another SECRET_KEY gives others.
Points can still be compared with what the rounds show in public; a pseudonym hides no scores.
"""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.utils.crypto import salted_hmac

PURPOSE: Final = "leaderboard.pseudonyms"
DIGITS: Final = 20  # 80 bits: no two players of a season meet


@dataclass(frozen=True, slots=True)
class Veil:
    """How players of a season are called, where asked for without their names."""

    season: UUID
    is_drawn: bool

    def named(self, *, key: int, handle: str, name: str) -> tuple[str, str | None]:
        """The handle and name, or a pseudonym and none."""
        return (of(key, season=self.season), None) if self.is_drawn else (handle, name)


def of(player: int, *, season: UUID) -> str:
    """`player` is the row's key, which nothing shows."""
    digest = salted_hmac(PURPOSE, f"{season}:{player}", algorithm="sha256").hexdigest()
    return f"anon-{digest[:DIGITS]}"

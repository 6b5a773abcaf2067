"""What it took to make a built-in player's entry. Pure."""

from dataclasses import dataclass, replace
from typing import Final


@dataclass(frozen=True, slots=True)
class Usage:
    """Wall-clock seconds; a language model's tokens and what they cost, in micro-dollars.

    Tokens are None when no language model was asked, an answer remembered from an earlier entry
    (`is_cached`) included: it was paid for there.
    """

    seconds: float = 0.0
    tokens_in: int | None = None
    tokens_out: int | None = None
    micro_usd: int = 0
    is_cached: bool = False

    def longer(self, *, by_s: float) -> "Usage":
        return replace(self, seconds=self.seconds + by_s)


NOTHING: Final = Usage()

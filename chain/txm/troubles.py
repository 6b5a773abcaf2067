"""What a node means by its error texts. Pure.

An error is evidence and never a verdict: what happened is told by receipts and nonces alone.
"""

from enum import StrEnum
from typing import Final


class Trouble(StrEnum):
    KNOWN = "known"
    NONCE_TOO_LOW = "nonce too low"
    NONCE_TOO_HIGH = "nonce too high"
    UNDERPRICED = "underpriced"
    POOR = "insufficient funds"
    REVERTED = "reverted"
    UNKNOWN = "unknown"


# By geth, anvil, hardhat, erigon, nethermind; the first that fits.
SIGNS: Final = (
    (Trouble.NONCE_TOO_LOW, ("nonce too low", "nonce is too low", "oldnonce", "nonce has")),
    (Trouble.NONCE_TOO_HIGH, ("nonce too high", "nonce is too high", "nonce gap", "futurenonce")),
    (
        Trouble.UNDERPRICED,
        (
            "underpriced", "fee too low", "feetoolow", "max fee per gas less than", "tip too low",
            "max fee per gas to offer", "gas price too low", "baseFeePerGas", "fee cap less than",
        ),
    ),
    (Trouble.POOR, ("insufficient funds", "insufficient balance", "doesn't have enough funds")),
    (Trouble.REVERTED, ("revert", "execution failed", "vm exception")),
)  # fmt: skip
KNOWN: Final = ("already known", "already imported", "alreadyknown", "known transaction")
NOT_KNOWN: Final = "unknown transaction"  # holds the sign of the opposite


def trouble(message: str) -> Trouble:
    """The kind of trouble an error text tells of."""
    text = message.lower()
    if NOT_KNOWN not in text and any(sign in text for sign in KNOWN):
        return Trouble.KNOWN
    for kind, signs in SIGNS:
        if any(sign.lower() in text for sign in signs):
            return kind
    return Trouble.UNKNOWN

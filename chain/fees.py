"""What a transaction offers for gas, in wei. Pure."""

from dataclasses import dataclass

GWEI = 10**9
# A node takes a replacement only when both fees rise by at least a tenth; geth's default.
BUMP_OVER, BUMP_UNDER = 9, 8


@dataclass(frozen=True, slots=True)
class Fee:
    """EIP-1559: at most `max_fee` for a unit of gas, `tip` of it for whoever makes the block."""

    max_fee: int
    tip: int


def offered(*, base_fee: int, tip: int, ceiling: int) -> Fee | None:
    """Room for the base fee to double; None where even the present one is above the ceiling."""
    if base_fee + tip > ceiling:
        return None
    return Fee(max_fee=min(2 * base_fee + tip, ceiling), tip=tip)


def bumped(standing: Fee, *, wanted: Fee | None, ceiling: int) -> Fee | None:
    """At least an eighth more of both, and what is wanted now; None above the ceiling."""
    max_fee, tip = (
        -(-each * BUMP_OVER // BUMP_UNDER) for each in (standing.max_fee, max(standing.tip, 1))
    )
    if wanted is not None:
        max_fee, tip = max(max_fee, wanted.max_fee), max(tip, wanted.tip)
    max_fee = max(max_fee, tip)
    return None if max_fee > ceiling else Fee(max_fee=max_fee, tip=tip)

"""How far a prediction may lie from the price: six sigmas, and never clipped."""

import math
from decimal import Decimal

from league.frames import Frame
from predictions import entry_forms
from predictions.entry_forms import Entry

FARTHEST_SIGMAS = 6


class EntryTooFar(entry_forms.InvalidEntry):
    """A quantile lies more than six sigmas from the current price."""


def check(entry: Entry, *, frame: Frame) -> tuple[Decimal, Decimal, Decimal]:
    """The prices the entry stands for in this frame.

    :raises EntryTooFar: naming the quantile, or the form, that reaches too far.
    """
    resolved = entry_forms.resolve_bp(
        entry, reference=float(frame.price), sigma_bp=frame.sigma_bp, width=frame.width
    )
    for field, distance in zip(("p10", "p50", "p90"), resolved, strict=True):
        if not math.fabs(distance) <= FARTHEST_SIGMAS * frame.sigma_bp:
            raise EntryTooFar(
                field if entry.form == entry_forms.QUANTILES else entry.form,
                "too_far",
                f"{field} lies {distance:+.0f} basis points from the current price; "
                f"the limit is {FARTHEST_SIGMAS * frame.sigma_bp:.0f}.",
            )
    low, middle, high = (frame.price_at(distance) for distance in resolved)
    return low, middle, high

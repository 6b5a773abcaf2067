"""How far a prediction may lie from the price: six sigmas, and never clipped."""

from dataclasses import dataclass
from decimal import Decimal

from league.frames import Frame
from predictions import entry_forms
from predictions.entry_forms import QUANTILES, Entry

FARTHEST_SIGMAS = 6
FIELDS = ("p10", "p50", "p90")
Quantiles = tuple[Decimal, Decimal, Decimal]


class EntryTooFar(entry_forms.InvalidEntry):
    """A quantile lies more than six sigmas from the current price."""


@dataclass(frozen=True, slots=True)
class Ruler:
    """A frame, with what measuring many entries in it would compute again for each."""

    frame: Frame
    reference: float
    limit_bp: float

    def check(self, entry: Entry) -> Quantiles:
        """The prices the entry stands for in this frame.

        :raises EntryTooFar: naming the quantile, or the form, that reaches too far.
        """
        low, middle, high = resolved = entry_forms.resolve_bp(
            entry,
            reference=self.reference,
            sigma_bp=self.frame.sigma_bp,
            width=self.frame.width,
        )
        limit = self.limit_bp
        if not (-limit <= low <= limit and -limit <= middle <= limit and -limit <= high <= limit):
            raise self._too_far(entry, resolved)
        price_at = self.frame.price_at
        return price_at(low), price_at(middle), price_at(high)

    def _too_far(self, entry: Entry, resolved: tuple[float, float, float]) -> EntryTooFar:
        field, distance = next(
            (field, distance)
            for field, distance in zip(FIELDS, resolved, strict=True)
            if not -self.limit_bp <= distance <= self.limit_bp
        )
        return EntryTooFar(
            field if entry.form == QUANTILES else entry.form,
            "too_far",
            f"{field} lies {distance:+.0f} basis points from the current price; "
            f"the limit is {self.limit_bp:.0f}.",
        )


def ruler(frame: Frame) -> Ruler:
    return Ruler(frame, float(frame.price), FARTHEST_SIGMAS * frame.sigma_bp)


def check(entry: Entry, *, frame: Frame) -> Quantiles:
    """The prices the entry stands for in this frame.

    :raises EntryTooFar: naming the quantile, or the form, that reaches too far.
    """
    return ruler(frame).check(entry)

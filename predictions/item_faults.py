"""Why a bulk request was refused: every item at fault, at its place."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class ItemFault:
    """What is wrong with the item at `place`; `field` is empty where it is the whole item."""

    place: int
    field: str
    code: str
    detail: str


class ItemsRefused(Exception):
    """Some items cannot be accepted, so none was."""

    def __init__(self, faults: Sequence[ItemFault]) -> None:
        super().__init__(f"{len(faults)} of the items cannot be accepted: nothing was written.")
        self.faults = tuple(faults)


class ItemsMisshapen(ItemsRefused):
    """Items that are no entries, or two for one round."""


class ItemsInvalid(ItemsRefused):
    """Items with numbers no prediction can hold."""


class ItemsUnknown(ItemsRefused):
    """Items for rounds that do not exist."""


class ItemsTooFar(ItemsRefused):
    """Items more than six sigmas from the price."""


class ItemsNotOpen(ItemsRefused):
    """Items for rounds that are not open, or whose lock has passed."""

"""What carries a message to its receiver: one POST, one answer, never an exception."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Protocol

from league.models.delivery import Outcome

GONE: Final = 410
SUCCESS: Final = range(200, 300)
REDIRECTS: Final = range(300, 400)


@dataclass(frozen=True, slots=True)
class Parcel:
    """`url` may hold its owner's secrets, and `headers` hold signatures: neither is logged."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """`status` is HTTP's, None when there was none."""

    outcome: Outcome
    status: int | None = None


class Courier(Protocol):
    def post(self, parcel: Parcel) -> Answer:
        """Send it once, within seconds, to nowhere but the public internet."""
        ...


def answered(status: int) -> Answer:
    """What a receiver's status means."""
    if status in SUCCESS:
        return Answer(Outcome.OK, status)
    if status == GONE:
        return Answer(Outcome.GONE, status)
    return Answer(Outcome.REDIRECT if status in REDIRECTS else Outcome.REFUSED, status)

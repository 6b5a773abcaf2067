"""The border to whatever remembers digests: a hash chain of our own, or an EVM chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol


class LedgerBusy(Exception):
    """Somebody else is writing, or the ledger does not answer: try again later."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be written once under (kind, ident)."""

    kind: str
    ident: bytes
    digest: bytes
    count: int


@dataclass(frozen=True, kw_only=True)
class Place:
    """Where a digest stands: what the ledger holds under (kind, ident), whoever wrote it."""

    kind: str
    ident: bytes
    digest: bytes
    count: int
    entry_id: int | None
    at: datetime
    is_final: bool


class Ledger(Protocol):
    """Write-once memory. Real and simulated ledgers pass the same contract tests."""

    @property
    def network(self) -> str:
        """The name every anchor and receipt carries."""
        ...

    def append(
        self, wishes: Sequence[Wish], *, now: datetime
    ) -> Mapping[tuple[str, bytes], Place]:
        """Write what is not there yet; the standing place of every (kind, ident) that has one.

        A key that already holds another digest keeps it: the caller compares. A key that is
        missing from the answer is still on its way. Never call it inside a transaction.
        :raises LedgerBusy: nothing was written by this call, and it may be repeated.
        """
        ...

    def find(self, *, kind: str, ident: bytes) -> Place | None:
        """The standing place of one key. :raises LedgerBusy: when it cannot be asked."""
        ...

    def describe(self) -> dict[str, Any]:
        """What the public may know about the ledger, as JSON values."""
        ...

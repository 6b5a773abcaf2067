"""The border to whatever remembers digests: a hash chain of our own, or an EVM chain."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final, Protocol

Key = tuple[str, bytes]  # a kind and its ident
# The most digests one transaction carries, on either ledger: the contract's limit.
BATCH: Final = 64


class LedgerBusy(Exception):
    """Somebody else is writing, or the ledger does not answer: try again later."""


@dataclass(frozen=True, kw_only=True)
class Wish:
    """What is to be written once under (kind, ident).

    `detail` are the values behind the digest that a ledger may want to hold as well: a
    commitment's `lock_at` and `close_at`; a settlement's `price` (decimal text), `settled_at`,
    `status` (the outcome's code) and `tail` (hex). Times are Unix seconds.
    """

    kind: str
    ident: bytes
    digest: bytes
    count: int
    detail: Mapping[str, Any] = field(default_factory=dict)


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

    @property
    def most(self) -> int:
        """How many wishes it takes at once."""
        ...

    def append(self, wishes: Sequence[Wish], *, now: datetime) -> Mapping[Key, Place]:
        """Write what is not there yet; the standing place of every (kind, ident) that has one.

        A key that already holds another digest keeps it: the caller compares. A key that is
        missing from the answer is still on its way. Never call it inside a transaction.
        :raises LedgerBusy: nothing was written by this call, and it may be repeated.
        """
        ...

    def published(self, *, kind: str, ident: bytes) -> dict[str, Any] | None:
        """What stands under one key, as receipts carry it; None until it does. Asks nobody."""
        ...

    def describe(self) -> dict[str, Any]:
        """What the public may know about the ledger, as JSON values."""
        ...

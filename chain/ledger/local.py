"""The local ledger: an append-only table in which every entry's hash covers all before it.

The table's UNIQUE(previous) is what forbids a fork: of two writers that saw the same tip, the
database accepts one, and the other looks again.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from django.db import IntegrityError, transaction

from chain import facts, links, networks
from chain.ledger.base import BATCH, Key, LedgerBusy, Place, Wish
from chain.models import LedgerEntry

ATTEMPTS: Final = 16


class LocalLedger:
    """chain.ledger.base.Ledger over the LedgerEntry table."""

    network: Final = networks.LOCAL.name
    most: Final = BATCH  # so that its transactions stay short

    def append(self, wishes: Sequence[Wish], *, now: datetime) -> Mapping[Key, Place]:
        """:raises LedgerBusy: when other writers won every attempt."""
        # The tip is read before what stands: whatever was written between them is a retry.
        for _ in range(ATTEMPTS):
            tip = _tip()
            try:
                with transaction.atomic(durable=True):
                    return _append(wishes, tip=tip, now=now)
            except IntegrityError:
                if _tip() == tip:  # nobody else wrote: repeating it cannot help
                    raise
        raise LedgerBusy("Other writers won every attempt to extend the ledger.")

    def published(self, *, kind: str, ident: bytes) -> dict[str, Any] | None:
        entry = LedgerEntry.objects.filter(kind=kind, subject=ident.hex()).first()
        return published(entry) if entry else None

    def describe(self) -> dict[str, Any]:
        tip = _tip()
        return {
            "network": self.network,
            "simulated": True,
            "chain_id": networks.LOCAL.chain_id,
            "contract": networks.LOCAL.contract,
            "code_hash": None,
            "entries": tip.seq + 1 if tip else 0,
            "head": "0x" + (tip.head if tip else links.GENESIS.hex()),
        }


def published(entry: LedgerEntry) -> dict[str, Any]:
    """One entry as JSON values: hashes 0x-prefixed, time in whole seconds UTC."""
    return {
        "network": LocalLedger.network,
        "seq": entry.seq,
        "kind": entry.kind,
        "id": "0x" + entry.subject,
        "root": "0x" + entry.digest,
        "count": entry.count,
        "time": facts.published_time(entry.at),
        "previous": "0x" + entry.previous,
        "head": "0x" + entry.head,
    }


def _tip() -> LedgerEntry | None:
    return LedgerEntry.objects.order_by("-seq").first()


def _append(wishes: Sequence[Wish], *, tip: LedgerEntry | None, now: datetime) -> dict[Key, Place]:
    standing = {
        (entry.kind, bytes.fromhex(entry.subject)): _place(entry)
        for entry in LedgerEntry.objects.filter(subject__in=[wish.ident.hex() for wish in wishes])
    }
    asked = {(wish.kind, wish.ident): wish for wish in wishes}
    missing = [wish for key, wish in asked.items() if key not in standing]
    for entry in LedgerEntry.objects.bulk_create(_chained(missing, tip=tip, now=now)):
        standing[entry.kind, bytes.fromhex(entry.subject)] = _place(entry)
    return standing


def _chained(
    wishes: Sequence[Wish], *, tip: LedgerEntry | None, now: datetime
) -> Iterator[LedgerEntry]:
    """Entries that follow `tip`. Ledger time has whole seconds and never runs backwards."""
    second = now.replace(microsecond=0)
    at = max(second, tip.at) if tip else second
    seq, previous = (tip.seq + 1, bytes.fromhex(tip.head)) if tip else (0, links.GENESIS)
    for offset, wish in enumerate(wishes):
        link = links.link(
            kind=wish.kind, ident=wish.ident, digest=wish.digest, count=wish.count, at=at
        )
        head = links.head(previous, link)
        yield LedgerEntry(
            seq=seq + offset,
            kind=wish.kind,
            subject=wish.ident.hex(),
            digest=wish.digest.hex(),
            count=wish.count,
            at=at,
            previous=previous.hex(),
            head=head.hex(),
        )
        previous = head


def _place(entry: LedgerEntry) -> Place:
    return Place(
        kind=entry.kind,
        ident=bytes.fromhex(entry.subject),
        digest=bytes.fromhex(entry.digest),
        count=entry.count,
        entry_id=entry.pk,
        at=entry.at,
        is_final=True,
    )

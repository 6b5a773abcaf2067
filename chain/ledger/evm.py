"""An EVM chain as the ledger: one LeagueAnchor contract, written to by chain.txm.

Every wish is an Inscription; those of a kind that are due together share a transaction. What
stands is what a mined transaction's events showed, or what the contract's views say.
"""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final

from django.db import transaction
from django.db.models import F, OuterRef, QuerySet, Subquery

from chain import contract, facts, words
from chain.hashing import keccak256
from chain.ledger import desks, effects
from chain.ledger.base import Key, LedgerBusy, Place, Wish
from chain.models import Fate, Inscription, Kind, Transaction
from chain.models.transaction import ON_CHAIN
from chain.networks import Network
from chain.rpc import NodeRefused, NodeUnavailable
from chain.signers import NoSigner
from chain.txm import intents, sweep

FUTILE: Final = (Fate.REVERTED, Fate.SUPERSEDED)


class EvmLedger:
    """chain.ledger.base.Ledger over one contract."""

    most: Final = 16 * contract.MOST

    def __init__(self, network: Network) -> None:
        self._of = network

    @property
    def network(self) -> str:
        return self._of.name

    def append(self, wishes: Sequence[Wish], *, now: datetime) -> Mapping[Key, Place]:
        """:raises LedgerBusy: when no node answers, or nobody signs in this process."""
        try:
            desk = desks.desk(self._of)
            self._note(wishes)
            self._gather()
            self._release(desk)
            self._send(wishes, now=now)
            sweep.step(desk, now=now)
        except (NodeUnavailable, NodeRefused, NoSigner) as error:
            raise LedgerBusy(str(error)) from error
        self._gather()
        return self._places(wishes)

    def published(self, *, kind: str, ident: bytes) -> dict[str, Any] | None:
        found = self._rows().filter(kind=kind, subject=ident.hex()).first()
        if found is None or found.anchored_at is None:
            return None
        sent = found.transaction
        return {
            "network": self.network,
            "chain_id": self._of.chain_id,
            "contract": self._of.contract,
            "code_hash": contract.code_hash(),
            "kind": kind,
            "id": f"0x{ident.hex()}",
            "root": f"0x{found.digest}",
            "count": found.count,
            "time": facts.published_time(found.anchored_at),
            "tx": sent.hash if sent else None,
            "block": sent.block_number if sent else None,
            "block_hash": sent.block_hash if sent else None,
        }

    def describe(self) -> dict[str, Any]:
        return {
            "network": self.network,
            "simulated": False,
            "chain_id": self._of.chain_id,
            "contract": self._of.contract,
            "code_hash": contract.code_hash(),
            "entries": self._rows().filter(anchored_at__isnull=False).count(),
            "head": None,
        }

    def _rows(self) -> QuerySet[Inscription]:
        return Inscription.objects.filter(network=self.network).select_related("transaction")

    def _note(self, wishes: Sequence[Wish]) -> None:
        """A row for every wish that has none."""
        subjects = [wish.ident.hex() for wish in wishes]
        known = set(self._rows().filter(subject__in=subjects).values_list("kind", "subject"))
        new = [wish for wish in wishes if (wish.kind, wish.ident.hex()) not in known]
        Inscription.objects.bulk_create(
            [
                Inscription(
                    network=self.network,
                    kind=wish.kind,
                    subject=wish.ident.hex(),
                    digest=wish.digest.hex(),
                    count=wish.count,
                )
                for wish in new
            ],
            ignore_conflicts=True,
        )

    def _send(self, wishes: Sequence[Wish], *, now: datetime) -> None:
        """Transactions for what has none, as few as the contract allows."""
        rows = {
            (row.kind, row.subject): row
            for row in self._rows().filter(transaction=None, anchored_at=None)
        }
        free = [(wish, rows.get((wish.kind, wish.ident.hex()))) for wish in wishes]
        for kind in Kind.values:
            due = [(wish, row) for wish, row in free if row and wish.kind == kind]
            if kind == Kind.SETTLEMENT:  # never before the commitment it settles stands
                early = self._uncommitted([wish for wish, _ in due])
                due = [(wish, row) for wish, row in due if wish.ident not in early]
            for start in range(0, len(due), contract.MOST):
                self._intend(kind, due[start : start + contract.MOST], now=now)

    def _uncommitted(self, wishes: Sequence[Wish]) -> set[bytes]:
        waiting = self._rows().filter(kind=Kind.COMMITMENT, anchored_at=None)
        subjects = set(waiting.values_list("subject", flat=True))
        return {wish.ident for wish in wishes if wish.ident.hex() in subjects}

    def _intend(
        self, kind: str, due: Sequence[tuple[Wish, Inscription]], *, now: datetime
    ) -> None:
        data = contract.calldata(kind, [_row(wish) for wish, _ in due])
        rows = [row for _, row in due]
        key = keccak256("|".join(f"{row.pk}:{row.sends}" for row in rows).encode()).hex()
        with transaction.atomic(durable=True):
            made = intents.intend(key=key, network=self._of, data=data, now=now)
            mine = Inscription.objects.filter(
                pk__in=[row.pk for row in rows], transaction=None, anchored_at=None
            )
            mine.update(transaction=made, sends=F("sends") + 1)

    def _release(self, desk: desks.Desk) -> None:
        """What a futile transaction carried stands without it, or has to be sent anew."""
        futile = self._rows().filter(transaction__fate__in=FUTILE, anchored_at=None)
        head = desk.head() if futile.exists() else 0
        for row in futile:
            held = effects.held(desk, row, block=desk.settled_block(head))
            if held is not None:
                at = datetime.fromtimestamp(held.at_s, tz=UTC)
                found = {"digest": held.digest.hex(), "anchored_at": at, "is_final": True}
                futile.filter(pk=row.pk).update(transaction=None, **found)
            elif effects.held(desk, row, block="latest") is None:
                futile.filter(pk=row.pk).update(transaction=None)

    def _gather(self) -> None:
        """What the transactions have come to, on the rows they carry."""
        mined = Transaction.objects.filter(pk=OuterRef("transaction")).values("mined_at")
        carried = Inscription.objects.filter(network=self.network, transaction__isnull=False)
        fresh = carried.filter(transaction__fate__in=ON_CHAIN, is_final=False)
        fresh.exclude(anchored_at=F("transaction__mined_at")).update(
            anchored_at=Subquery(mined[:1])
        )
        carried.filter(transaction__fate=Fate.CONFIRMED, is_final=False).update(is_final=True)
        lost = carried.filter(anchored_at__isnull=False).exclude(transaction__fate__in=ON_CHAIN)
        lost.update(anchored_at=None, is_final=False)

    def _places(self, wishes: Sequence[Wish]) -> dict[Key, Place]:
        asked = {(wish.kind, wish.ident.hex()): wish for wish in wishes}
        subjects = [subject for _, subject in asked]
        standing = self._rows().filter(subject__in=subjects, anchored_at__isnull=False)
        return {
            (row.kind, bytes.fromhex(row.subject)): Place(
                kind=row.kind,
                ident=bytes.fromhex(row.subject),
                digest=bytes.fromhex(row.digest),
                count=row.count,
                entry_id=None,
                at=row.anchored_at,
                is_final=row.is_final,
            )
            for row in standing
            if row.anchored_at is not None and (row.kind, row.subject) in asked
        }


def _row(wish: Wish) -> contract.Row:
    """The words of the contract's struct. :raises KeyError: when the wish lacks its detail."""
    detail = wish.detail
    if wish.kind == Kind.SETTLEMENT:
        price, tail = words.fixed(Decimal(detail["price"])), bytes.fromhex(detail["tail"])
        times = words.uint(detail["settled_at"]), words.uint(detail["status"])
        return (words.bytes32(wish.ident), price, *times, words.bytes32(tail))
    row = (words.bytes32(wish.ident), words.bytes32(wish.digest), words.uint(wish.count))
    if wish.kind == Kind.COMMITMENT:
        return (*row, words.uint(detail["lock_at"]), words.uint(detail["close_at"]))
    return row

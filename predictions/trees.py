"""The Merkle trees of rounds: made at the commitment and at the end, looked into for receipts."""

from collections.abc import Callable, Sequence

from chain import merkle
from chain.hashing import HASH_BYTES
from league.models import Round
from predictions.models import Tree
from predictions.models.tree import Of


def grow(leaves: Sequence[bytes]) -> bytes:
    """The packed tree over 32-byte leaves; empty for none."""
    return merkle.pack(merkle.tree(leaves)) if leaves else b""


def root(heap: bytes) -> bytes:
    """The root of a packed tree."""
    return heap[:HASH_BYTES] or merkle.EMPTY_ROOT


def keep(round_: Round, of: Of, heap: bytes) -> None:
    """Keep a packed tree, in the transaction that commits to its root."""
    if heap:
        Tree.objects.bulk_create([Tree(round=round_, of=of, heap=heap)], ignore_conflicts=True)


def proof(
    round_: Round, of: Of, leaf: bytes, *, leaves: Callable[[], Sequence[bytes]]
) -> list[bytes]:
    """From `leaf` to the root; `leaves` are asked for where no tree was kept.

    :raises chain.merkle.NoLeaves: when it is not among them.
    """
    kept = Tree.objects.filter(round=round_, of=of).values_list("heap", flat=True).first()
    return merkle.packed_proof(bytes(kept) if kept is not None else grow(leaves()), leaf)

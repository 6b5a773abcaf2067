"""The Merkle trees of rounds: made at the commitment and at the end, looked into for receipts.

A receipt needs some twenty nodes: the database cuts them out of the heap, however large it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from django.db.models import BinaryField, F, Func, Value

from chain import merkle
from chain.hashing import HASH_BYTES
from league.models import Round
from predictions.models import Tree
from predictions.models.tree import Of

PLACE_BYTES: Final = 4


@dataclass(frozen=True, slots=True)
class Grown:
    """A tree ready to be kept."""

    root: bytes
    heap: bytes
    places: bytes


def grow(leaves: Sequence[bytes]) -> Grown:
    """Over 32-byte leaves by seq."""
    if not leaves:
        return Grown(merkle.EMPTY_ROOT, b"", b"")
    heap = merkle.tree(leaves)
    places = b"".join(place.to_bytes(PLACE_BYTES) for place in merkle.places(leaves))
    return Grown(heap[0], merkle.pack(heap), places)


def keep(round_: Round, of: Of, grown: Grown) -> None:
    """In the transaction that commits to its root."""
    if grown.heap:
        made = Tree(round=round_, of=of, heap=grown.heap, places=grown.places)
        Tree.objects.bulk_create([made], ignore_conflicts=True)


def proof(
    round_: Round, of: Of, seq: int, *, leaves: Callable[[], Sequence[bytes]]
) -> list[bytes]:
    """From the leaf of `seq` to the root; `leaves` are asked for where no tree was kept."""
    kept = Tree.objects.filter(round=round_, of=of)
    place = kept.values_list(_cut("places", seq, PLACE_BYTES)).first()
    if place is None:
        return merkle.proof(leaves(), seq)
    wanted = list(merkle.siblings(int.from_bytes(bytes(place[0]))))
    if not wanted:
        return []
    nodes = kept.values_list(*(_cut("heap", at, HASH_BYTES) for at in wanted)).get()
    return [bytes(node) for node in nodes]


def _cut(column: str, number: int, size: int) -> Any:
    """The piece `number` of a column of pieces of `size` bytes."""
    where = Value(number * size + 1), Value(size)
    return Func(F(column), *where, function="SUBSTR", output_field=BinaryField())

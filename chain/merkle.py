"""Merkle trees, byte-identical with OpenZeppelin's StandardMerkleTree v1.

The tree is a complete binary heap stored root first; the leaves, sorted by value, fill its tail
backwards; a pair is hashed in sorted order, so a proof carries no left or right. The position a
leaf was given in (`seq`) is inside the leaf itself.
"""

from collections.abc import Iterable, Iterator, Sequence
from typing import Final

from chain.hashing import keccak256

# The root of no leaves: a tagged constant, since a tree without leaves has no hash of its own.
EMPTY_ROOT: Final = keccak256(b"AI vs Human Prediction League: empty tree")


class NoLeaves(ValueError):
    """A proof or a heap was asked of an empty tree."""


def tree(leaves: Sequence[bytes]) -> list[bytes]:
    """The heap of 2n-1 nodes over n 32-byte leaves, root first. :raises NoLeaves: for n = 0."""
    if not leaves:
        raise NoLeaves("A tree needs at least one leaf.")
    count = len(leaves)
    heap = [b""] * (count - 1) + sorted(leaves, reverse=True)
    for node in range(count - 2, -1, -1):
        heap[node] = pair(heap[2 * node + 1], heap[2 * node + 2])
    return heap


def root(leaves: Sequence[bytes]) -> bytes:
    """The 32-byte root; EMPTY_ROOT for no leaves."""
    return tree(leaves)[0] if leaves else EMPTY_ROOT


def proof(leaves: Sequence[bytes], index: int) -> list[bytes]:
    """The siblings from leaf `index` (as given) up to the root; empty for a single leaf.

    :raises IndexError: when there is no such leaf.
    """
    leaf = leaves[index]
    heap = tree(leaves)
    return _climb(heap, heap.index(leaf, len(leaves) - 1))


def proofs(leaves: Sequence[bytes]) -> list[list[bytes]]:
    """Every leaf's proof, in the order given, from one tree."""
    if not leaves:
        return []
    heap = tree(leaves)
    places = {heap[place]: place for place in range(len(leaves) - 1, len(heap))}
    return [_climb(heap, places[leaf]) for leaf in leaves]


def pack(heap: Sequence[bytes]) -> bytes:
    """A heap as one string of bytes, root first."""
    return b"".join(heap)


def places(leaves: Sequence[bytes]) -> list[int]:
    """Where in the heap each leaf stands, in the order given. :raises NoLeaves: for n = 0."""
    if not leaves:
        raise NoLeaves("A tree needs at least one leaf.")
    last = 2 * len(leaves) - 2
    ranks = sorted(range(len(leaves)), key=leaves.__getitem__)
    found = [0] * len(leaves)
    for rank, index in enumerate(ranks):
        found[index] = last - rank
    return found


def siblings(place: int) -> Iterator[int]:
    """The places whose nodes prove what stands at `place`, up to the root's children."""
    while place:
        yield place - 1 if place % 2 == 0 else place + 1
        place = (place - 1) // 2


def fold(leaf: bytes, proof: Iterable[bytes]) -> bytes:
    """The root that `proof` leads to from `leaf`."""
    node = leaf
    for sibling in proof:
        node = pair(node, sibling)
    return node


def pair(left: bytes, right: bytes) -> bytes:
    """The parent of two nodes, whichever side each is on."""
    return keccak256(left + right if left < right else right + left)


def _climb(heap: Sequence[bytes], place: int) -> list[bytes]:
    return [heap[at] for at in siblings(place)]

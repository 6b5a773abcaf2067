"""The Merkle root of a round.

The floor is the same loop over the same heap with `hashlib.sha3_256`, the C implementation every
Python has (another padding, hence another root). Ours is `chain.merkle.root`. The slow spare of
the two Keccak backends is measured beside it.
"""

from collections.abc import Callable, Iterator, Sequence
from hashlib import sha3_256

from bench.goals import Line, line, tried
from bench.harness import Plan, control, cpu, duel, middle, ratio
from chain import hashing, merkle

Digest = Callable[[bytes], bytes]


def run(plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=100, quick=100_000, full=100_000)
    leaves = [sha3_256(number.to_bytes(8)).digest() for number in range(count)]
    costs = duel(
        {
            "floor": lambda: floor(leaves),
            "again": lambda: floor(leaves),
            "ours": lambda: merkle.root(leaves),
        },
        reps=plan.reps,
    )
    yield line(
        "M1",
        floor=f"{middle(costs['floor'], of=cpu):.3f} s",
        ours=f"{middle(costs['ours'], of=cpu):.3f} s",
        value=ratio(costs, ours="ours", floor="floor", of=cpu),
        noise=control(costs, a="floor", b="again", of=cpu),
        detail=f"{count:,} leaves, CPU seconds",
    )
    digest = hashing.pycryptodome_backend()
    costs = duel(
        {"floor": lambda: floor(leaves), "spare": lambda: heap_root(leaves, digest)}, reps=1
    )
    yield tried(
        "M1",
        "the same with pycryptodome",
        floor=f"{middle(costs['floor'], of=cpu):.3f} s",
        ours=f"{middle(costs['spare'], of=cpu):.3f} s",
        ratio=ratio(costs, ours="spare", floor="floor", of=cpu),
    )


def floor(leaves: Sequence[bytes]) -> bytes:
    count = len(leaves)
    heap = [b""] * (count - 1) + sorted(leaves, reverse=True)
    for node in range(count - 2, -1, -1):
        left, right = heap[2 * node + 1], heap[2 * node + 2]
        heap[node] = sha3_256(left + right if left < right else right + left).digest()
    return heap[0]


def heap_root(leaves: Sequence[bytes], digest: Digest) -> bytes:
    count = len(leaves)
    heap = [b""] * (count - 1) + sorted(leaves, reverse=True)
    for node in range(count - 2, -1, -1):
        left, right = heap[2 * node + 1], heap[2 * node + 2]
        heap[node] = digest(left + right if left < right else right + left)
    return heap[0]

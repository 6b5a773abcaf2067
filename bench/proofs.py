"""The proofs of a large round: its commitment, and the receipt of one of its entries.

M2 is the commit sweep's work on a locked round, rows read, tree kept and wish written included;
the floor is the hashing alone (two for a leaf, one for a pair) with `hashlib.sha3_256`. M2-spare
is the same where the slow spare of the Keccak backends is the only one. M3 is a receipt of the
final round, its prediction chosen at random, by the database's clock and ours: the median.
"""

import random
import statistics
import time
from collections.abc import Iterator
from hashlib import sha3_256
from unittest import mock
from uuid import UUID

from bench import arena as arenas
from bench import merkle
from bench.goals import Line, line
from bench.harness import Plan, measure, wall
from chain import hashing, schema
from chain import merkle as trees
from league.models import Round
from predictions import commitments, receipts
from predictions.models import Commitment, Prediction, Tree
from predictions.scoring import grading

CALLS = 50


def run(plan: Plan) -> Iterator[Line]:
    count = plan.pick(smoke=50, quick=100_000, full=100_000)
    arena = arenas.build(count=count)
    round_ = arena.settled(0, entries=count)
    digests = [sha3_256(number.to_bytes(8)).digest() for number in range(count)]
    floor = measure(lambda: hashed(digests))
    yield told("M2", commit(arena, round_), count=count, floor_s=wall(floor))
    spare = hashing.pycryptodome_backend()
    with (
        mock.patch.object(schema, "keccak256", spare),
        mock.patch.object(trees, "keccak256", spare),
    ):
        yield told("M2-spare", commit(arena, round_), count=count, floor_s=wall(floor))
    grading.grade(now=arena.now)
    keys = list(Prediction.objects.filter(round=round_).values_list("pk", flat=True))
    took = [receipt(random.choice(keys)) for _ in range(CALLS)]
    p50 = statistics.median(took)
    yield line(
        "M3", floor="", ours=f"{p50:.1f} ms", value=p50, detail=f"{count:,} entries, {CALLS} calls"
    )


def commit(arena: arenas.Arena, round_: Round) -> float:
    """Seconds the sweep takes for the round as if it had never been committed."""
    Tree.objects.all().delete()
    Commitment.objects.all().delete()
    arenas.run("TRUNCATE chain_anchor CASCADE")
    cost = measure(lambda: commitments.commit(now=arena.now))
    assert Commitment.objects.get(round=round_).count > 0
    return wall(cost)


def receipt(key: UUID) -> float:
    """Milliseconds, the prediction's own row included."""
    began = time.perf_counter()
    made = receipts.of(Prediction.objects.select_related("player", "round__season").get(pk=key))
    took = time.perf_counter() - began
    assert made["proof"]
    assert made["result"]["proof"]
    return took * 1000


def hashed(digests: list[bytes]) -> bytes:
    leaves = [sha3_256(sha3_256(digest).digest()).digest() for digest in digests]
    return merkle.floor(leaves)


def told(goal: str, took_s: float, *, count: int, floor_s: float) -> Line:
    return line(
        goal,
        floor=f"{floor_s:.2f} s",
        ours=f"{took_s:.2f} s",
        value=took_s,
        detail=f"{count:,} entries; the hashing alone {floor_s:.2f} s",
    )

"""Trees against roots and proofs made by @openzeppelin/merkle-tree itself.

The vectors were generated with that package (version inside the file) from rows
(keccak("round"), seq, keccak("entry <seq>")) and (keccak("round"), seq, 7919 * seq - 50000).
"""

import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import merkle, schema
from chain.hashing import keccak256

VECTORS = json.loads(Path(__file__).with_name("openzeppelin_vectors.json").read_text("utf-8"))
ROUND = keccak256(b"round")


def leaves(count: int) -> list[bytes]:
    return [schema.leaf(ROUND, seq, keccak256(f"entry {seq}".encode())) for seq in range(count)]


def score_leaves(count: int) -> list[bytes]:
    return [schema.score_leaf(ROUND, seq, 7919 * seq - 50_000) for seq in range(count)]


def hexes(proof: list[bytes]) -> list[str]:
    return [f"0x{node.hex()}" for node in proof]


@pytest.mark.parametrize("vector", VECTORS["trees"], ids=lambda vector: f"n={vector['count']}")
def test_trees_are_byte_identical_with_openzeppelin(vector: dict[str, Any]) -> None:
    count = vector["count"]
    assert f"0x{merkle.root(leaves(count)).hex()}" == vector["root"]
    assert f"0x{merkle.root(score_leaves(count)).hex()}" == vector["score_root"]
    heap = merkle.tree(leaves(count))
    assert f"0x{keccak256(b''.join(heap)).hex()}" == vector["heap_digest"]


@pytest.mark.parametrize("vector", VECTORS["trees"], ids=lambda vector: f"n={vector['count']}")
def test_proofs_are_byte_identical_with_openzeppelin(vector: dict[str, Any]) -> None:
    rows, scores = leaves(vector["count"]), score_leaves(vector["count"])
    for seq, proof in vector["proofs"].items():
        assert hexes(merkle.proof(rows, int(seq))) == proof
    for seq, proof in vector["score_proofs"].items():
        assert hexes(merkle.proof(scores, int(seq))) == proof


def test_a_tree_of_one_has_an_empty_proof() -> None:
    (leaf,) = leaves(1)
    assert merkle.proof([leaf], 0) == []
    assert merkle.root([leaf]) == leaf


def test_no_leaves_have_a_root_of_their_own_but_no_tree() -> None:
    assert merkle.root([]) == merkle.EMPTY_ROOT
    assert merkle.proofs([]) == []
    with pytest.raises(merkle.NoLeaves):
        merkle.tree([])


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=1, max_size=70, unique=True))
@settings(deadline=None)
def test_every_proof_of_a_random_tree_folds_to_its_root(rows: list[bytes]) -> None:
    root, proofs = merkle.root(rows), merkle.proofs(rows)
    assert [merkle.fold(leaf, proof) for leaf, proof in zip(rows, proofs, strict=True)] == [
        root
    ] * len(rows)
    assert proofs[-1] == merkle.proof(rows, len(rows) - 1)


@given(st.lists(st.binary(min_size=32, max_size=32), min_size=2, max_size=40, unique=True))
@settings(deadline=None)
def test_no_proof_folds_from_another_leaf(rows: list[bytes]) -> None:
    assert merkle.fold(rows[1], merkle.proof(rows, 0)) != merkle.root(rows) or len(rows) == 2
    assert merkle.fold(keccak256(rows[0]), merkle.proof(rows, 0)) != merkle.root(rows)

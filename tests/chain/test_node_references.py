"""What npm's own packages say: OpenZeppelin's trees, and the compiler's artifact."""

import json
import shutil
import subprocess
from pathlib import Path

import pytest

from chain import contract, merkle, provenance, schema
from chain.hashing import keccak256
from chain.provenance import Drifted

REPOSITORY = Path(__file__).parents[2]
MODULES = REPOSITORY / "node_modules"
NODE = shutil.which("node")
needs_node = pytest.mark.skipif(
    NODE is None or not MODULES.exists(), reason="no node, or no node_modules: npm ci"
)
SIZES = (1, 2, 3, 7, 100, 1001)


def run(script: Path, *arguments: str, said: str = "") -> str:
    done = subprocess.run(
        ["node", str(script), *arguments], cwd=REPOSITORY, check=True, capture_output=True,
        text=True, timeout=120, input=said,
    )  # fmt: skip
    return done.stdout


@needs_node
def test_roots_and_proofs_are_openzeppelins() -> None:
    rounds = [keccak256(b"round %d" % size) for size in SIZES]
    digests = [[keccak256(b"%d %d" % (size, n)) for n in range(size)] for size in SIZES]
    rows = [
        [[f"0x{key.hex()}", str(n), f"0x{digest.hex()}"] for n, digest in enumerate(many)]
        for key, many in zip(rounds, digests, strict=True)
    ]
    told = json.loads(run(REPOSITORY / "tests/chain/reference_tree.mjs", said=json.dumps(rows)))
    for key, many, theirs in zip(rounds, digests, told, strict=True):
        leaves = [schema.leaf(key, n, digest) for n, digest in enumerate(many)]
        assert theirs["format"] == "standard-v1"
        assert theirs["root"] == f"0x{merkle.root(leaves).hex()}"
        heap, places = merkle.tree(leaves), merkle.places(leaves)
        for n, proof in theirs["proofs"]:
            assert [f"0x{node.hex()}" for node in merkle.proof(leaves, n)] == proof
            cut = [heap[place] for place in merkle.siblings(places[n])]
            assert cut == merkle.proof(leaves, n)


@needs_node
def test_the_artifact_is_what_the_compiler_makes_of_the_source() -> None:
    text = run(REPOSITORY / "chain/contracts/compile.mjs", "--print")
    assert text == contract.ARTIFACT.read_text(encoding="utf-8")


def test_artifact_source_and_verifier_belong_together() -> None:
    assert provenance.check_committed() == contract.code_hash()


@pytest.mark.parametrize("part", ["source", "metadata", "bytecode", "deployedBytecode"])
def test_whatever_drifts_is_named(part: str) -> None:
    artifact, source = dict(contract.artifact()), provenance.SOURCE.read_bytes()
    if part == "source":
        source += b"\n"
    elif part == "metadata":
        artifact[part] = artifact[part].replace("paris", "london")
    else:  # a digit of the hash within the trailer
        code = artifact[part]
        artifact[part] = code[:-40] + ("0" if code[-40] != "0" else "1") + code[-39:]
    with pytest.raises(Drifted):
        provenance.check(artifact, source)

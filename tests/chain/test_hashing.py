import os

import pytest

from chain import hashing

EMPTY = "c5d2460186f7233c927e7db2dcc703c0e500b653ca82273b7bfad8045d85a470"
ABC = "4e03657aea45a94fc7d47ba826c8d667c0d1e6e33a64a036ec44f58fa12d6c45"


def test_known_digests() -> None:
    assert hashing.keccak256(b"").hex() == EMPTY
    assert hashing.keccak256(b"abc").hex() == ABC


@pytest.mark.parametrize(
    "backend", [hashing.pysha3_backend, hashing.openssl_backend, hashing.pycryptodome_backend]
)
def test_every_installed_backend_gives_the_same_digest(backend: hashing.Maker) -> None:
    try:
        digest = backend()
    except (ImportError, ValueError) as error:
        pytest.skip(f"this machine has no such backend: {error}")
    data = os.urandom(500)
    assert digest(b"").hex() == EMPTY
    assert digest(data) == hashing.keccak256(data)

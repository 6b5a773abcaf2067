"""Keccak-256, the hash of the EVM (not the SHA3-256 of hashlib: the padding differs)."""

import hashlib
from collections.abc import Callable

HASH_BYTES = 32
Digest = Callable[[bytes], bytes]
Maker = Callable[[], Digest]


def pysha3_backend() -> Digest:
    """:raises ImportError: when safe-pysha3 is not installed."""
    import sha3  # noqa: PLC0415 - optional extension, the fastest backend

    constructor = sha3.keccak_256
    return lambda data: bytes(constructor(data).digest())


def openssl_backend() -> Digest:
    """:raises ValueError: when OpenSSL is older than 3.2, which first offered KECCAK-256."""
    hashlib.new("keccak-256")
    return lambda data: hashlib.new("keccak-256", data).digest()


def pycryptodome_backend() -> Digest:
    """:raises ImportError: when pycryptodome is not installed."""
    from Crypto.Hash import keccak  # noqa: PLC0415 - the fallback, only paid for when chosen

    return lambda data: bytes(keccak.new(digest_bits=256, data=data).digest())


def fastest_backend() -> Digest:
    """:raises RuntimeError: when no backend is installed."""
    makers: tuple[Maker, ...] = (pysha3_backend, openssl_backend, pycryptodome_backend)
    for maker in makers:
        try:
            return maker()
        except (ImportError, ValueError):
            continue
    raise RuntimeError("No Keccak-256 backend: install safe-pysha3 or pycryptodome.")


_digest = fastest_backend()


def keccak256(data: bytes) -> bytes:
    """The 32-byte Keccak-256 digest of `data`."""
    return _digest(data)

"""Recovery and signing, against another implementation, and everything a signature may not be."""

import random

import pytest

from chain import signatures, verify
from chain.hashing import keccak256
from chain.signatures import HIGHEST_S, Key, MalformedSignature, UnusableKey
from tests.chain import oracles

DRAWN = random.Random(4361)
DIGEST = keccak256(b"a digest")
KEY = Key(b"\x11" * 32)
ORDER = 2 * HIGHEST_S + 1


def made(r: int, s: int, v: int) -> bytes:
    return r.to_bytes(32, "big") + s.to_bytes(32, "big") + bytes([v])


def parts(signature: bytes) -> tuple[int, int, int]:
    return (
        int.from_bytes(signature[:32], "big"),
        int.from_bytes(signature[32:64], "big"),
        signature[64],
    )


def test_what_another_wallet_signs_is_recovered() -> None:
    for number in range(20):
        secret = DRAWN.randbytes(32)
        text = f"entry {number} \u00e9\u4e16\n" * number
        signed = oracles.sign_text(secret, text)
        assert signatures.recover(signatures.personal(text), signed) == Key(secret).address
        assert oracles.address(secret).lower() == Key(secret).address


def test_signing_is_deterministic_and_what_another_wallet_does() -> None:
    for text in ("", "a", "x" * 1000):
        digest = signatures.personal(text)
        assert KEY.sign(digest) == KEY.sign(digest) == oracles.sign_text(b"\x11" * 32, text)


def test_the_verifiers_own_curve_agrees_on_random_keys() -> None:
    for _ in range(250):
        key, digest = Key(DRAWN.randbytes(32)), DRAWN.randbytes(32)
        signed = key.sign(digest)
        assert verify.signer(digest, f"0x{signed.hex()}") == key.address
        assert signatures.recover(digest, signed) == key.address


EDGES = [1, 2, 3, ORDER - 1, ORDER - 2, HIGHEST_S, HIGHEST_S + 1]


@pytest.mark.parametrize("secret", EDGES)
@pytest.mark.parametrize("digest", [bytes(32), b"\xff" * 32, ORDER.to_bytes(32, "big"), DIGEST])
def test_the_verifiers_own_curve_agrees_at_the_edges(secret: int, digest: bytes) -> None:
    key = Key(secret.to_bytes(32, "big"))
    signed = key.sign(digest)
    assert verify.signer(digest, f"0x{signed.hex()}") == key.address
    assert signatures.recover(digest, signed) == key.address


def test_both_recoveries_accept_and_refuse_the_same_random_signatures() -> None:
    verdicts = set()
    for _ in range(120):
        signature = made(
            DRAWN.randrange(ORDER), DRAWN.randrange(HIGHEST_S), DRAWN.choice([27, 28])
        )
        try:
            mine: str | None = signatures.recover(DIGEST, signature)
        except MalformedSignature:
            mine = None
        try:
            theirs: str | None = verify.signer(DIGEST, f"0x{signature.hex()}")
        except verify.Refused:
            theirs = None
        assert mine == theirs
        verdicts.add(mine is None)
    assert verdicts == {True, False}


R, S, V = parts(KEY.sign(DIGEST))
MALFORMED = {
    "empty": b"",
    "short": made(R, S, V)[:-1],
    "long": made(R, S, V) + b"\0",
    "compact (EIP-2098)": made(R, S, V)[:64],
    "a zero r": made(0, S, V),
    "a zero s": made(R, 0, V),
    "all zero": bytes(65),
    "r beyond the order": made(ORDER, S, V),
    "r beyond every field": made(2**256 - 1, S, V),
    "s beyond the order": made(R, ORDER, V),
    "the high twin": made(R, ORDER - S, 27 + 28 - V),
    "just too high": made(R, HIGHEST_S + 1, V),
    "v of 0": made(R, S, 0),
    "v of 1": made(R, S, 1),
    "v of 26": made(R, S, 26),
    "v of 29": made(R, S, 29),
    "v of a chain (EIP-155)": made(R, S, 37),
    "an r on no point": made(5, S, V),
}


@pytest.mark.parametrize("kind", MALFORMED)
def test_a_malformed_signature_is_refused_by_both(kind: str) -> None:
    with pytest.raises(MalformedSignature):
        signatures.recover(DIGEST, MALFORMED[kind])
    with pytest.raises(verify.Refused):
        verify.signer(DIGEST, f"0x{MALFORMED[kind].hex()}")


def test_another_digest_or_v_is_another_signer() -> None:
    assert signatures.recover(keccak256(b"other"), made(R, S, V)) != KEY.address
    assert signatures.recover(DIGEST, made(R, S, 27 + 28 - V)) != KEY.address


@pytest.mark.parametrize(
    "secret", [b"", b"\1" * 31, b"\1" * 33, bytes(32), ORDER.to_bytes(32, "big"), b"\xff" * 32]
)
def test_what_is_no_private_key_is_refused(secret: bytes) -> None:
    with pytest.raises(UnusableKey):
        Key(secret)


def test_a_key_does_not_show_its_secret() -> None:
    assert "11" * 16 not in f"{KEY!r} {KEY} {vars(KEY)}"
    assert KEY.address in repr(KEY)


@pytest.mark.parametrize(
    "text", ["", "0x", "0x1", "0xzz", "12", "0x12 ", "0X12", "0x\u0661\u0662"]
)
def test_only_plain_hex_is_read(text: str) -> None:
    with pytest.raises(MalformedSignature):
        signatures.read(text)


def test_hex_is_read_in_either_case() -> None:
    assert signatures.read("0xABcd") == b"\xab\xcd"

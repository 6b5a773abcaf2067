"""Digests against independent encoders: eth_account's EIP-712 and eth_abi."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from eth_abi.abi import encode as abi_encode
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import facts, networks, schema
from chain.hashing import keccak256
from chain.words import NotRepresentable
from tests.chain import oracles, stories

TYPES = {
    "EIP712Domain": [
        {"name": "name", "type": "string"},
        {"name": "version", "type": "string"},
        {"name": "chainId", "type": "uint256"},
        {"name": "verifyingContract", "type": "address"},
    ],
    "Prediction": [
        {"name": "league", "type": "bytes32"},
        {"name": "round", "type": "bytes32"},
        {"name": "player", "type": "bytes32"},
        {"name": "p10", "type": "int256"},
        {"name": "p50", "type": "int256"},
        {"name": "p90", "type": "int256"},
        {"name": "basis", "type": "uint8"},
        {"name": "revision", "type": "uint32"},
        {"name": "payloadHash", "type": "bytes32"},
        {"name": "salt", "type": "bytes32"},
    ],
}


Oracle = Callable[[schema.Entry, networks.Network], bytes]


def typed_data(entry: schema.Entry, network: networks.Network) -> dict[str, Any]:
    return {
        "types": TYPES,
        "primaryType": "Prediction",
        "domain": {
            "name": "AI vs Human Prediction League",
            "version": "1",
            "chainId": network.chain_id,
            "verifyingContract": network.contract,
        },
        "message": {
            "league": entry.league,
            "round": entry.round_key,
            "player": keccak256(entry.player.encode()),
            "p10": int(entry.p10 * 10**8),
            "p50": int(entry.p50 * 10**8),
            "p90": int(entry.p90 * 10**8),
            "basis": entry.basis,
            "revision": entry.revision,
            "payloadHash": entry.payload_hash,
            "salt": entry.salt,
        },
    }


@pytest.fixture(scope="module")
def oracle() -> Oracle:
    """eth_account's EIP-712 digest."""
    messages = oracles.messages()

    def digest(entry: schema.Entry, network: networks.Network) -> bytes:
        message = messages.encode_typed_data(full_message=typed_data(entry, network))
        return keccak256(b"\x19" + message.version + message.header + message.body)

    return digest


@pytest.mark.parametrize("entry", stories.entries(), ids=lambda entry: entry.player)
def test_the_digest_is_what_a_wallet_would_sign(entry: schema.Entry, oracle: Oracle) -> None:
    assert schema.prediction_digest(entry) == oracle(entry, networks.LOCAL)


@given(
    level=st.decimals(-(10**11), 10**11, places=8, allow_nan=False),
    revision=st.integers(0, 2**32 - 1),
    salt=st.binary(min_size=32, max_size=32),
    player=st.text(max_size=30),
)
@settings(max_examples=40, deadline=None)
def test_the_digest_agrees_on_any_values_and_any_network(
    oracle: Oracle, level: Decimal, revision: int, salt: bytes, player: str
) -> None:
    network = networks.Network(name="test", chain_id=31337, contract="0x" + "5a" * 20)
    entry = replace(stories.entries()[0], p10=level, revision=revision, salt=salt, player=player)
    assert schema.prediction_digest(entry, network=network) == oracle(entry, network)


def test_the_digest_depends_on_the_network() -> None:
    entry = stories.entries()[0]
    elsewhere = replace(networks.LOCAL, chain_id=1)
    assert schema.prediction_digest(entry) != schema.prediction_digest(entry, network=elsewhere)


def test_a_value_finer_than_eight_places_is_refused_not_rounded() -> None:
    with pytest.raises(NotRepresentable):
        schema.prediction_digest(replace(stories.entries()[0], p50=Decimal("0.123456789")))


def test_the_round_key_is_keccak_of_its_abi_encoding() -> None:
    times = (stories.ROUND.opens_at, stories.ROUND.locks_at, stories.ROUND.settles_at)
    encoded = abi_encode(
        ["bytes32", "bytes32", "uint256", "uint256", "uint256", "bytes32"],
        [
            keccak256(b"open"),
            keccak256(b"BTC"),
            *(int(time.timestamp()) for time in times),
            schema.rules_hash(stories.ROUND.rules),
        ],
    )
    assert facts.round_key(stories.ROUND) == keccak256(encoded)


def test_the_round_key_refuses_a_fraction_of_a_second() -> None:
    late = stories.ROUND.locks_at + timedelta(microseconds=1)
    with pytest.raises(NotRepresentable):
        facts.round_key(replace(stories.ROUND, locks_at=late))


def test_leaves_are_double_hashed_abi_encodings() -> None:
    key, digest = stories.KEY, keccak256(b"digest")
    leaf = abi_encode(["bytes32", "uint256", "bytes32"], [key, 5, digest])
    assert schema.leaf(key, 5, digest) == keccak256(keccak256(leaf))
    score = abi_encode(["bytes32", "uint256", "int256"], [key, 5, -1500])
    assert schema.score_leaf(key, 5, -1500) == keccak256(keccak256(score))
    rank = abi_encode(["bytes32", "uint256", "bytes32", "int256"], [key, 1, keccak256(b"ann"), -2])
    assert schema.board_leaf(key, 1, "ann", -2) == keccak256(keccak256(rank))


def test_the_settlement_digest_is_keccak_of_its_abi_encoding() -> None:
    root, evidence = keccak256(b"root"), keccak256(b"evidence")
    encoded = abi_encode(
        ["int256", "uint256", "uint8", "bytes32"],
        [6_150_012_345_678, int(stories.LOCKS_AT.timestamp()), 1, keccak256(root + evidence)],
    )
    for status in ("settled", "final"):
        digest = schema.settlement_digest(
            price=Decimal("61500.12345678"),
            settled_at=stories.LOCKS_AT,
            status=status,
            tail=schema.settlement_tail(root, evidence),
        )
        assert digest == keccak256(encoded)


def test_a_settlement_with_an_unknown_status_is_refused() -> None:
    with pytest.raises(KeyError):
        schema.settlement_digest(
            price=Decimal(1),
            settled_at=stories.LOCKS_AT,
            status="held",
            tail=bytes(32),
        )


def test_the_evidence_digest_ignores_the_order_of_observations_only() -> None:
    seen = stories.observations("1.5", "1.6")
    assert schema.evidence_digest(seen) == schema.evidence_digest(seen[::-1])
    assert schema.evidence_digest(seen) != schema.evidence_digest(seen[1:])


def test_basis_codes() -> None:
    assert schema.basis_code(form="quantiles", basis="price") == 0
    assert schema.basis_code(form="quantiles", basis="return") == 1
    assert schema.basis_code(form="point", basis="price") == 2
    assert schema.basis_code(form="point", basis="return") == 3
    assert schema.basis_code(form="prob_up", basis="return") == 4
    with pytest.raises(KeyError):
        schema.basis_code(form="median", basis="price")

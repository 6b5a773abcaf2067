"""What a wallet is given to sign has the digest that the league commits."""

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chain import networks, schema, signatures, typed_data
from tests.chain import oracles, stories

NETWORK = networks.evm(chain_id=31337, contract="0x" + "5a" * 20)
SECRET = b"\x23" * 32


@pytest.mark.parametrize("entry", stories.entries(), ids=lambda entry: entry.player)
def test_a_wallet_signs_the_committed_digest(entry: schema.Entry) -> None:
    data = json.loads(json.dumps(typed_data.prediction(entry, network=NETWORK)))
    digest = schema.prediction_digest(entry, network=NETWORK)
    assert oracles.typed_digest(data) == digest
    signed = oracles.sign_typed(SECRET, data)
    assert signatures.recover(digest, signed) == oracles.address(SECRET).lower()
    assert signatures.Key(SECRET).sign(digest) == signed


@given(level=st.decimals(-(10**11), 10**11, places=8, allow_nan=False), player=st.text(max_size=9))
@settings(max_examples=30, deadline=None)
def test_any_numbers_survive_the_json(level: Decimal, player: str) -> None:
    entry = replace(stories.entries()[0], p10=level, player=player, revision=2**32 - 1)
    data = json.loads(json.dumps(typed_data.prediction(entry, network=NETWORK)))
    assert oracles.typed_digest(data) == schema.prediction_digest(entry, network=NETWORK)


def test_numbers_beyond_those_of_javascript_are_text() -> None:
    message = typed_data.prediction(stories.entries()[2], network=networks.LOCAL)["message"]
    assert (message["p10"], message["p50"]) == ("-18050000000", "1225000000")
    assert isinstance(message["revision"], int)

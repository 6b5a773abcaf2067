"""One anvil for the module's tests, and a fresh contract for each of them."""

from collections.abc import Iterator

import pytest
from pytest_django import Settings

from chain.networks import Network
from tests.services.anvil import CHAIN_ID, KEYS, Anvil, anvil


@pytest.fixture(scope="session")
def chain(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Anvil]:
    with anvil(tmp_path_factory.mktemp("anvil")) as made:
        yield made


@pytest.fixture
def network(chain: Anvil, settings: Settings) -> Network:
    """In force, with a signer."""
    made = chain.deploy()
    settings.CHAIN_RPC_URLS = (chain.url,)
    settings.CHAIN_ID = CHAIN_ID
    settings.CHAIN_CONTRACT = made.contract
    settings.CHAIN_PRIVATE_KEY = KEYS[0]
    settings.CHAIN_CONFIRMATIONS = 3
    return made

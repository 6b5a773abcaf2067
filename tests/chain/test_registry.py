from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from chain import networks
from chain.ledger import registry

FULL: dict[str, Any] = {
    "CHAIN_RPC_URLS": ("http://127.0.0.1:8545",),
    "CHAIN_ID": 31337,
    "CHAIN_CONTRACT": "0x" + "Ab" * 20,
    "CHAIN_PRIVATE_KEY": "22" * 32,
}
EMPTY = {"CHAIN_RPC_URLS": (), "CHAIN_ID": 0, "CHAIN_CONTRACT": "", "CHAIN_PRIVATE_KEY": ""}
NETWORK = "eip155:31337:0x" + "ab" * 20


def configure(settings: Settings, *names: str) -> None:
    for name, empty in EMPTY.items():
        setattr(settings, name, FULL[name] if name in names else empty)


def test_nothing_set_means_the_local_ledger(settings: Settings) -> None:
    configure(settings)
    assert registry.problems() == []
    assert registry.ledger().network == "local"
    assert registry.network() == networks.LOCAL


@pytest.mark.parametrize(
    "names",
    [
        ("CHAIN_PRIVATE_KEY",),
        ("CHAIN_CONTRACT",),
        ("CHAIN_RPC_URLS",),
        ("CHAIN_ID",),
        ("CHAIN_RPC_URLS", "CHAIN_ID", "CHAIN_PRIVATE_KEY"),
    ],
)
def test_half_set_names_what_is_missing_and_refuses(
    settings: Settings, names: tuple[str, ...]
) -> None:
    configure(settings, *names)
    (problem,) = registry.problems()
    given, missing = problem.split(" set without ")
    missing = missing.split(":")[0]
    for name in registry.NEEDED:
        assert name in (given if name in names else missing)
    assert ("PRIVATE_KEY" in given) == ("CHAIN_PRIVATE_KEY" in names)
    with pytest.raises(ImproperlyConfigured, match="needs all of"):
        registry.ledger()


@pytest.mark.django_db
@pytest.mark.parametrize("names", [tuple(FULL), tuple(FULL)[:3]])
def test_an_evm_chain_is_in_force_with_or_without_a_signer_here(
    settings: Settings, names: tuple[str, ...]
) -> None:
    configure(settings, *names)
    assert registry.problems() == []
    assert registry.network() == networks.evm(chain_id=31337, contract="0x" + "AB" * 20)
    served = ["local", NETWORK] if "CHAIN_PRIVATE_KEY" in names else ["local"]
    assert [ledger.network for ledger in registry.serving()] == served


def test_two_signers_are_one_too_many(settings: Settings) -> None:
    configure(settings, *FULL)
    settings.CHAIN_SIGNER_URL = "http://127.0.0.1:9000"
    (problem,) = registry.problems()
    assert "PRIVATE_KEY and CHAIN_SIGNER_URL" in problem


def test_a_contract_that_is_no_address_is_refused(settings: Settings) -> None:
    configure(settings, *FULL)
    settings.CHAIN_CONTRACT = "0x12"
    (problem,) = registry.problems()
    assert "CHAIN_CONTRACT" in problem


def test_no_problem_repeats_a_secret(settings: Settings) -> None:
    configure(settings, "CHAIN_PRIVATE_KEY")
    assert str(FULL["CHAIN_PRIVATE_KEY"]) not in " ".join(registry.problems())


@pytest.mark.parametrize("name", ["", "eip155:1", "eip155:0:0x" + "ab" * 20, NETWORK.upper()])
def test_what_is_no_network_is_refused(name: str) -> None:
    with pytest.raises(networks.UnknownNetwork):
        registry.ledger_of(name)


def test_a_networks_name_gives_its_domain() -> None:
    assert networks.parse(NETWORK) == networks.Network(
        name=NETWORK, chain_id=31337, contract="0x" + "ab" * 20
    )
    assert networks.parse("local").is_simulated

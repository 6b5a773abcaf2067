from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from pytest_django import Settings

from chain import schema
from chain.ledger import registry

FULL: dict[str, Any] = {
    "CHAIN_RPC_URLS": ("http://127.0.0.1:8545",),
    "CHAIN_CONTRACT": "0x" + "11" * 20,
    "CHAIN_PRIVATE_KEY": "22" * 32,
}
EMPTY = {"CHAIN_RPC_URLS": (), "CHAIN_CONTRACT": "", "CHAIN_PRIVATE_KEY": ""}
VARIABLES = {
    "CHAIN_RPC_URLS": "CHAIN_RPC_URLS",
    "CHAIN_CONTRACT": "CHAIN_CONTRACT",
    "CHAIN_PRIVATE_KEY": "PRIVATE_KEY",
}


def configure(settings: Settings, *names: str) -> None:
    for name, empty in EMPTY.items():
        setattr(settings, name, FULL[name] if name in names else empty)


def test_nothing_set_means_the_local_ledger(settings: Settings) -> None:
    configure(settings)
    assert registry.problems() == []
    assert registry.ledger().network == "local"
    assert registry.network() == schema.LOCAL


@pytest.mark.parametrize(
    "names",
    [
        ("CHAIN_PRIVATE_KEY",),
        ("CHAIN_CONTRACT",),
        ("CHAIN_RPC_URLS",),
        ("CHAIN_RPC_URLS", "CHAIN_PRIVATE_KEY"),
    ],
)
def test_half_set_names_what_is_missing_and_refuses(
    settings: Settings, names: tuple[str, ...]
) -> None:
    configure(settings, *names)
    (problem,) = registry.problems()
    for setting, variable in VARIABLES.items():
        given, missing = problem.split(" set without ")
        assert variable in (given if setting in names else missing)
    with pytest.raises(ImproperlyConfigured, match="needs all three"):
        registry.ledger()


def test_all_set_is_honest_that_evm_anchoring_is_not_there_yet(settings: Settings) -> None:
    configure(settings, *FULL)
    (problem,) = registry.problems()
    assert "not available in this version" in problem
    with pytest.raises(ImproperlyConfigured):
        registry.network()


def test_no_problem_repeats_a_secret(settings: Settings) -> None:
    configure(settings, "CHAIN_PRIVATE_KEY")
    assert str(FULL["CHAIN_PRIVATE_KEY"]) not in " ".join(registry.problems())

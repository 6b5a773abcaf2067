from typing import Any

import pytest

from markets.providers import registry
from tests.markets.recordings import Scripted


def test_each_mode_has_its_own_sources(settings: Any) -> None:
    settings.PRICE_SOURCES = ("kraken", "coingecko", "binance", "coinbase")
    assert registry.source_names("live") == ("kraken", "coingecko", "binance", "coinbase")
    assert registry.source_names("simulated") == ("sim-alpha", "sim-beta", "sim-gamma")
    assert registry.source_names("replay") == ()


def test_every_source_says_its_own_mode() -> None:
    for mode in ("live", "simulated"):
        assert {provider.price_mode for provider in registry.providers(mode)} == {mode}


def test_an_unknown_source_is_refused_by_name(settings: Any) -> None:
    settings.PRICE_SOURCES = ("binance", "nobody")
    with pytest.raises(registry.UnknownSource, match="nobody"):
        registry.providers("live")


def test_installed_sources_take_a_modes_place_and_give_it_back() -> None:
    usual = registry.source_names("simulated")
    with registry.installed("simulated", [Scripted("one")]):
        with registry.installed("simulated", [Scripted("two")]):
            assert registry.source_names("simulated") == ("two",)
        assert registry.source_names("simulated") == ("one",)
    assert registry.source_names("simulated") == usual


def test_a_key_of_the_wrong_kind_of_coingecko_never_reaches_another_vendor(settings: Any) -> None:
    settings.COINGECKO_API_KEY = "secret-key"
    settings.PRICE_SOURCES = ("binance", "coinbase", "kraken")
    assert all("secret-key" not in str(vars(one)) for one in registry.providers("live"))

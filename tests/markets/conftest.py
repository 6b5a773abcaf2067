from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.core.cache import cache

from markets import assets
from markets.providers import binance, coinbase, coingecko, http, kraken
from tests.markets import vendor_server

NOON = datetime(2025, 1, 15, 12, 0, tzinfo=UTC)
IDS = {"BTC": "bitcoin", "ETH": "ethereum"}


@pytest.fixture(autouse=True)
def _forget() -> Iterator[None]:
    """No test sees what another one left in memory or in the cache."""
    cache.clear()
    yield
    http._session.cache_clear()


@pytest.fixture
def vendor() -> Iterator[vendor_server.VendorServer]:
    with vendor_server.serving(NOON) as server:
        yield server


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """One attempt per request, short timeouts."""
    monkeypatch.setattr(http, "ATTEMPTS", 1)
    monkeypatch.setattr(http, "TIMEOUT_S", (0.5, 0.25))
    monkeypatch.setattr(http, "BODY_S", 0.25)


@pytest.fixture
def known_assets(db: None) -> None:
    assets.ensure_defaults()


@pytest.fixture
def vendor_binance(vendor: vendor_server.VendorServer) -> binance.Binance:
    return binance.Binance(vendor.url)


@pytest.fixture
def vendor_coinbase(vendor: vendor_server.VendorServer) -> coinbase.Coinbase:
    return coinbase.Coinbase(vendor.url)


@pytest.fixture
def vendor_kraken(vendor: vendor_server.VendorServer) -> kraken.Kraken:
    return kraken.Kraken(vendor.url)


@pytest.fixture
def vendor_coingecko(vendor: vendor_server.VendorServer) -> coingecko.CoinGecko:
    return coingecko.CoinGecko(vendor.url, key="", key_kind="demo", ids=lambda: IDS)

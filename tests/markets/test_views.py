"""The markets routes, over HTTP."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from markets import bars
from markets.models import LatestPrice
from tests.markets.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]
API = "/api/v1"


def get(client: Client, path: str, **params: str) -> Any:
    response = client.get(API + path, params)
    assert response.status_code == 200, response.content
    return response.json()


def test_assets_come_in_display_order(client: Client) -> None:
    listed = get(client, "/assets")["results"]
    assert [one["symbol"] for one in listed][:3] == ["BTC", "ETH", "SOL"]
    assert listed[0] == {
        "symbol": "BTC", "name": "Bitcoin", "is_active": True, "divergence_bp": 25, "rank": 1,
    }  # fmt: skip
    assert get(client, "/assets/SOL")["name"] == "Solana"


@pytest.mark.parametrize("path", ["/assets/NOPE", "/assets/NOPE/bars", "/price?symbol=NOPE"])
def test_an_unknown_symbol_is_not_found(client: Client, path: str) -> None:
    assert client.get(API + path).status_code == 404


def test_the_price_keeps_the_predecessors_contract(client: Client) -> None:
    shown = get(client, "/price")
    assert set(shown) == {
        "symbol", "price", "change_24h", "market_cap", "timestamp", "source", "age_seconds",
        "is_simulated",
    }  # fmt: skip
    assert (shown["symbol"], shown["source"], shown["is_simulated"]) == ("ETH", "simulated", True)
    assert Decimal(shown["price"]) > 0
    assert isinstance(shown["price"], str)
    assert shown["timestamp"].endswith("Z")


def test_the_price_of_any_asset_in_either_case(client: Client) -> None:
    assert get(client, "/price", symbol="btc")["symbol"] == "BTC"


def test_a_live_price_says_its_source(client: Client, settings: Any) -> None:
    settings.PRICE_MODE = "live"
    at = timezone.now() - timedelta(seconds=3)
    LatestPrice.objects.create(
        asset_id="ETH", source="kraken", source_time=at, fetched_at=at, price=Decimal("2501.5")
    )
    shown = get(client, "/price", symbol="ETH")
    assert (shown["price"], shown["source"]) == ("2501.50000000", "kraken")
    assert (shown["is_simulated"], shown["market_cap"]) == (False, None)


def test_bars_are_read_newest_first_by_source_and_length(client: Client) -> None:
    start = NOON - timedelta(hours=5)
    bars.ingest(symbol="BTC", price_mode="simulated", interval=3600, start=start, now=NOON)
    page = get(client, "/assets/BTC/bars", interval="3600", source="sim-beta", limit="2")
    assert [one["opened_at"] for one in page["results"]] == [
        "2025-01-15T11:00:00Z",
        "2025-01-15T10:00:00Z",
    ]
    assert {one["source"] for one in page["results"]} == {"sim-beta"}
    assert isinstance(page["results"][0]["close"], str)
    assert page["next"] is not None
    assert get(client, "/assets/BTC/bars", interval="60")["results"] == []


@pytest.mark.parametrize(
    "query", ["interval=61", "interval=x", "limit=0", "limit=9999", "source=" + "x" * 99]
)
def test_a_bad_question_is_answered_with_400(client: Client, query: str) -> None:
    assert client.get(f"{API}/assets/BTC/bars?{query}").status_code == 400

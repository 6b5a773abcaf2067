from datetime import UTC, datetime, timedelta

import pytest

from league import calendar, seasons
from league.models import League, Round, Season
from markets.models import Asset
from tests import factories
from tests.factories import NOON

pytestmark = pytest.mark.django_db
MIDNIGHT = datetime(2025, 1, 15, tzinfo=UTC)


def rules(**fields: object) -> dict[str, object]:
    hours = {"1h": 3600, "24h": 86_400}
    return {"assets": ["BTC", "ETH"], "horizons": ["1h", "24h"], "cadence": hours} | fields


def test_a_season_pins_its_leagues_rules() -> None:
    league = factories.league(
        symbols=["SOL", "BTC"], horizons=["24h", "1h"], cadence={"24h": 21_600}
    )
    season = factories.season(league)
    assert season.pinned == {
        "league": "test",
        "season": "winter",
        "price_mode": "simulated",
        "network": "local",
        "ai_side": "ensemble",
        "assets": ["BTC", "SOL"],
        "horizons": ["1h", "24h"],
        "cadence": {"1h": 3600, "24h": 21_600},
        "scoring_version": "wis-1",
        "settle_deadline_s": 1800,
    }


def test_changing_the_league_changes_no_season() -> None:
    league = factories.league()
    season = factories.season(league)
    before = (season.rules, season.rules_hash)
    league.assets.set(Asset.objects.filter(pk__in=["ETH", "SOL"]))
    League.objects.update(settle_deadline_s=60, horizons=["7d"])
    season.refresh_from_db()
    assert (season.rules, season.rules_hash) == before


def test_each_seasons_rules_have_a_hash_of_their_own() -> None:
    league = factories.league()
    hashes = {factories.season(league, slug=slug).rules_hash for slug in ("one", "two", "three")}
    assert len(hashes) == 3
    assert all(len(bytes.fromhex(value)) == 32 for value in hashes)


def test_a_league_without_assets_has_no_season() -> None:
    with pytest.raises(seasons.NoAssets, match="test"):
        factories.season(factories.league(symbols=[]))
    assert not Season.objects.exists()


def test_the_preview_lists_the_rounds_in_order_of_lock() -> None:
    found = seasons.preview(
        rules=rules(), starts_at=MIDNIGHT, ends_at=MIDNIGHT + timedelta(days=1, hours=1)
    )
    assert [slot.locks_at for slot in found] == sorted(slot.locks_at for slot in found)
    assert len(found) == 2 * 25 + 2
    assert {slot.settles_at <= MIDNIGHT + timedelta(days=1, hours=1) for slot in found} == {True}
    first = found[:4]
    assert [(slot.horizon, slot.asset) for slot in first] == [
        ("1h", "BTC"), ("1h", "ETH"), ("24h", "BTC"), ("24h", "ETH"),
    ]  # fmt: skip


def test_the_preview_stops_at_its_limit_with_the_earliest() -> None:
    end = MIDNIGHT + timedelta(days=60)
    few = seasons.preview(rules=rules(), starts_at=MIDNIGHT, ends_at=end, limit=7)
    many = seasons.preview(rules=rules(), starts_at=MIDNIGHT, ends_at=end, limit=5000)
    assert few == many[:7]


def test_what_is_previewed_is_what_is_scheduled() -> None:
    league = factories.league(symbols=["BTC", "ETH"], horizons=["1h", "24h"])
    season = factories.season(league, ends_at=NOON + timedelta(days=2))
    promised = seasons.preview(
        rules=season.pinned, starts_at=season.starts_at, ends_at=season.ends_at
    )
    for hour in range(-25, 50):
        calendar.schedule(now=NOON + timedelta(hours=hour, minutes=30))
    kept = Round.objects.values_list("asset_id", "horizon", "opens_at", "locks_at", "settles_at")
    assert sorted(kept) == sorted(
        (slot.asset, slot.horizon, slot.opens_at, slot.locks_at, slot.settles_at)
        for slot in promised
    )

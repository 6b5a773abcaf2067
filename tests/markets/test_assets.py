import pytest
from django.db import IntegrityError, transaction

from markets import assets
from markets.models import Asset

pytestmark = pytest.mark.django_db


def test_the_defaults_are_made_once_and_an_operators_changes_stay() -> None:
    assert assets.ensure_defaults() == 10
    Asset.objects.filter(symbol="XRP").update(is_active=True, divergence_bp=33)
    assert assets.ensure_defaults() == 10
    assert Asset.objects.get(symbol="XRP").divergence_bp == 33


def test_three_are_active_and_the_two_largest_are_held_tightest() -> None:
    assets.ensure_defaults()
    active = Asset.objects.active().listed().values_list("symbol", "divergence_bp")
    assert list(active) == [("BTC", 25), ("ETH", 25), ("SOL", 50)]


@pytest.mark.parametrize("symbol", ["NOPE", "", "btc", "BTC\x00", "B" * 400, "Ａ", "BTC\n"])  # noqa: RUF001
def test_any_other_symbol_is_unknown(symbol: str) -> None:
    assets.ensure_defaults()
    with pytest.raises(assets.UnknownAsset):
        assets.named(symbol)


def test_coingecko_is_asked_by_its_own_ids() -> None:
    assets.ensure_defaults()
    Asset.objects.filter(symbol="TRX").update(coingecko_id="")
    ids = assets.coingecko_ids()
    assert ids["BNB"] == "binancecoin"
    assert "TRX" not in ids


def test_a_divergence_of_nought_would_hold_every_round() -> None:
    with pytest.raises(IntegrityError), transaction.atomic():
        Asset.objects.create(symbol="ZERO", name="Zero", divergence_bp=0)

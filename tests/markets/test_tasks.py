import pytest

from markets import tasks
from markets.models import Asset, Quote


@pytest.mark.django_db
@pytest.mark.usefixtures("known_assets")
def test_the_task_records_the_simulated_market_by_the_clock() -> None:
    Asset.objects.exclude(symbol="ETH").update(is_active=False)
    tasks.record_quotes(anything="ignored")
    assert set(Quote.objects.values_list("source", flat=True)) == {
        "sim-alpha",
        "sim-beta",
        "sim-gamma",
    }


def test_the_task_has_the_name_the_schedule_uses() -> None:
    assert tasks.record_quotes.name == "markets.record_quotes"

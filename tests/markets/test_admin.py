import pytest
from django.contrib.admin import site
from django.contrib.auth.models import User
from django.test import Client, RequestFactory

from markets import observations
from markets.models import Asset, Bar, Observation, Quote
from tests.markets.conftest import NOON

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("known_assets")]


@pytest.fixture
def operator() -> Client:
    client = Client()
    client.force_login(User.objects.create_superuser("operator"))
    return client


@pytest.mark.parametrize("model", [Bar, Quote, Observation])
def test_evidence_can_be_looked_at_but_never_touched(operator: Client, model: type[Bar]) -> None:
    observations.price_of_instant(symbol="BTC", instant=NOON, price_mode="simulated", now=NOON)
    name = model._meta.model_name
    assert operator.get(f"/admin/markets/{name}/").status_code == 200
    assert operator.get(f"/admin/markets/{name}/add/").status_code == 403
    request = RequestFactory().get("/admin/")
    assert not site._registry[model].has_delete_permission(request)
    assert not site._registry[model].has_change_permission(request)


def test_an_assets_limits_can_be_edited_but_not_its_symbol(operator: Client) -> None:
    form = {"name": "Bitcoin", "divergence_bp": "30", "rank": "1", "symbol": "XXX"}
    assert operator.post("/admin/markets/asset/BTC/change/", form).status_code == 302
    assert Asset.objects.get(symbol="BTC").divergence_bp == 30
    assert not Asset.objects.filter(symbol="XXX").exists()
    assert operator.post("/admin/markets/asset/BTC/delete/").status_code == 403

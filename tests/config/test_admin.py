"""Every page of the admin, with a league behind it."""

import re
from typing import Any

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.db import models
from django.test import Client
from django.urls import reverse
from django_celery_beat.models import CrontabSchedule, IntervalSchedule, PeriodicTask

from league.models import ApiKey, League, Player, Round, Season
from predictions.models import Prediction
from tests.config import showroom

pytestmark = pytest.mark.django_db
REGISTERED = sorted(admin.site._registry, key=lambda model: model._meta.label)
OURS = ("league", "predictions", "leaderboard", "markets", "chain")


def address(model: type[models.Model], page: str, *args: Any) -> str:
    return reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_{page}", args=args)


@pytest.fixture
def room() -> showroom.Showroom:
    every = IntervalSchedule.objects.create(every=5, period=IntervalSchedule.SECONDS)
    PeriodicTask.objects.create(name="tick", task="league.advance_rounds", interval=every)
    CrontabSchedule.objects.create()
    return showroom.furnish()


def test_every_page_of_every_model_loads(admin_client: Client, room: showroom.Showroom) -> None:
    seen = []
    assert admin_client.get(reverse("admin:index")).status_code == 200
    for model in REGISTERED:
        pages = [address(model, "changelist"), address(model, "add")]
        row = model._default_manager.order_by("pk").first()
        if row is not None:
            pages += [address(model, name, row.pk) for name in ("change", "history", "delete")]
            seen.append(model)
        for page in pages:
            status = admin_client.get(page).status_code
            allowed = {200, 403} if page.endswith(("add/", "delete/")) else {200}
            assert status in allowed, page
    for wanted in (ApiKey, League, Player, Prediction, Round, Season, PeriodicTask, User):
        assert wanted in seen


def test_every_model_of_ours_has_its_desk_and_every_filter_works(
    admin_client: Client, room: showroom.Showroom, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM = 100_000
    for model in REGISTERED:
        if model._meta.app_label not in OURS:
            continue
        body = admin_client.get(address(model, "changelist")).content.decode()
        for query in set(re.findall(r'<a href="\?([^"]+)"', body)):
            page = f"{address(model, 'changelist')}?{query.replace('&amp;', '&')}"
            assert admin_client.get(page).status_code == 200, page


def test_changelists_do_not_ask_once_per_row(
    admin_client: Client, room: showroom.Showroom, django_assert_max_num_queries: Any
) -> None:
    for model in REGISTERED:
        if model._meta.app_label in OURS:
            with django_assert_max_num_queries(20):
                admin_client.get(address(model, "changelist"))


def test_no_page_shows_a_number_of_an_open_round(
    admin_client: Client, room: showroom.Showroom
) -> None:
    """Sealed entries are sealed from organisers too (I15)."""
    sealed = Prediction.objects.filter(round=room.open)
    numbers = [text.rstrip("0") for text in showroom.SECRET] + [
        bytes(value).hex() for one in sealed for value in (one.digest, one.salt)
    ]
    others = Prediction.objects.exclude(round=room.open)
    open_ones = f"{address(Prediction, 'changelist')}?round__status__exact=open"
    listing = admin_client.get(open_ones).content.decode()
    assert listing.count("sealed until the lock") == 4 * sealed.count()
    pages = [listing] + [
        admin_client.get(address(Prediction, "change", one.pk)).content.decode() for one in sealed
    ]
    for page in pages:
        assert not [number for number in numbers if number in page]
    shown = admin_client.get(address(Prediction, "change", others[0].pk)).content.decode()
    assert showroom.SECRET[0] in shown


@pytest.mark.parametrize(
    "query", ["p50__gt=1", "form__exact=quantiles", "salt__isnull=0", "digest__gt=a"]
)
def test_sealed_numbers_cannot_be_asked_for_by_address(
    admin_client: Client, room: showroom.Showroom, query: str
) -> None:
    answer = admin_client.get(f"{address(Prediction, 'changelist')}?{query}")
    assert answer.status_code == 400


def test_sealed_numbers_cannot_be_sorted_by(admin_client: Client, room: showroom.Showroom) -> None:
    for column in range(1, 10):
        answer = admin_client.get(f"{address(Prediction, 'changelist')}?o={column}")
        ordering = {
            str(name).lstrip("-")
            for name in answer.context["cl"].get_ordering(
                answer.wsgi_request, Prediction.objects.all()
            )
        }
        assert not ordering & {"form", "basis", "p10", "p50", "p90", "digest"}, column


def test_records_can_neither_be_added_changed_nor_deleted(
    admin_client: Client, room: showroom.Showroom
) -> None:
    for model in (Prediction, Round, ApiKey):
        row = model._default_manager.order_by("pk").first()
        assert row is not None
        assert admin_client.get(address(model, "add")).status_code == 403
        assert admin_client.post(address(model, "change", row.pk), {}).status_code == 403
        assert admin_client.post(address(model, "delete", row.pk)).status_code == 403


def test_no_page_shows_a_secret_or_its_hash(admin_client: Client, room: showroom.Showroom) -> None:
    key = room.key.key
    for page in (address(ApiKey, "changelist"), address(ApiKey, "change", key.pk)):
        body = admin_client.get(page).content.decode()
        assert key.prefix in body
        assert key.secret_sha256 not in body
        assert room.key.secret not in body

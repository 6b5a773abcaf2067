"""Invariant I15: before the lock nobody reads another's entry, by any route, filter or export."""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import quote

import pytest
import time_machine
from django.contrib import admin
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from league import memories, operations
from league.clock import DATABASE
from league.models import Round
from predictions import commitments, entry_forms, submissions
from predictions.models import Prediction
from tests import urlconf
from tests.api import world as worlds
from tests.api.world import World, bearer

EARLIER, SECRET = Decimal("0.41421356"), Decimal("0.61803399")
PAGES = ("change", "history")
REASON = "the venue was closed in error"
Fate = Callable[[Round], None] | None


@pytest.fixture
def sealed(world: World) -> Prediction:
    """A word that replaced an earlier one; neither is anybody else's to read."""
    words = [
        submissions.enter(
            round_id=world.open_round.pk,
            player=world.alice,
            entry=entry_forms.prob_up(chance),
            clock=DATABASE,
        )
        for chance in (EARLIER, SECRET)
    ]
    return words[-1].prediction


def void(round_: Round) -> None:
    """What an operator does to a round whose question turned out to be wrong, hours too early."""
    assert operations.void(
        Round.objects.get(pk=round_.pk), reason=REASON, actor="staff", now=timezone.now()
    )
    commitments.commit(now=timezone.now())


def lock(round_: Round) -> None:
    """As if its half hour had passed."""
    now = timezone.now()
    Round.objects.filter(pk=round_.pk).update(
        status="locked", opens_at=now - timedelta(hours=2), locks_at=now - timedelta(hours=1)
    )


def read(client: Client, path: str, access: dict[str, Any]) -> tuple[int, bytes]:
    answer = client.get(path, **access)
    return answer.status_code, b"".join(answer) if answer.streaming else answer.content


def routes() -> list[str]:
    return [f"/{route}" for route in urlconf.routes() if not route.startswith("admin")]


def addressed(route: str, world: World, prediction: Prediction) -> str:
    """The route with its parameters filled in so that it points at what is sealed."""
    known = {
        "<uuid:round_id>": str(world.open_round.pk),
        "<uuid:prediction_id>": str(prediction.pk),
        "<uuid:run_id>": str(world.open_round.pk),
        "<slug:slug>": world.season.slug,
        "<slug:handle>": "alice",
        "<slug:code>": "invalid",
        "<str:address>": worlds.ALICE_WALLET,
        "<str:symbol>": "ETH",
    }
    for pattern, value in known.items():
        route = route.replace(pattern, value)
    return route


@pytest.mark.parametrize("fate", [None, void], ids=["open", "voided"])
@pytest.mark.parametrize("who", ["anonymous", "bob", "bob's session", "staff"])
def test_no_route_tells_others_what_was_entered(
    client: Client, world: World, sealed: Prediction, who: str, fate: Fate
) -> None:
    access = bearer(world.bob_key) if who == "bob" else {}
    if who in {"bob's session", "staff"}:
        client.force_login(world.bobs_account)
    User.objects.filter(pk=world.bobs_account.pk).update(
        is_staff=who == "staff", is_superuser=who == "staff"
    )
    if fate:
        fate(world.open_round)
    for route in routes():
        path = addressed(route, world, sealed)
        for query in ("", "?limit=200", "?status=open", "?status=void", "?season=demo&kind=human"):
            status, body = read(client, path + query, access)
            assert status < 500, path
            for chance in (EARLIER, SECRET):
                assert str(chance).encode() not in body, path
            assert str(sealed.pk).encode() not in body.replace(path.encode(), b""), path


# What each query parameter is tried with, where the schema does not list its values.
TRIED = {
    "asset": ["ETH"], "symbol": ["ETH"], "season": ["demo"], "league": ["demo"],
    "player": ["alice"], "players": ["alice,bob", "bob,alice"], "source": ["consensus"],
    "cursor": ["bogus"], "anonymous": ["true", "false"], "dry_run": ["true"],
    "horizon": ["1h"], "interval": ["3600"], "status": ["open", "void"], "kind": ["human"],
    "family": ["forest"], "price_mode": ["simulated"], "type": ["round.opened"],
    "format": ["json", "csv"],
    "limit": ["1", "200"], "offset": ["0", "1"],
    "locks_after": ["2020-01-01T00:00:00Z"], "locks_before": ["2100-01-01T00:00:00Z"],
}  # fmt: skip


def asked(parameter: dict[str, Any]) -> list[str]:
    """Values for it; a parameter without any is a hole in this walk."""
    schema = parameter["schema"]
    values = schema.get("enum") or schema.get("items", {}).get("enum") or []
    found = [str(value) for value in values] or TRIED[parameter["name"]]
    return [quote(value) for value in found]


def queried(schema: dict[str, Any]) -> Iterator[tuple[str, str]]:
    """Every read with each of its parameters' values, and with one of all of them."""
    for path, methods in schema["paths"].items():
        parameters = [
            one for one in methods.get("get", {}).get("parameters", ()) if one["in"] == "query"
        ]
        for one in parameters:
            yield from ((path, f"{one['name']}={value}") for value in asked(one))
        if parameters:
            yield path, "&".join(f"{one['name']}={asked(one)[0]}" for one in parameters)


@pytest.mark.parametrize("who", ["anonymous", "bob", "staff"])
def test_no_filter_order_or_export_tells_others_what_was_entered(
    client: Client, world: World, sealed: Prediction, settings: Any, who: str
) -> None:
    """Every query parameter the schema knows; any other is refused."""
    settings.RATE_LIMIT_RPM = 1_000_000
    access = bearer(world.bob_key) if who == "bob" else {}
    if who == "staff":
        client.force_login(world.bobs_account)
        User.objects.update(is_staff=True, is_superuser=True)
    known = {
        "round_id": world.open_round.pk, "slug": world.season.slug, "handle": "alice",
        "symbol": "ETH", "webhook_id": world.open_round.pk, "run_id": world.open_round.pk,
    }  # fmt: skip
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    questions = [(path.format(**known), query) for path, query in queried(schema)]
    assert len(questions) > 100
    answers = Counter[int]()
    for path, query in questions:
        status, body = read(client, f"{path}?{query}", access)
        answers[status] += 1
        assert status < 500, (path, query)
        for secret in (str(EARLIER), str(SECRET), str(sealed.pk), sealed.digest.hex()):
            assert secret.encode() not in body, (path, query)
    assert answers[200] > len(questions) / 2


NOT_THERE = {"webhook_id", "model_id", "run_id"}  # what nobody has in this world


@pytest.mark.parametrize("who", ["anonymous", "bob"])
def test_nothing_others_read_changes_when_somebody_enters(
    client: Client, world: World, settings: Any, who: str
) -> None:
    """Not even a number of entries, a sum or a version: the answers are compared byte for byte."""
    settings.RATE_LIMIT_RPM = 1_000_000
    access = bearer(world.bob_key) if who == "bob" else {}
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    places = {
        "round_id": world.open_round.pk, "slug": world.season.slug, "handle": "alice",
        "symbol": "ETH", "prediction_id": world.scored.pk, "prefix": "0" * 16,
        "address": worlds.ALICE_WALLET,
    }  # fmt: skip
    paths = [
        path.format(**places)
        for path, methods in schema["paths"].items()
        if "get" in methods and not NOT_THERE & set(re.findall(r"{(\w+)}", path))
    ]

    def told() -> dict[str, Any]:
        memories.forget()
        return {path: unnumbered(read(client, path, access)[1]) for path in paths}

    with time_machine.travel(timezone.now(), tick=False):
        before = told()
        for chance in (EARLIER, SECRET):
            submissions.enter(
                round_id=world.open_round.pk,
                player=world.alice,
                entry=entry_forms.prob_up(chance),
                clock=DATABASE,
            )
        after = told()
    assert len(paths) >= 40
    changed = {path for path in paths if before[path] != after[path]}
    assert changed == {"/api/v1/time"}, "the database has a clock of its own"


def unnumbered(body: bytes) -> bytes:
    """Without the number of the question."""
    return re.sub(rb'"request_id":"[^"]*"', b"", body)


@pytest.mark.parametrize("fate", [None, void], ids=["open", "voided"])
def test_no_page_of_the_admin_tells_organisers(
    admin_client: Client, world: World, sealed: Prediction, fate: Fate
) -> None:
    if fate:
        fate(world.open_round)
    digest = Prediction.objects.values_list("digest", flat=True).get(pk=sealed.pk).hex()
    seen = 0
    for model in admin.site._registry:
        place = reverse(f"admin:{model._meta.app_label}_{model._meta.model_name}_changelist")
        keys = model._default_manager.values_list("pk", flat=True).order_by("-pk")[:20]
        for path in [place, *[f"{place}{key}/{page}/" for key in keys for page in PAGES]]:
            status, body = read(admin_client, path, {})
            assert status == 200, path
            seen += 1
            for chance in (str(EARLIER), str(SECRET), digest):
                assert chance.encode() not in body, path
    assert seen > 50


def test_a_voided_round_is_sealed_to_the_instant_it_would_have_locked(
    client: Client, world: World, sealed: Prediction
) -> None:
    counted = entries_counted(client)
    void(world.open_round)
    path = f"/api/v1/rounds/{world.open_round.pk}"
    assert client.get(path).json()["status"] == "void"
    told = client.get(f"{path}/predictions")
    assert (told.status_code, told.json()["code"]) == (409, "entries_sealed")
    assert client.get(f"/api/v1/predictions/{sealed.pk}").status_code == 404
    Round.objects.filter(pk=world.open_round.pk).update(
        opens_at=world.now - timedelta(hours=2), locks_at=world.now
    )
    rows = client.get(f"{path}/predictions").json()["results"]
    assert [row["p50"] for row in rows] == [str(SECRET)]
    assert entries_counted(client) == counted  # only scored ones are


def entries_counted(client: Client) -> list[str]:
    text = client.get("/metrics").content.decode()
    return [line for line in text.splitlines() if line.startswith("league_predictions{")]


def test_the_owner_reads_it_all_the_time(client: Client, world: World, sealed: Prediction) -> None:
    for path in (
        f"/api/v1/predictions/{sealed.pk}",
        f"/api/v1/predictions/{sealed.pk}/history",
        f"/api/v1/rounds/{world.open_round.pk}/prediction",
        "/api/v1/predictions/mine",
    ):
        answer = client.get(path, **bearer(world.alice_key))
        assert answer.status_code == 200
        assert str(SECRET) in answer.content.decode()


def test_others_are_told_that_entries_are_sealed(client: Client, world: World) -> None:
    answer = client.get(f"/api/v1/rounds/{world.open_round.pk}/predictions")
    assert (answer.status_code, answer.json()["code"]) == (409, "entries_sealed")
    assert answer.json()["retryable"] is True


def test_after_the_lock_everybody_reads_them(
    client: Client, world: World, sealed: Prediction
) -> None:
    lock(world.open_round)
    rows = client.get(f"/api/v1/rounds/{world.open_round.pk}/predictions").json()["results"]
    assert [row["id"] for row in rows] == [str(sealed.pk)]
    assert client.get(f"/api/v1/predictions/{sealed.pk}").json()["p50"] == str(SECRET)


def test_a_withdrawn_word_stays_its_owners(
    client: Client, world: World, sealed: Prediction
) -> None:
    submissions.withdraw(round_id=world.open_round.pk, player=world.alice, clock=DATABASE)
    lock(world.open_round)
    rows = client.get(f"/api/v1/rounds/{world.open_round.pk}/predictions").json()["results"]
    assert rows == []
    assert client.get(f"/api/v1/predictions/{sealed.pk}").status_code == 404
    own = client.get(f"/api/v1/predictions/{sealed.pk}", **bearer(world.alice_key))
    assert own.json()["is_withdrawn"] is True


def test_a_private_league_is_not_found_by_outsiders_but_by_staff(
    client: Client, world: World
) -> None:
    season = worlds.make_season("hidden", now=world.now, visibility="private")
    round_ = worlds.make_round(season, locks_at=world.now + timedelta(minutes=30))
    paths = [
        "/api/v1/leagues/hidden",
        "/api/v1/seasons/hidden",
        f"/api/v1/rounds/{round_.pk}",
        f"/api/v1/rounds/{round_.pk}/events",
        f"/api/v1/rounds/{round_.pk}/observations",
        f"/api/v1/rounds/{round_.pk}/predictions",
        f"/api/v1/rounds/{round_.pk}/leaves",
        f"/api/v1/rounds/{round_.pk}/prediction",
        "/api/v1/leaderboard?season=hidden",
        "/api/v1/verdict?season=hidden",
        "/api/v1/versus?players=alice,bob&season=hidden",
        "/api/v1/players/alice/track-record?season=hidden",
        "/api/v1/players/alice/calibration?season=hidden",
        "/api/v1/players/alice/rating-history?season=hidden",
        "/api/v1/seasons/hidden/scores",
    ]
    for path in paths:
        assert client.get(path, **bearer(world.bob_key)).status_code == 404, path
    entry = json.dumps({"form": "prob_up", "prob_up": "0.5"})
    answer = client.post(paths[7], entry, "application/json", **bearer(world.bob_key))
    assert answer.status_code == 404
    for listing in ("/api/v1/leagues", "/api/v1/seasons", "/api/v1/rounds?season=hidden"):
        assert "hidden" not in client.get(listing).content.decode().replace("?season=hidden", "")
    User.objects.filter(pk=world.bobs_account.pk).update(is_staff=True)
    assert client.get(paths[2], **bearer(world.bob_key)).status_code == 200

"""Invariant I15: before the lock nobody reads another's entry, by any route, filter or export."""

import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from league.clock import DATABASE
from league.models import Round
from predictions import entry_forms, submissions
from predictions.models import Prediction
from tests.api import world as worlds
from tests.api.world import World, bearer

SECRET = Decimal("0.61803399")


@pytest.fixture
def sealed(world: World) -> Prediction:
    entry = entry_forms.prob_up(SECRET)
    accepted = submissions.enter(
        round_id=world.open_round.pk, player=world.alice, entry=entry, clock=DATABASE
    )
    return accepted.prediction


def routes() -> list[str]:
    found: list[str] = []

    def walk(patterns: list[Any], prefix: str) -> None:
        for pattern in patterns:
            if isinstance(pattern, URLResolver):
                walk(pattern.url_patterns, prefix + str(pattern.pattern))
            elif isinstance(pattern, URLPattern):
                found.append(prefix + str(pattern.pattern))

    walk(get_resolver().url_patterns, "")
    return sorted({f"/{route}" for route in found if not route.startswith("admin")})


def addressed(route: str, world: World, prediction: Prediction) -> str:
    """The route with its parameters filled in so that it points at what is sealed."""
    known = {
        "<uuid:round_id>": str(world.open_round.pk),
        "<uuid:prediction_id>": str(prediction.pk),
        "<slug:slug>": world.season.slug,
        "<slug:handle>": "alice",
        "<slug:code>": "invalid",
        "<str:address>": worlds.ALICE_WALLET,
        "<str:symbol>": "ETH",
    }
    for pattern, value in known.items():
        route = route.replace(pattern, value)
    return route


@pytest.mark.parametrize("who", ["anonymous", "bob", "bob's session"])
def test_no_route_tells_others_what_was_entered(
    client: Client, world: World, sealed: Prediction, who: str
) -> None:
    access = bearer(world.bob_key) if who == "bob" else {}
    if who == "bob's session":
        client.force_login(world.bobs_account)
    for route in routes():
        path = addressed(route, world, sealed)
        for query in ("", "?limit=200", "?status=open", "?season=demo&kind=human"):
            answer = client.get(path + query, **access)
            body = b"".join(answer) if answer.streaming else answer.content
            assert answer.status_code < 500, path
            assert str(SECRET).encode() not in body, path
            assert str(sealed.pk).encode() not in body.replace(path.encode(), b""), path


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
    Round.objects.filter(pk=world.open_round.pk).update(status="locked")
    rows = client.get(f"/api/v1/rounds/{world.open_round.pk}/predictions").json()["results"]
    assert [row["id"] for row in rows] == [str(sealed.pk)]
    assert client.get(f"/api/v1/predictions/{sealed.pk}").json()["p50"] == str(SECRET)


def test_a_withdrawn_word_stays_its_owners(
    client: Client, world: World, sealed: Prediction
) -> None:
    submissions.withdraw(round_id=world.open_round.pk, player=world.alice, clock=DATABASE)
    Round.objects.filter(pk=world.open_round.pk).update(status="locked")
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
    ]
    for path in paths:
        assert client.get(path, **bearer(world.bob_key)).status_code == 404, path
    entry = json.dumps({"form": "prob_up", "prob_up": "0.5"})
    answer = client.post(paths[-3], entry, "application/json", **bearer(world.bob_key))
    assert answer.status_code == 404
    for listing in ("/api/v1/leagues", "/api/v1/seasons", "/api/v1/rounds?season=hidden"):
        assert "hidden" not in client.get(listing).content.decode().replace("?season=hidden", "")
    User.objects.filter(pk=world.bobs_account.pk).update(is_staff=True)
    assert client.get(paths[2], **bearer(world.bob_key)).status_code == 200

"""What an AI player's entry took is shown with it, as long as the entry itself is shown."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from league import frames
from league.clock import DATABASE
from league.models import Player, Round
from predictions import house_picks, submissions
from predictions.models import Prediction
from predictions.usage import Usage
from predictions.words import Note
from tests import factories
from tests.api.world import World, bearer

PAID = Usage(1.5, tokens_in=90, tokens_out=50, micro_usd=1_000_152)
SHOWN = {"seconds": 1.5, "tokens_in": 90, "tokens_out": 50, "usd": "1.000152"}
FREE = Usage(0.5)
SHOWN_FREE = {"seconds": 0.5, "tokens_in": None, "tokens_out": None, "usd": "0.000000"}
FLAT = factories.at_return(-20, 0, 20)
AI = {"gemini-analyst": PAID, "vol-scholar": FREE}


def enter(world: World, handle: str, usage: Usage | None) -> Prediction:
    player = Player.objects.get(handle=handle)
    note = None
    if player.user is None:
        shown = house_picks.shown(reasoning="Why.", as_of=world.now, is_simulated=False)
        frame = frames.provisional(world.open_round, now=world.now)
        note = Note("Why.", world.now, is_simulated=False, payload=shown, frame=frame, usage=usage)
    return submissions.enter(
        round_id=world.open_round.pk, player=player, entry=FLAT, clock=DATABASE, note=note
    ).prediction


@pytest.fixture
def entered(world: World) -> dict[str, Prediction]:
    """Two AI players, one of them after revising, and a person."""
    enter(world, "gemini-analyst", FREE)
    found = {handle: enter(world, handle, usage) for handle, usage in AI.items()}
    return found | {"alice": enter(world, "alice", None)}


def lock(round_: Round) -> None:
    """As if its half hour had passed."""
    now = timezone.now()
    Round.objects.filter(pk=round_.pk).update(
        status="locked", opens_at=now - timedelta(hours=2), locks_at=now - timedelta(hours=1)
    )


def get(client: Client, path: str, **access: Any) -> Any:
    answer = client.get(f"/api/v1{path}", **access)
    assert answer.status_code == 200, path
    return answer.json()


def test_after_the_lock_every_entry_shows_its_cost(
    client: Client, world: World, entered: dict[str, Prediction]
) -> None:
    lock(world.open_round)
    rows = get(client, f"/rounds/{world.open_round.pk}/predictions")["results"]
    assert {row["player"]: row["cost"] for row in rows} == {
        "gemini-analyst": SHOWN, "vol-scholar": SHOWN_FREE, "alice": None,
    }  # fmt: skip
    assert get(client, f"/predictions/{entered['gemini-analyst'].pk}")["cost"] == SHOWN
    assert get(client, f"/predictions/{entered['alice'].pk}")["cost"] is None
    history = get(client, f"/predictions/{entered['gemini-analyst'].pk}/history")
    assert [word["cost"] for word in history] == [None, SHOWN]


def test_before_the_lock_it_is_as_sealed_as_the_entry(
    client: Client, world: World, entered: dict[str, Prediction]
) -> None:
    told = client.get(f"/api/v1/rounds/{world.open_round.pk}/predictions")
    assert (told.status_code, told.json()["code"]) == (409, "entries_sealed")
    for path in ("", "/history"):
        url = f"/api/v1/predictions/{entered['gemini-analyst'].pk}{path}"
        assert client.get(url).status_code == 404
        assert client.get(url, **bearer(world.bob_key)).status_code == 404


def test_ones_own_entry_has_none(
    client: Client, world: World, entered: dict[str, Prediction]
) -> None:
    access = bearer(world.alice_key)
    assert get(client, f"/rounds/{world.open_round.pk}/prediction", **access)["cost"] is None
    mine = get(client, "/predictions/mine", **access)["results"]
    assert {row["cost"] for row in mine} == {None}
    body = {"form": "point", "basis": "return", "point": "1"}
    for secret in (world.alice_key, world.bob_key):  # a revision and a first word
        answer = client.post(
            f"/api/v1/rounds/{world.open_round.pk}/prediction",
            body,
            "application/json",
            **bearer(secret),
        )
        assert answer.json()["prediction"]["cost"] is None


def test_receipts_know_no_cost(client: Client, world: World) -> None:
    receipt = client.get(f"/api/v1/predictions/{world.scored.pk}/receipt").content
    whole = client.get(f"/api/v1/rounds/{world.final_round.pk}/leaves").content
    assert b'"cost"' not in receipt + whole


def test_costs_of_many_entries_are_read_in_one_statement(
    client: Client, world: World, entered: dict[str, Prediction]
) -> None:
    lock(world.open_round)
    with CaptureQueriesContext(connection) as asked:
        get(client, f"/rounds/{world.open_round.pk}/predictions")
    assert sum("predictions_cost" in one["sql"] for one in asked.captured_queries) == 1


def test_the_admin_shows_it_after_the_lock(
    admin_client: Client, world: World, entered: dict[str, Prediction]
) -> None:
    page = reverse("admin:predictions_prediction_change", args=[entered["gemini-analyst"].pk])
    assert "1.000152" not in admin_client.get(page).content.decode()
    lock(world.open_round)
    assert "1.500 s, 90+50, 1.000152 USD" in admin_client.get(page).content.decode()

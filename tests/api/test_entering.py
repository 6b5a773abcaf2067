import json
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.test import Client

from league.models import Round
from predictions.models import Prediction, Revision
from tests.api import world as worlds
from tests.api.world import World, bearer


def send(
    client: Client,
    world: World,
    body: Any,
    *,
    method: str = "post",
    query: str = "",
    key: str = "",
) -> Any:
    return getattr(client, method)(
        f"/api/v1/rounds/{world.open_round.pk}/prediction{query}",
        data=body if isinstance(body, str | bytes) else json.dumps(body),
        content_type="application/json",
        **bearer(key or world.alice_key),
    )


def around(world: World) -> dict[str, str]:
    price = world.price()
    return {
        "form": "quantiles",
        "p10": f"{price * Decimal('0.999'):.2f}",
        "p50": f"{price:.2f}",
        "p90": f"{price * Decimal('1.001'):.2f}",
    }


def test_a_first_word_is_created_and_a_second_revises_it(client: Client, world: World) -> None:
    first = send(client, world, around(world))
    assert first.status_code == 201, first.content
    second = send(client, world, {"form": "prob_up", "prob_up": "0.6"}, method="put")
    assert second.status_code == 200
    assert second.json()["prediction"]["revision"] == 2
    assert second.json()["prediction"]["id"] == first.json()["prediction"]["id"]
    path = f"/api/v1/predictions/{first.json()['prediction']['id']}/history"
    words = client.get(path, **bearer(world.alice_key)).json()
    assert [word["form"] for word in words] == ["quantiles", "prob_up"]


def test_numbers_may_be_json_numbers_without_losing_a_digit(client: Client, world: World) -> None:
    point = f"{world.price():.8f}"
    answer = send(client, world, f'{{"form": "point", "point": {point}}}')
    assert answer.status_code == 201
    assert answer.json()["prediction"]["p50"] == point


def test_unsorted_quantiles_are_refused(client: Client, world: World) -> None:
    body = around(world)
    body["p10"], body["p90"] = body["p90"], body["p10"]
    answer = send(client, world, body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "unsorted")


def test_a_dry_run_answers_quantiles_and_writes_nothing(client: Client, world: World) -> None:
    answer = send(client, world, {"form": "prob_up", "prob_up": "0.5"}, query="?dry_run=true")
    assert answer.status_code == 200
    assert answer.json()["prediction"] is None
    assert Decimal(answer.json()["quantiles"]["p50"]) > 0
    assert not Prediction.objects.filter(round=world.open_round).exists()


def test_withdrawing_keeps_the_words_and_cannot_be_done_twice(
    client: Client, world: World
) -> None:
    send(client, world, around(world))
    assert send(client, world, "", method="delete").status_code == 204
    again = send(client, world, "", method="delete")
    assert (again.status_code, again.json()["code"]) == (409, "nothing_to_withdraw")
    assert Prediction.objects.get(round=world.open_round).is_withdrawn
    assert Revision.objects.count() == 1


@pytest.mark.parametrize(
    ("body", "code", "pointer"),
    [
        ({"form": "point", "point": "NaN"}, "invalid", "/point"),
        ({"form": "point", "point": "1_000"}, "invalid", "/point"),
        ({"form": "point", "point": "\u0661\u0662"}, "invalid", "/point"),
        ({"form": "point", "point": "1e3"}, "invalid", "/point"),
        ({"form": "point", "point": "0.123456789"}, "invalid", "/point"),
        ({"form": "point", "point": True}, "invalid", "/point"),
        ({"form": "point", "point": None}, "invalid", "/point"),
        ({"form": "point", "point": ["1"]}, "invalid", "/point"),
        ({"form": "point", "point": "-5"}, "invalid_entry", "/point"),
        ({"form": "point", "point": "0"}, "invalid_entry", "/point"),
        ({"form": "point", "point": "1"}, "entry_too_far", "/point"),
        ({"form": "point"}, "invalid", "/point"),
        ({"form": "point", "point": "1", "p10": "1"}, "invalid", "/p10"),
        ({"form": "point", "point": "1", "salt": "x"}, "invalid", "/salt"),
        ({"form": "prob_up", "prob_up": "0.99"}, "invalid_entry", "/prob_up"),
        ({"form": "prob_up", "prob_up": "0.5", "basis": "return"}, "invalid", "/basis"),
        ({"form": "quantiles", "p10": "1", "p50": "2"}, "invalid", "/p90"),
        ({"form": "line"}, "invalid", "/form"),
        ({}, "invalid", "/form"),
        ([], "invalid", ""),
    ],
)
def test_a_wrong_entry_names_its_field_and_writes_nothing(
    client: Client, world: World, body: Any, code: str, pointer: str
) -> None:
    answer = send(client, world, body)
    assert answer.status_code == 400, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == code
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]
    assert not Prediction.objects.filter(round=world.open_round).exists()


@pytest.mark.parametrize("status", ["scheduled", "locked", "running", "held", "final", "void"])
def test_a_round_that_is_not_open_takes_nothing(client: Client, world: World, status: str) -> None:
    path = f"/api/v1/rounds/{world.final_round.pk}/prediction"
    if status == "scheduled":
        later = worlds.make_round(
            world.season, locks_at=world.now + timedelta(hours=3), status=status
        )
        path = f"/api/v1/rounds/{later.pk}/prediction"
    elif status != "final":
        free = {"finalized_at": None, "reference_price": 1, "sigma_bp": 1, "width": 1}
        Round.objects.filter(pk=world.final_round.pk).update(status=status, **free)
    answer = client.post(
        path, {"form": "prob_up", "prob_up": "0.5"}, "application/json", **bearer(world.bob_key)
    )
    assert (answer.status_code, answer.json()["code"]) == (409, "round_not_open")


def test_the_lock_decides_even_before_the_sweep_has_run(client: Client, world: World) -> None:
    Round.objects.filter(pk=world.open_round.pk).update(
        locks_at=world.now - timedelta(seconds=1), opens_at=world.now - timedelta(hours=1)
    )
    answer = send(client, world, {"form": "prob_up", "prob_up": "0.5"})
    assert answer.json()["code"] == "round_not_open"


def test_a_suspended_player_is_refused(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    type(world.bob).objects.filter(pk=world.bob.pk).update(is_active=False)
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    answer = client.post(path, {"form": "prob_up", "prob_up": "0.5"}, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (403, "player_suspended")


def test_an_unknown_round_is_not_found(client: Client, world: World) -> None:
    path = "/api/v1/rounds/0193f8a0-0000-7000-8000-000000000000/prediction"
    answer = client.post(
        path, {"form": "prob_up", "prob_up": "0.5"}, "application/json", **bearer(world.bob_key)
    )
    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")

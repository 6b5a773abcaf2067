"""The routes the predecessor's clients call, with the shapes they know."""

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from league.models import Round
from predictions.models import Prediction
from tests.api import world as worlds
from tests.api.world import ALICE_WALLET, World, bearer

ADDRESS = "0x00000000000000000000000000000000000000a1"


def predict(client: Client, world: World, key: str, **changes: Any) -> Any:
    body = {"user_address": ALICE_WALLET, "prediction_value": f"{world.price():.2f}", **changes}
    return client.post("/api/v1/predict", body, "application/json", **bearer(key))


def test_predict_enters_a_point_in_the_open_eth_round(client: Client, world: World) -> None:
    answer = predict(client, world, world.alice_key)
    assert answer.status_code == 201, answer.content
    body = answer.json()
    assert {
        "user_prediction", "ai_prediction", "ai_reasoning", "transaction_hash", "market_data",
        "timestamp", "simulated", "receipt_url",
    } <= body.keys()  # fmt: skip
    assert body["transaction_hash"] is None
    assert body["simulated"] is True
    entered = Prediction.objects.get(round=world.open_round, player=world.alice)
    assert (entered.form, str(entered.pk)) == ("point", body["prediction"])
    assert client.get(body["receipt_url"], **bearer(world.alice_key)).json()["code"] == (
        "not_committed"
    )


def test_predict_refuses_somebody_elses_address(client: Client, world: World) -> None:
    answer = predict(client, world, world.bob_key)
    assert (answer.status_code, answer.json()["code"]) == (403, "not_your_address")
    assert not Prediction.objects.filter(round=world.open_round).exists()


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("user_address", "0x12"),
        ("user_address", ALICE_WALLET.replace("5a", "5A")),
        ("prediction_value", "lots"),
        ("prediction_value", None),
    ],
)
def test_predict_names_the_wrong_field(
    client: Client, world: World, field: str, value: Any
) -> None:
    answer = predict(client, world, world.alice_key, **{field: value})
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json()["errors"]] == [f"/{field}"]


def test_predict_says_when_no_round_is_open(client: Client, world: World) -> None:
    body = {"user_address": ALICE_WALLET, "prediction_value": "3000"}
    Round.objects.filter(pk=world.open_round.pk).update(status="void")
    answer = client.post("/api/v1/predict", body, "application/json", **bearer(world.alice_key))
    assert (answer.status_code, answer.json()["code"]) == (409, "no_open_round")


def test_predict_takes_the_longest_horizon(client: Client, world: World) -> None:
    locks_at = world.now + timedelta(hours=2)
    longer = Round.objects.create(
        season=world.season, asset_id="ETH", horizon="24h", status="open",
        opens_at=locks_at - timedelta(days=1), locks_at=locks_at,
        settles_at=locks_at + timedelta(days=1),
    )  # fmt: skip
    worlds.make_round(world.season, locks_at=world.now + timedelta(minutes=10), asset="BTC")
    assert predict(client, world, world.alice_key).json()["round"] == str(longer.pk)


def test_registration_is_not_there_unless_enabled(client: Client, world: World) -> None:
    body = {"address": ADDRESS}
    assert client.post("/api/v1/users/register", body, "application/json").status_code == 404
    assert client.get(f"/api/v1/users/{ALICE_WALLET}").status_code == 404


def test_registration_gives_a_key_that_predicts(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    body = {"address": ADDRESS, "handle": "dora"}
    made = client.post("/api/v1/users/register", body, "application/json")
    assert made.status_code == 201, made.content
    assert (made.json()["address"], made.json()["handle"]) == (ADDRESS, "dora")
    answer = predict(client, world, made.json()["api_key"], user_address=ADDRESS)
    assert answer.status_code == 201
    again = client.post("/api/v1/users/register", body, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "handle_taken")
    body["handle"] = "dora-2"
    again = client.post("/api/v1/users/register", body, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "wallet_taken")


def test_a_bot_registers_itself_with_no_more_than_a_handle(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    body = {"handle": "dora-bot", "kind": "bot", "scopes": ["read", "predict", "webhook"]}
    made = client.post("/api/v1/users/register", body, "application/json").json()
    assert (made["kind"], made["address"], made["name"]) == ("bot", None, "dora-bot")
    key = bearer(made["api_key"])
    assert client.get("/api/v1/players/me", **key).json()["is_primary"] is True
    assert client.get("/api/v1/webhooks", **key).status_code == 200
    entry = {"form": "prob_up", "prob_up": "0.6"}
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    answer = client.post(path, entry, "application/json", **key).json()
    assert (answer["prediction"]["player"], answer["prediction"]["kind"]) == ("dora-bot", "bot")


def test_a_bots_address_is_its_alone(client: Client, world: World, settings: Any) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    body = {"address": ADDRESS, "handle": "dora-bot", "kind": "bot"}
    assert client.post("/api/v1/users/register", body, "application/json").status_code == 201
    assert client.get(f"/api/v1/users/{ADDRESS}").json()["handle"] == "dora-bot"
    again = client.post("/api/v1/users/register", body | {"handle": "dora-2"}, "application/json")
    assert (again.status_code, again.json()["code"]) == (409, "wallet_taken")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"kind": "bot"}, "/handle"),
        ({}, "/handle"),
        ({"handle": "dora", "kind": "ai"}, "/kind"),
        ({"handle": "dora", "kind": "house"}, "/kind"),
        ({"handle": "dora", "scopes": []}, "/scopes"),
        ({"handle": "dora", "scopes": ["admin"]}, "/scopes/0"),
    ],
)
def test_nobody_registers_as_something_else(
    client: Client, world: World, settings: Any, body: dict[str, Any], pointer: str
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    answer = client.post("/api/v1/users/register", body, "application/json")
    assert answer.status_code == 400
    assert [fault["pointer"] for fault in answer.json()["errors"]] == [pointer]


def test_a_key_of_registration_has_no_webhooks_unless_asked(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    made = client.post("/api/v1/users/register", {"handle": "dora"}, "application/json").json()
    assert client.get("/api/v1/webhooks", **bearer(made["api_key"])).status_code == 403


def test_a_registered_address_is_read_in_any_valid_case(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    for address in (ALICE_WALLET, ALICE_WALLET.lower()):
        assert client.get(f"/api/v1/users/{address}").json()["handle"] == "alice"
    assert client.get(f"/api/v1/users/{ADDRESS}").status_code == 404
    assert client.get("/api/v1/users/nobody").status_code == 400


def test_leaderboard_rows_keep_their_shape(client: Client, world: World) -> None:
    body = client.get("/api/v1/leaderboard?season=demo&horizon=1h").json()
    row = next(row for row in body["results"] if row["player"] == "alice")
    assert {
        "rank", "player", "kind", "rounds", "mean_points", "rating", "low", "high", "provisional",
    } <= row.keys()  # fmt: skip
    assert (row["kind"], row["rounds"], row["provisional"]) == ("human", 1, True)


def test_price_keeps_its_shape(client: Client, world: World) -> None:
    body = client.get("/api/v1/price").json()
    assert {"symbol", "price", "change_24h", "market_cap", "timestamp", "source"} <= body.keys()
    assert (body["symbol"], body["is_simulated"]) == ("ETH", True)

"""Invariant I3: one Idempotency-Key gives one row and the same answer."""

import json
from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from league import answers
from league.models import Answer, ApiKey, Player, Round
from league.models.answer import KEPT
from league.models.player import Kind
from predictions import acceptances
from predictions.models import Prediction, Revision
from tests.api import lossy
from tests.api import world as worlds
from tests.api.world import ALICE_WALLET, World

ENTRY = {"form": "prob_up", "prob_up": "0.6"}
OTHER = {"form": "prob_up", "prob_up": "0.4"}
KEY = "0f4c2c0e-first"


def path_of(round_: Round) -> str:
    return f"/api/v1/rounds/{round_.pk}/prediction"


def send(
    world: World,
    body: Any = ENTRY,
    *,
    path: str = "",
    method: str = "post",
    secret: str = "",
    key: str | None = KEY,
    **headers: str,
) -> Any:
    """A request of Alice's, unless told otherwise, on the open round."""
    headers |= {"Authorization": f"Bearer {secret or world.alice_key}"}
    if key is not None:
        headers["Idempotency-Key"] = key
    client = Client(raise_request_exception=False)
    text = body if isinstance(body, str) else json.dumps(body)
    return getattr(client, method)(
        path or path_of(world.open_round), text, "application/json", headers=headers
    )


def entered(world: World) -> Prediction:
    return Prediction.objects.get(round=world.open_round, player=world.alice)


# -- the same request again -----------------------------------------------------------------------
def test_a_request_sent_again_is_answered_again_and_not_done_again(world: World) -> None:
    first, again = send(world), send(world)
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert again["Idempotency-Replayed"] == "true"
    assert entered(world).revision == 1
    assert not Revision.objects.exists()


def test_without_a_key_every_request_counts_and_nothing_is_kept(world: World) -> None:
    assert [send(world, key=None).status_code for _ in range(2)] == [201, 200]
    assert entered(world).revision == 2
    assert not Answer.objects.exists()


def test_a_later_request_does_not_disturb_the_first_ones_answer(world: World) -> None:
    first = send(world)
    assert send(world, OTHER, key="second").status_code == 200
    assert send(world).content == first.content
    assert entered(world).revision == 2


def test_a_body_is_the_same_however_it_is_spaced_and_ordered(world: World) -> None:
    first = send(world, '{"form": "prob_up", "prob_up": "0.6"}')
    again = send(world, '{ "prob_up":"0.6",\n "form":"prob_up" }')
    assert (again["Idempotency-Replayed"], again.content) == ("true", first.content)


def test_what_was_accepted_before_the_lock_is_answered_after_it(world: World) -> None:
    first = send(world)
    Round.objects.filter(pk=world.open_round.pk).update(status="locked")
    assert send(world).content == first.content
    late = send(world, key="late")
    assert (late.status_code, late.json()["code"]) == (409, "round_not_open")


def test_an_answer_lost_on_the_way_is_given_on_the_next_try(world: World, settings: Any) -> None:
    settings.MIDDLEWARE = [lossy.PATH, *settings.MIDDLEWARE]
    assert send(world, **{"X-Test-Lose": "1"}).status_code == 500
    again = send(world)
    assert (again.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.json()["prediction"]["id"] == str(entered(world).pk)
    assert entered(world).revision == 1


# -- another request ------------------------------------------------------------------------------
def test_the_key_with_another_body_is_refused_and_does_nothing(world: World) -> None:
    send(world)
    answer = send(world, OTHER)
    assert (answer.status_code, answer.json()["code"]) == (422, "idempotency_mismatch")
    assert answer.json()["retryable"] is False
    assert entered(world).revision == 1


def test_a_key_is_its_senders_own(world: World) -> None:
    assert send(world).status_code == 201
    bobs = send(world, OTHER, secret=world.bob_key)
    assert (bobs.status_code, bobs.json()["prediction"]["player"]) == (201, "bob")
    assert "Idempotency-Replayed" not in bobs.headers


def test_a_key_counts_on_one_route_with_one_method(world: World) -> None:
    other = worlds.make_round(
        world.season, locks_at=world.now + timedelta(minutes=20), asset="BTC"
    )
    assert send(world).status_code == 201
    assert send(world, OTHER, path=path_of(other)).status_code == 201
    put = send(world, OTHER, method="put")
    assert (put.status_code, put.json()["prediction"]["revision"]) == (200, 2)
    assert send(world, OTHER, method="put").content == put.content
    assert entered(world).revision == 2


def test_who_asks_and_the_key_itself_are_not_stored(world: World) -> None:
    send(world, key="holiday-plans")
    row = Answer.objects.get()
    assert "holiday" not in str(Answer.objects.values().get())
    assert "alice" not in row.question + row.fingerprint
    assert len(row.question) == len(row.fingerprint) == 64


# -- refusals and failures are not remembered ----------------------------------------------------
def test_a_refused_request_may_be_corrected_under_its_key(world: World) -> None:
    refused = [
        send(world, {"form": "prob_up"}),
        send(world, {"form": "prob_up", "prob_up": "0.99"}),
        send(world, {"form": "point", "point": "1"}),
        send(world, "{"),
    ]
    assert [answer.status_code for answer in refused] == [400] * 4
    assert not Answer.objects.exists()
    assert send(world).status_code == 201


def test_a_refusal_inside_the_transaction_leaves_no_claim(world: World) -> None:
    closed = path_of(world.final_round)
    assert send(world, path=closed, secret=world.bob_key).json()["code"] == "round_not_open"
    assert not Answer.objects.exists()


def test_a_failure_while_answering_undoes_the_effect_too(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise ZeroDivisionError("a bug nobody thought of")

    with monkeypatch.context() as patch:
        patch.setattr(acceptances, "accepted", broken)
        assert send(world).status_code == 500
    assert not Answer.objects.exists()
    assert not Prediction.objects.filter(round=world.open_round).exists()
    assert send(world).status_code == 201


def test_a_dry_run_spends_no_key(world: World) -> None:
    dry = send(world, OTHER, path=f"{path_of(world.open_round)}?dry_run=true")
    assert dry.status_code == 200
    assert not Answer.objects.exists()
    assert send(world).status_code == 201


@pytest.mark.parametrize(
    "key", ["", "two words", "tab\there", "x" * 256, "caf\xe9", "\x7f", "\u0661"]
)
def test_what_cannot_be_a_key_is_refused(world: World, key: str) -> None:
    answer = send(world, key=key)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_idempotency_key")
    assert not Prediction.objects.filter(round=world.open_round).exists()


@pytest.mark.parametrize("key", ["!", "~" * 255, '"quoted"', "a,b;c=d"])
def test_any_visible_ascii_is_a_key(world: World, key: str) -> None:
    assert send(world, key=key).status_code == 201
    assert send(world, key=key)["Idempotency-Replayed"] == "true"


# -- how long -------------------------------------------------------------------------------------
def age(by: timedelta) -> None:
    row = Answer.objects.get()
    Answer.objects.filter(pk=row.pk).update(asked_at=row.asked_at - by)


def test_an_answer_is_kept_for_a_day(world: World) -> None:
    first = send(world)
    age(KEPT - timedelta(minutes=1))
    assert send(world).content == first.content
    age(timedelta(minutes=1))
    fresh = send(world, OTHER)
    assert (fresh.status_code, fresh.json()["prediction"]["revision"]) == (200, 2)
    assert Answer.objects.count() == 1


def test_forgetting_removes_every_old_answer_and_no_young_one(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(answers, "BATCH", 2)
    for number in range(6):
        instant = world.now - KEPT + timedelta(seconds=number - 4)
        question = answers.Question(str(number), "same", instant)
        answers.claim(question)
        answers.keep(question, status=201, body="{}")
    assert answers.forget(now=world.now) == 5
    assert list(Answer.objects.values_list("pk", flat=True)) == ["5"]
    assert answers.forget(now=world.now) == 0


# -- the other writes -----------------------------------------------------------------------------
def test_predict_repeats_its_answer_even_when_another_round_comes_first(world: World) -> None:
    body = {"user_address": ALICE_WALLET, "prediction_value": f"{world.price():.2f}"}
    first = send(world, body, path="/api/v1/predict")
    worlds.make_round(world.season, locks_at=world.now + timedelta(minutes=10))
    again = send(world, body, path="/api/v1/predict")
    assert (first.status_code, again["Idempotency-Replayed"]) == (201, "true")
    assert again.content == first.content
    assert Prediction.objects.filter(player=world.alice, round__status="open").count() == 1
    other = send(world, body | {"prediction_value": "3000"}, path="/api/v1/predict")
    assert other.json()["code"] == "idempotency_mismatch"


def test_registering_a_player_or_a_bot_twice_is_registering_once(world: World) -> None:
    client = Client(headers={"Idempotency-Key": KEY})
    client.force_login(User.objects.create_user(username="cleo"))
    for path, handle in (("/api/v1/players/me", "cleo"), ("/api/v1/players/me/bots", "cleo-bot")):
        body = {"handle": handle, "name": "Cleo"}
        first, again = (client.post(path, body, "application/json") for _ in range(2))
        assert (first.status_code, again["Idempotency-Replayed"]) == (201, "true")
        assert again.content == first.content
    kinds = Player.objects.filter(user__username="cleo").order_by("pk").values_list("kind")
    assert list(kinds) == [(Kind.HUMAN,), (Kind.BOT,)]


def test_a_refused_registration_keeps_nothing(world: World) -> None:
    client = Client(headers={"Idempotency-Key": KEY})
    client.force_login(User.objects.create_user(username="cleo"))
    body = {"handle": "alice", "name": "Another"}
    answer = client.post("/api/v1/players/me", body, "application/json")
    assert (answer.status_code, answer.json()["code"]) == (409, "handle_taken")
    assert not Answer.objects.exists()
    body = {"handle": "cleo", "name": "Cleo"}
    assert client.post("/api/v1/players/me", body, "application/json").status_code == 201


def test_a_secret_is_never_kept_for_a_replay(world: World, settings: Any) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    before = ApiKey.objects.count()
    wallet = "0x00000000000000000000000000000000000000a1"
    assert send(world, {"label": "laptop"}, path="/api/v1/keys").status_code == 201
    made = Client().post(
        "/api/v1/users/register",
        {"address": wallet},
        "application/json",
        headers={"Idempotency-Key": KEY},
    )
    assert made.status_code == 201
    assert ApiKey.objects.count() == before + 2
    assert not Answer.objects.exists()


# -- browsers on other origins --------------------------------------------------------------------
def test_other_origins_may_send_the_key_and_read_the_replay(world: World, settings: Any) -> None:
    settings.CORS_ALLOWED_ORIGINS = ["https://play.example.org"]
    asked = Client().options(
        path_of(world.open_round),
        headers={
            "Origin": "https://play.example.org",
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "idempotency-key",
        },
    )
    assert "idempotency-key" in asked["Access-Control-Allow-Headers"]
    answer = send(world, Origin="https://play.example.org")
    assert "Idempotency-Replayed" in answer["Access-Control-Expose-Headers"]

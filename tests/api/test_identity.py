from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.utils import timezone
from drf_spectacular.generators import SchemaGenerator

from league import keys, players
from league.models import ApiKey, Player
from league.players import Profile
from tests.api.world import World, bearer

ENTRY = {"form": "prob_up", "prob_up": "0.5"}


def enter(client: Client, world: World, access: dict[str, Any]) -> Any:
    path = f"/api/v1/rounds/{world.open_round.pk}/prediction"
    return client.post(path, ENTRY, "application/json", **access)


def test_without_identity_writing_is_refused_and_says_how(client: Client, world: World) -> None:
    answer = enter(client, world, {})
    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer["WWW-Authenticate"] == 'Bearer realm="league"'


@pytest.mark.parametrize(
    "header",
    [
        "Bearer",
        "Bearer ",
        "Bearer nonsense",
        "bearer lg_live_0123456789abcdef_" + "0" * 64,
        "Bearer lg_live_\u0660" + "1" * 80,
        "Bearer " + "x" * 5000,
    ],
)
def test_a_bad_key_is_refused_even_for_reading(client: Client, world: World, header: str) -> None:
    answer = client.get("/api/v1/rounds", headers={"Authorization": header})
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    assert 'error="invalid_token"' in answer["WWW-Authenticate"]


@pytest.mark.parametrize("fate", ["expired", "revoked", "suspended", "closed"])
def test_a_key_past_its_time_is_refused(client: Client, world: World, fate: str) -> None:
    key = ApiKey.objects.get(player=world.bob)
    if fate == "expired":
        ApiKey.objects.filter(pk=key.pk).update(expires_at=world.now - timedelta(seconds=1))
    elif fate == "revoked":
        assert keys.revoke(key, now=world.now)
    elif fate == "suspended":
        Player.objects.filter(pk=world.bob.pk).update(is_active=False)
    else:
        User.objects.filter(pk=world.bobs_account.pk).update(is_active=False)
    assert enter(client, world, bearer(world.bob_key)).status_code == 401


def test_a_key_does_what_its_scopes_say(client: Client, world: World) -> None:
    reader = keys.issue(player=world.bob, now=world.now, scopes=["read"]).secret
    writer = keys.issue(player=world.bob, now=world.now, scopes=["predict"]).secret
    refused = enter(client, world, bearer(reader))
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    assert client.get("/api/v1/players/me", **bearer(reader)).status_code == 200
    assert client.get("/api/v1/players/me", **bearer(writer)).status_code == 403
    assert enter(client, world, bearer(writer)).status_code == 201


def test_a_session_needs_its_csrf_token(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.bobs_account)
    answer = enter(client, world, {})
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    client.get("/api/auth/login/")
    token = client.cookies["csrftoken"].value
    assert enter(client, world, {"headers": {"X-CSRFToken": token}}).status_code == 201


def test_a_key_issued_over_http_works_and_is_shown_once(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    made = client.post("/api/v1/keys", {"label": "laptop"}, "application/json")
    assert made.status_code == 201, made.content
    secret = made.json()["secret"]
    assert enter(Client(), world, bearer(secret)).status_code == 201
    assert secret not in client.get("/api/v1/keys").content.decode()
    assert client.delete(f"/api/v1/keys/{made.json()['prefix']}").status_code == 204
    assert enter(Client(), world, bearer(secret)).status_code == 401


def test_a_key_cannot_make_a_stronger_one_nor_touch_others(client: Client, world: World) -> None:
    until = world.now + timedelta(days=1)
    weak = keys.issue(player=world.bob, now=world.now, scopes=["predict"], expires_at=until).secret
    wide = client.post("/api/v1/keys", {}, "application/json", **bearer(weak))
    assert wide.status_code == 403
    long = client.post("/api/v1/keys", {"scopes": ["predict"]}, "application/json", **bearer(weak))
    assert long.status_code == 403
    theirs = ApiKey.objects.get(player=world.alice).prefix
    answer = client.delete(f"/api/v1/keys/{theirs}", **bearer(world.bob_key))
    assert answer.status_code == 404
    body = {"player": "alice"}
    answer = client.post("/api/v1/keys", body, "application/json", **bearer(world.bob_key))
    assert answer.status_code == 404


def rotate(client: Client, key: str, **access: Any) -> Any:
    prefix = key.split("_")[2]
    body = {"overlap_s": 60}
    return client.post(f"/api/v1/keys/{prefix}/rotate", body, "application/json", **access)


def test_a_rotated_key_hands_over_and_then_ends(client: Client, world: World) -> None:
    old = keys.issue(player=world.bob, now=world.now, label="laptop", scopes=["predict"]).secret
    made = rotate(client, old, **bearer(old))
    assert made.status_code == 201, made.content
    new = made.json()
    assert (new["label"], new["scopes"], new["player"]) == ("laptop", ["predict"], "bob")
    for secret in (old, new["secret"]):
        assert keys.verify(secret, now=world.now).player == world.bob
    with pytest.raises(keys.KeyRejected):
        keys.verify(old, now=timezone.now() + timedelta(minutes=2))
    keys.revoke(ApiKey.objects.get(prefix=new["prefix"]), now=world.now)
    client.force_login(world.bobs_account)
    again = rotate(client, new["secret"])
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    assert rotate(client, world.alice_key).status_code == 404


def test_a_key_cannot_rotate_itself_into_a_longer_life(client: Client, world: World) -> None:
    until = world.now + timedelta(minutes=5)
    key = keys.issue(player=world.bob, now=world.now, scopes=["predict"], expires_at=until).secret
    address = f"/api/v1/keys/{key.split('_')[2]}/rotate"
    longer = client.post(address, {"expires_at": None}, "application/json", **bearer(key))
    assert longer.status_code == 403
    same = client.post(address, {}, "application/json", **bearer(key))
    assert same.status_code == 201, same.content
    assert set(ApiKey.objects.filter(scopes=["predict"]).values_list("expires_at", flat=True)) == {
        until
    }


def test_a_bot_competes_with_a_key_of_its_own(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    made = client.post(
        "/api/v1/players/me/bots", {"handle": "bob-bot", "name": "Bot"}, "application/json"
    )
    assert (made.status_code, made.json()["kind"]) == (201, "bot")
    second = client.post(
        "/api/v1/players/me/bots", {"handle": "bob-bot-2", "name": "Bot"}, "application/json"
    )
    assert (second.status_code, second.json()["code"]) == (409, "conflict")
    key = client.post("/api/v1/keys", {"player": "bob-bot"}, "application/json").json()["secret"]
    answer = enter(Client(), world, bearer(key))
    assert answer.json()["prediction"]["player"] == "bob-bot"
    listed = Client().get("/api/v1/keys", **bearer(key)).json()["results"]
    assert {row["player"] for row in listed} == {"bob-bot"}


def test_an_account_without_player_registers_one(
    client: Client, world: World, django_user_model: Any
) -> None:
    user = django_user_model.objects.create_user("carol")
    client.force_login(user)
    assert client.get("/api/v1/players/me").json()["code"] == "no_player"
    taken = client.post("/api/v1/players/me", {"handle": "alice", "name": "C"}, "application/json")
    assert (taken.status_code, taken.json()["code"]) == (409, "handle_taken")
    bad = client.post("/api/v1/players/me", {"handle": "C!", "name": "C"}, "application/json")
    assert bad.json()["errors"][0]["pointer"] == "/handle"
    made = client.post("/api/v1/players/me", {"handle": "carol", "name": "C"}, "application/json")
    assert made.status_code == 201
    assert client.get("/api/v1/players/me").json()["handle"] == "carol"
    twice = client.post(
        "/api/v1/players/me", {"handle": "carol-2", "name": "C"}, "application/json"
    )
    assert twice.status_code == 409


def test_a_player_without_account_cannot_make_bots(client: Client, world: World) -> None:
    ghost = players.register_human(profile=Profile("ghost", "Ghost"), user=None, now=world.now)
    secret = keys.issue(player=ghost, now=world.now).secret
    answer = client.post(
        "/api/v1/players/me/bots",
        {"handle": "ghost-bot", "name": "Bot"},
        "application/json",
        **bearer(secret),
    )
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert enter(client, world, bearer(secret)).status_code == 201


OPEN_TO_ALL = {
    "/api/v1/auth/wallet/nonce": 400,
    "/api/v1/auth/wallet/verify": 400,
    "/api/v1/chain/verify": 200,
    "/api/v1/users/register": 404,
}


def test_every_write_in_the_schema_refuses_strangers(client: Client, world: World) -> None:
    some = str(world.open_round.pk)
    known = {"round_id": some, "prefix": "0" * 16, "webhook_id": some, "delivery_id": some}
    known |= {"slug": "demo", "member_id": some, "invite_id": some, "run_id": some}
    schema = SchemaGenerator().get_schema(public=True)  # type: ignore[no-untyped-call]
    writes = [
        (path.format(**known) if "{" in path else path, method)
        for path, methods in schema["paths"].items()
        for method in methods
        if method not in {"get", "head"}
    ]
    assert len(writes) >= 10
    for path, method in writes:
        answer = getattr(client, method)(path, {}, "application/json")
        assert answer.status_code == OPEN_TO_ALL.get(path, 401), (method, path)

"""Webhooks over HTTP: one's own alone, the secret once, nothing that leads inwards."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import reverse

from league import keys, players
from league.models import Delivery, Player, Webhook
from league.players import Profile
from league.webhooks import sweep
from tests.api.world import World, bearer
from tests.league import hostile_targets as corpus
from tests.league.webhook_world import content, receiving

PATH = "/api/v1/webhooks"
URL = "https://hook.example.org/league"
WANTED = {"url": URL, "events": ["round.opened", "prediction.scored"], "description": "my bot"}
Key = dict[str, Any]


def key_of(player: Player, world: World, *scopes: str) -> Key:
    return bearer(keys.issue(player=player, now=world.now, scopes=scopes or ["webhook"]).secret)


@pytest.fixture
def key(world: World) -> Key:
    return key_of(world.alice, world)


def make(client: Client, key: Key, **changes: Any) -> Any:
    return client.post(PATH, WANTED | changes, "application/json", **key)


def made(client: Client, key: Key) -> str:
    answer = make(client, key)
    assert answer.status_code == 201, answer.content
    return f"{PATH}/{answer.json()['id']}"


def test_a_webhook_is_made_with_a_secret_shown_once(client: Client, key: Key) -> None:
    answer = make(client, key, events=["round.opened", "round.opened"])
    assert answer.status_code == 201
    told = answer.json()
    assert told["secret"].startswith("whsec_")
    assert {name: told[name] for name in ("url", "events", "description", "is_active")} == {
        "url": URL, "events": ["round.opened"], "description": "my bot", "is_active": True,
    }  # fmt: skip
    for path in (PATH, f"{PATH}/{told['id']}", f"{PATH}/{told['id']}/deliveries"):
        read = client.get(path, **key)
        assert read.status_code == 200
        assert told["secret"].removeprefix("whsec_") not in read.content.decode()
        assert "secret" not in read.json()
    assert Webhook.objects.get().origin == "http://testserver"


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"url": "http://hook.example.org/"}, "/url"),
        ({"url": "https://127.0.0.1/"}, "/url"),
        ({"url": 7}, "/url"),
        ({"events": []}, "/events"),
        ({"events": ["round.open"]}, "/events/0"),
        ({"events": ["webhook.ping"]}, "/events/0"),
        ({"events": "round.opened"}, "/events"),
        ({"description": "x" * 61}, "/description"),
        ({"secret": "whsec_mine"}, "/secret"),
        ({"account": 1}, "/account"),
    ],
)
def test_a_wrong_field_is_pointed_at(
    client: Client, key: Key, changes: dict[str, Any], pointer: str
) -> None:
    answer = make(client, key, **changes)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert answer.json()["errors"][0]["pointer"] == pointer
    assert not Webhook.objects.exists()


def test_no_hostile_url_gets_in_by_making_or_changing(
    client: Client, key: Key, settings: Any
) -> None:
    settings.RATE_LIMIT_RPM = 1_000_000
    path = made(client, key)
    for url in corpus.URLS:
        assert make(client, key, url=url).status_code == 400, url
        changed = client.patch(path, {"url": url}, "application/json", **key)
        assert changed.status_code == 400, url
    assert Webhook.objects.get().url == URL


def test_ten_are_all(client: Client, key: Key) -> None:
    path = [made(client, key) for _ in range(10)][-1]
    assert (make(client, key).status_code, make(client, key).json()["code"]) == (409, "conflict")
    assert client.delete(path, **key).status_code == 204
    assert make(client, key).status_code == 201
    assert sorted(Webhook.objects.values_list("place", flat=True)) == list(range(1, 11))


def test_it_is_changed_stopped_and_activated(client: Client, key: Key) -> None:
    path = made(client, key)
    client.post(f"{path}/ping", **key)

    def patch(**fields: Any) -> Any:
        answer = client.patch(path, fields, "application/json", **key)
        assert answer.status_code == 200, answer.content
        return answer.json()

    assert patch(events=["season.finished"])["events"] == ["season.finished"]
    assert patch(url="https://other.example.org/")["url"] == "https://other.example.org/"
    told = patch(is_active=False, description="")
    assert (told["is_active"], told["stopped"], told["description"]) == (False, "owner", "")
    assert Delivery.objects.get().status == "dropped"
    assert client.post(f"{path}/ping", **key).json()["code"] == "conflict"
    told = patch(is_active=True)
    assert (told["is_active"], told["stopped"]) == (True, "")
    assert patch() == told
    unknown = client.patch(path, {"origin": "https://evil.example"}, "application/json", **key)
    assert unknown.status_code == 400


def test_a_new_secret_overlaps_with_the_old_one(client: Client, key: Key) -> None:
    answer = make(client, key)
    told = client.post(f"{PATH}/{answer.json()['id']}/secret", **key)
    assert told.status_code == 200
    assert told.json()["secret"] not in {answer.json()["secret"], ""}
    assert told.json()["old_secret_until"] is not None


def test_the_log_tells_every_attempt_and_a_replay_sends_again(
    client: Client, world: World, key: Key
) -> None:
    path = made(client, key)
    pinged = client.post(f"{path}/ping", **key)
    assert (pinged.status_code, pinged.json()["status"]) == (202, "pending")
    again = client.post(f"{path}/ping", **key)
    assert again.json()["id"] == pinged.json()["id"]
    place = f"{path}/deliveries/{pinged.json()['id']}"
    assert client.post(f"{place}/replay", **key).json()["code"] == "conflict"
    later = world.now + timedelta(minutes=1)
    with receiving(500, 204) as courier:
        sweep.deliver(now=later)
        sweep.deliver(now=later + timedelta(seconds=6))
    log = client.get(place, **key).json()
    assert [(one["outcome"], one["status"]) for one in log["attempts"]] == [
        ("refused", 500), ("ok", 204)
    ]  # fmt: skip
    assert (log["status"], log["next_attempt_at"]) == ("delivered", None)
    assert log["message_id"] == courier.received[0].headers["webhook-id"]
    assert log["data"] == content(courier.received[0])["data"]
    replayed = client.post(f"{place}/replay", **key)
    assert (replayed.status_code, replayed.json()["status"]) == (202, "pending")
    assert len(replayed.json()["attempts"]) == 2
    for query, count in (("?status=pending", 1), ("?status=failed", 0), ("?type=round.held", 0)):
        listed = client.get(f"{path}/deliveries{query}", **key).json()["results"]
        assert len(listed) == count


def routes(path: str, delivery: str) -> list[tuple[str, str]]:
    place = f"{path}/deliveries/{delivery}"
    return [
        ("get", path), ("patch", path), ("delete", path), ("post", f"{path}/secret"),
        ("post", f"{path}/ping"), ("get", f"{path}/deliveries"), ("get", place),
        ("post", f"{place}/replay"),
    ]  # fmt: skip


def send(client: Client, method: str, place: str, access: Key) -> Any:
    if method == "get":
        return client.get(place, **access)
    return getattr(client, method)(place, {}, "application/json", **access)


@pytest.mark.parametrize("who", ["other key", "other session", "staff"])
def test_others_find_nothing(client: Client, world: World, key: Key, who: str) -> None:
    path = made(client, key)
    delivery = client.post(f"{path}/ping", **key).json()["id"]
    before = list(Webhook.objects.values())
    access: Key = key_of(world.bob, world) if who == "other key" else {}
    if who != "other key":
        User.objects.filter(pk=world.bobs_account.pk).update(is_staff=who == "staff")
        client.force_login(world.bobs_account)
    for method, place in routes(path, delivery):
        answer = send(client, method, place, access)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), place
    assert client.get(PATH, **access).json()["results"] == []
    assert list(Webhook.objects.values()) == before


def test_another_webhooks_delivery_is_not_found_under_mine(client: Client, key: Key) -> None:
    one, other = made(client, key), made(client, key)
    delivery = client.post(f"{one}/ping", **key).json()["id"]
    assert client.get(f"{other}/deliveries/{delivery}", **key).status_code == 404


def test_strangers_and_keys_without_the_scope_are_refused(
    client: Client, world: World, key: Key
) -> None:
    path = made(client, key)
    usual = bearer(world.alice_key)  # read and predict
    for method, place in [*routes(path, str(world.scored.pk)), ("get", PATH), ("post", PATH)]:
        assert send(client, method, place, {}).status_code == 401, place
        answer = send(client, method, place, usual)
        assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope"), place
    entered = client.get("/api/v1/players/me", **key)
    assert entered.status_code == 403  # and this scope is no other


def test_a_session_and_a_bots_key_manage_the_accounts_own(client: Client, world: World) -> None:
    bot = players.register_bot(
        profile=Profile("bob-bot", "Bot"), owner=world.bobs_account, now=world.now
    )
    path = made(client, key_of(bot, world))
    session = Client()
    session.force_login(world.bobs_account)
    assert session.get(path).status_code == 200
    assert session.delete(path).status_code == 204


def test_the_scope_is_never_given_unasked(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    usual = client.post("/api/v1/keys", {}, "application/json").json()
    assert usual["scopes"] == ["predict", "read"]
    asked = {"scopes": ["read", "predict", "webhook"]}
    assert client.post("/api/v1/keys", asked, "application/json").status_code == 201
    access = bearer(usual["secret"])
    stronger = Client().post("/api/v1/keys", asked, "application/json", **access)
    assert stronger.status_code == 403


def test_a_key_without_an_account_has_no_webhooks(client: Client, world: World) -> None:
    ghost = players.register_human(profile=Profile("ghost", "Ghost"), user=None, now=world.now)
    answer = make(client, key_of(ghost, world))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_organisers_see_hosts_and_no_secrets_stop_and_replay(
    client: Client, admin_client: Client, world: World, key: Key
) -> None:
    secret = make(client, key, url="https://hook.example.org/token-canary").json()["secret"]
    webhook = Webhook.objects.get()
    client.post(f"{PATH}/{webhook.pk}/ping", **key)
    delivery = Delivery.objects.get()
    with receiving(204):
        sweep.deliver(now=world.now + timedelta(minutes=1))
    for name, row in (("webhook", webhook), ("delivery", delivery)):
        listing = reverse(f"admin:league_{name}_changelist")
        for place in (listing, reverse(f"admin:league_{name}_change", args=[row.pk])):
            page = admin_client.get(place)
            assert page.status_code == 200
            for hidden in ("token-canary", secret.removeprefix("whsec_"), webhook.salt):
                assert hidden not in page.content.decode(), place
    act(admin_client, "delivery", "replay", delivery)
    assert Delivery.objects.get().status == "pending"
    act(admin_client, "webhook", "stop", webhook)
    webhook.refresh_from_db()
    assert (webhook.is_active, webhook.stopped) == (False, "operator")
    assert Delivery.objects.get().status == "dropped"


def act(client: Client, model: str, action: str, row: Webhook | Delivery) -> None:
    place = reverse(f"admin:league_{model}_changelist")
    answer = client.post(place, {"action": action, "_selected_action": [str(row.pk)]})
    assert answer.status_code == 302


def test_metrics_tell_depth_and_age(client: Client, world: World, key: Key) -> None:
    path = made(client, key)
    client.post(f"{path}/ping", **key)
    with receiving(500):
        sweep.deliver(now=world.now + timedelta(minutes=1))
    text = client.get("/metrics").content.decode()
    assert "league_outbox_depth 1.0" in text
    assert "league_webhooks_failing 1.0" in text
    for hidden in (URL, "hook.example.org"):
        assert hidden not in text


def test_an_idempotency_key_keeps_no_secret(client: Client, key: Key) -> None:
    headers = {"headers": key["headers"] | {"Idempotency-Key": "once"}}
    first, second = make(client, headers), make(client, headers)
    assert first.json()["secret"] != second.json()["secret"]

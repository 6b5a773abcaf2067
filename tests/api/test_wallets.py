"""Wallets over HTTP: ask for a message, sign it, be somebody."""

from datetime import timedelta
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client

from chain import addresses, signatures, siwe
from chain.signatures import Key
from league import keys, players, registrations
from league.models import ApiKey, Player, WalletNonce
from league.players import Profile
from tests.api.world import World, bearer
from tests.chain import oracles

NONCE, VERIFY, MINE = (
    "/api/v1/auth/wallet/nonce", "/api/v1/auth/wallet/verify", "/api/v1/players/me/wallet"
)  # fmt: skip
SECRET = b"\x51" * 32
WALLET, STRANGER = Key(SECRET), Key(b"\x99" * 32)
HOST = {"headers": {"Host": "localhost"}}


def post(client: Client, path: str, body: Any, **access: Any) -> Any:
    return client.post(path, body, "application/json", **access)


def asked(client: Client, **body: Any) -> Any:
    access = body.pop("access", {})
    answer = post(client, NONCE, {"address": WALLET.address} | body, **access)
    assert answer.status_code == 201, answer.content
    return answer.json()


def signed(text: str, *, key: Key = WALLET) -> dict[str, str]:
    return {"message": text, "signature": f"0x{key.sign(signatures.personal(text)).hex()}"}


def link(client: Client, access: dict[str, Any] | None = None) -> Any:
    offer = asked(client, purpose="link", access=access or {})
    return post(client, MINE, signed(offer["message"]), **(access or {}))


def code(answer: Any) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


def test_the_message_is_ready_to_be_signed(client: Client, world: World) -> None:
    offer = asked(client)
    message = siwe.parse(offer["message"])
    assert (message.domain, message.uri) == (offer["domain"], offer["uri"]) == (
        "testserver", "http://testserver/api/v1/auth/wallet/verify",
    )  # fmt: skip
    assert message.address == f"0x{addresses.checksummed(WALLET.address[2:])}"
    assert (message.nonce, message.chain_id) == (offer["nonce"], 1)
    assert message.expires_at == message.issued_at + timedelta(minutes=10)
    assert asked(client, chain_id=31337)["chain_id"] == 31337
    assert WalletNonce.objects.count() == 2


def test_another_wallets_software_signs_in(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    assert link(client).status_code == 200
    stranger = Client()
    text = asked(stranger)["message"]
    body = {"message": text, "signature": f"0x{oracles.sign_text(SECRET, text).hex()}"}
    answer = post(stranger, VERIFY, body)
    assert answer.status_code == 200, answer.content
    assert answer.json()["player"]["handle"] == "bob"
    assert (answer.json()["api_key"], answer.json()["api_key_expires_at"]) == (None, None)
    assert stranger.get("/api/v1/players/me").json()["wallet_address"] == WALLET.address


def test_a_wanted_key_is_shown_once_and_works(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    link(client)
    answer = post(Client(), VERIFY, signed(asked(Client())["message"]) | {"want": "key"}).json()
    me = Client().get("/api/v1/players/me", **bearer(answer["api_key"])).json()
    assert me["handle"] == "bob"
    key = ApiKey.objects.order_by("pk").last()
    assert key is not None
    assert key.expires_at == key.created_at + timedelta(days=30)
    assert key.scopes == ["predict", "read"]


def test_a_wanted_key_may_be_asked_to_hear_webhooks(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    link(client)
    wanted = {"want": "key", "scopes": ["read", "webhook"]}
    key = post(Client(), VERIFY, signed(asked(Client())["message"]) | wanted).json()["api_key"]
    assert Client().get("/api/v1/webhooks", **bearer(key)).status_code == 200
    assert Client().post("/api/v1/players/me/bots", **bearer(key)).status_code == 403


def test_the_session_replaces_anothers(client: Client, world: World) -> None:
    client.force_login(world.bobs_account)
    link(client)
    shared = Client()
    shared.force_login(User.objects.get(username="alice"))
    before = shared.cookies["sessionid"].value
    post(shared, VERIFY, signed(asked(shared)["message"]))
    assert shared.get("/api/v1/players/me").json()["handle"] == "bob"
    assert shared.cookies["sessionid"].value != before


def test_an_unknown_wallet_is_nobody_unless_it_may_register(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = False
    body = signed(asked(client)["message"]) | {"handle": "newcomer"}
    assert code(post(client, VERIFY, body)) == (404, "wallet_unknown")
    assert "sessionid" not in client.cookies
    settings.ENABLE_USER_REGISTRATION = True
    silent = signed(asked(client)["message"])
    assert code(post(client, VERIFY, silent)) == (404, "wallet_unknown")
    answer = post(client, VERIFY, body)
    assert (answer.status_code, answer.json()["player"]["handle"]) == (201, "newcomer")
    assert answer.json()["player"]["wallet_proved_at"] is not None
    assert client.get("/api/v1/players/me").json()["handle"] == "newcomer"
    assert code(post(client, VERIFY, body)) == (409, "wallet_nonce_refused")


def test_whoever_only_named_the_address_loses_it(
    client: Client, world: World, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    claimed = post(
        client, "/api/v1/users/register", {"address": WALLET.address, "handle": "mallory"}
    ).json()
    assert claimed["wallet_proved_at"] is None
    client.force_login(world.bobs_account)
    assert link(client).json()["wallet_proved_at"] is not None
    me = Client().get("/api/v1/players/me", **bearer(claimed["api_key"])).json()
    assert (me["handle"], me["wallet_address"]) == ("mallory", None)
    found = client.get(f"/api/v1/users/{WALLET.address}").json()
    assert (found["handle"], found["wallet_proved_at"] is not None) == ("bob", True)


def test_whoever_registered_by_address_proves_it_with_the_key(world: World) -> None:
    profile = Profile("ada", "Ada", WALLET.address)
    secret = registrations.register(profile=profile, now=world.now).secret
    answer = link(Client(), bearer(secret))
    assert answer.status_code == 200, answer.content
    assert answer.json()["wallet_proved_at"] is not None


def test_a_key_gains_no_way_to_sign_in(world: World) -> None:
    assert code(link(Client(), bearer(world.bob_key))) == (403, "forbidden")
    client = Client()
    client.force_login(world.bobs_account)
    link(client)
    answer = Client().delete(MINE, **bearer(world.bob_key))
    assert code(answer) == (403, "forbidden")
    assert client.delete(MINE).status_code == 204
    assert client.delete(MINE).status_code == 204
    assert client.get("/api/v1/players/me").json()["wallet_address"] is None


def test_a_bots_key_links_the_bots_wallet(world: World) -> None:
    bot = players.register_bot(
        profile=Profile("bob-bot", "Bot"), owner=world.bobs_account, now=world.now
    )
    secret = keys.issue(player=bot, now=world.now).secret
    assert link(Client(), bearer(secret)).json()["handle"] == "bob-bot"
    answer = post(Client(), VERIFY, signed(asked(Client())["message"]) | {"want": "key"})
    assert code(answer) == (404, "wallet_unknown")


def test_only_the_known_link(client: Client, world: World) -> None:
    body = {"address": WALLET.address, "purpose": "link"}
    assert code(post(client, NONCE, body)) == (401, "not_authenticated")
    assert code(post(client, MINE, {})) == (401, "not_authenticated")
    assert code(client.delete(MINE)) == (401, "not_authenticated")
    reader = keys.issue(player=world.bob, now=world.now, scopes=["read"]).secret
    assert code(post(client, MINE, {}, **bearer(reader))) == (403, "insufficient_scope")
    assert code(client.delete(MINE, **bearer(reader))) == (403, "insufficient_scope")
    client.force_login(User.objects.create_user("carol"))
    assert code(post(client, NONCE, body)) == (403, "no_player")


def test_a_session_links_with_its_csrf_token_only(world: World) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.bobs_account)
    assert code(post(client, MINE, {})) == (403, "forbidden")


def changed(text: str, old: str, new: str) -> str:
    assert text.count(old) == 1
    return text.replace(old, new)


REFUSALS: dict[str, tuple[tuple[str, str], tuple[int, str]]] = {
    "another site": (
        ("testserver wants", "evil.example wants"),
        (400, "wallet_domain_mismatch"),
    ),
    "another URI": (
        ("http://testserver/", "https://testserver/"),
        (400, "wallet_domain_mismatch"),
    ),
    "another chain": (("Chain ID: 1\n", "Chain ID: 10\n"), (400, "wallet_chain_mismatch")),
    "another statement": (("Sign in to", "Log in to"), (400, "wallet_statement_mismatch")),
    "another version": (("Version: 1", "Version: 2"), (400, "wallet_message_malformed")),
    "CRLF": (("Version: 1\n", "Version: 1\r\n"), (400, "wallet_message_malformed")),
    "another nonce": (("Nonce: ", "Nonce: 00"), (409, "wallet_nonce_refused")),
    "long ago": (("Issued At: 20", "Issued At: 19"), (400, "wallet_message_expired")),
    "long ahead": (("Issued At: 20", "Issued At: 21"), (400, "wallet_message_early")),
    "expired": (("Expiration Time: 20", "Expiration Time: 19"), (400, "wallet_message_expired")),
}


@pytest.mark.parametrize("kind", REFUSALS)
def test_a_message_is_refused_by_name(client: Client, world: World, kind: str) -> None:
    change, expected = REFUSALS[kind]
    text = changed(asked(client)["message"], *change)
    answer = post(client, VERIFY, signed(text))
    assert code(answer) == expected
    assert answer["Content-Type"] == "application/problem+json"
    assert "sessionid" not in client.cookies


@pytest.mark.parametrize(
    ("signature", "expected"),
    [
        (f"0x{STRANGER.sign(bytes(32)).hex()}", (403, "wallet_signature_refused")),
        ("0x" + "11" * 64 + "1b", (400, "malformed_signature")),  # of no key at all
        ("0x" + "11" * 64 + "25", (400, "malformed_signature")),
        ("0x" + "11" * 32, (400, "malformed_signature")),
        ("0x" + "ff" * 64 + "1b", (400, "malformed_signature")),
        ("0x", (400, "malformed_signature")),
        ("hello", (400, "malformed_signature")),
        ("", (400, "invalid")),
        (None, (400, "invalid")),
        (["0x"], (400, "invalid")),
        ("0x" + "1" * 5000, (400, "invalid")),
    ],
)
def test_a_signature_is_refused_by_name(
    client: Client, world: World, signature: Any, expected: tuple[int, str]
) -> None:
    body = {"message": asked(client)["message"], "signature": signature}
    assert code(post(client, VERIFY, body)) == expected


def test_a_node_that_does_not_answer_is_asked_again_later(
    client: Client, world: World, settings: Any
) -> None:
    settings.CHAIN_RPC_URLS, settings.CHAIN_ID = ("http://127.0.0.1:1",), 1
    body = {"message": asked(client)["message"], "signature": "0x" + "11" * 200}
    answer = post(client, VERIFY, body)
    assert code(answer) == (503, "wallet_unchecked")
    assert (answer.json()["retryable"], answer["Retry-After"]) == (True, "5")


def test_a_configured_chain_is_the_only_one(client: Client, world: World, settings: Any) -> None:
    settings.CHAIN_ID = 11155111
    assert asked(client)["chain_id"] == 11155111
    text = asked(client, chain_id=1)["message"]
    assert code(post(client, VERIFY, signed(text))) == (400, "wallet_chain_mismatch")


def test_the_host_asked_is_the_domain_signed(client: Client, world: World) -> None:
    offer = asked(client, access={"headers": {"Host": "LOCALHOST:8123"}})
    assert (offer["domain"], offer["uri"][:22]) == ("localhost:8123", "http://localhost:8123/")
    assert code(post(client, VERIFY, signed(offer["message"]))) == (400, "wallet_domain_mismatch")
    answer = post(client, VERIFY, signed(offer["message"]), headers={"Host": "localhost:8123"})
    assert code(answer) == (404, "wallet_unknown")
    answer = post(client, NONCE, {"address": WALLET.address}, headers={"Host": "evil.example"})
    assert answer.status_code == 400


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"address": "0x12"},
        {"address": None},
        {"address": WALLET.address, "chain_id": 0},
        {"address": WALLET.address, "chain_id": "x"},
        {"address": WALLET.address, "purpose": "both"},
        {"address": WALLET.address, "nonce": "mine"},
        [],
    ],
)
def test_a_wrong_wish_gets_no_nonce(client: Client, world: World, body: Any) -> None:
    assert code(post(client, NONCE, body)) == (400, "invalid")
    assert not WalletNonce.objects.exists()


def test_an_unreadable_body_signs_nobody_in(client: Client, world: World) -> None:
    offer = asked(client)
    for body in (
        signed(offer["message"]) | {"want": "everything"},
        signed(offer["message"]) | {"handle": "C!"},
        signed(offer["message"]) | {"admin": True},
        signed(offer["message"]) | {"message": 7},
        {"message": offer["message"] + "x" * 5000, "signature": "0x12"},
    ):
        assert post(client, VERIFY, body).status_code == 400
    assert not Player.objects.filter(wallet_address=WALLET.address).exists()

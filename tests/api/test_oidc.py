"""An OpenID Connect issuer's tokens as bearer credentials, against an issuer on loopback."""

import base64
import json
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives import serialization
from django.contrib.auth.models import User
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from django.utils import timezone
from pytest_django import DjangoAssertNumQueries

from league import players
from league.models import ApiKey, Identity, Player
from league.oidc import keyring, tokens
from league.oidc.issuer import DISCOVERY, IssuerUnavailable
from league.oidc.keyring import FRESH, KEPT, PAUSE, Keyring
from league.players import Profile
from tests.api import oidc_issuer
from tests.api.oidc_issuer import AUDIENCE, JWKS, LocalIssuer
from tests.api.world import World, bearer
from tests.factories import NOON
from tests.markets.vendor_server import Reply

pytestmark = pytest.mark.django_db
ME = "/api/v1/players/me"
RSA, EC = oidc_issuer.rsa_key("one"), oidc_issuer.ec_key("two")


@pytest.fixture
def issuer(settings: Any) -> Iterator[LocalIssuer]:
    with oidc_issuer.serving(RSA, EC) as made:
        made.trust(settings)
        yield made


@pytest.fixture
def ada(issuer: LocalIssuer) -> Player:
    """Whom the issuer calls `ada`, linked to an account by an organiser."""
    user = User.objects.create_user("ada", password=None)
    Identity.objects.create(issuer=issuer.name, subject="ada", user=user, created_at=NOON)
    return players.register_human(profile=Profile("ada", "Ada"), user=user, now=NOON)


def ask(token: str, path: str = ME) -> Any:
    return Client().get(path, **bearer(token))


def refused(token: str) -> str:
    """Why it was refused."""
    answer = ask(token, "/api/v1/rounds")
    assert (answer.status_code, answer.json()["code"]) == (401, "authentication_failed")
    detail: str = answer.json()["detail"]
    challenge = answer["WWW-Authenticate"]
    assert challenge == (
        f'Bearer realm="league", error="invalid_token", error_description="{detail}"'
    )
    return detail


# -- who gets in --------------------------------------------------------------------------------
@pytest.mark.parametrize("key", [RSA, EC], ids=["RS256", "ES256"])
def test_a_good_token_opens_its_account(issuer: LocalIssuer, ada: Player, key: Any) -> None:
    answer = ask(issuer.token(key))
    assert (answer.status_code, answer.json()["handle"]) == (200, "ada")
    assert not answer.cookies


def test_the_keys_may_be_named_without_discovery(
    issuer: LocalIssuer, ada: Player, settings: Any
) -> None:
    settings.OIDC_JWKS_URL = issuer.server.url + JWKS
    assert ask(issuer.token(RSA)).status_code == 200
    assert not issuer.asked(DISCOVERY)


def test_a_token_for_several_audiences_is_for_the_league_too(
    issuer: LocalIssuer, ada: Player
) -> None:
    assert ask(issuer.token(RSA, aud=["https://other.example", AUDIENCE])).status_code == 200


def test_a_clock_may_be_a_little_off(issuer: LocalIssuer, ada: Player) -> None:
    soon = int(time.time()) + 10
    assert ask(issuer.token(RSA, nbf=soon, iat=soon)).status_code == 200
    assert ask(issuer.token(RSA, exp=int(time.time()) - 10)).status_code == 200


def test_an_issuer_that_never_writes_nbf_can_be_served(
    issuer: LocalIssuer, ada: Player, settings: Any
) -> None:
    assert "nbf" in refused(issuer.token(RSA, nbf=None))
    settings.OIDC_REQUIRE_NBF = False
    assert ask(issuer.token(RSA, nbf=None)).status_code == 200


def test_a_token_writes_without_csrf_and_leaves_sessions_alone(
    issuer: LocalIssuer, world: World, ada: Player
) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(world.bobs_account)
    before = client.cookies["sessionid"].value
    answer = client.post(
        f"/api/v1/rounds/{world.open_round.pk}/prediction",
        {"form": "prob_up", "prob_up": "0.5"},
        "application/json",
        **bearer(issuer.token(RSA)),
    )
    assert (answer.status_code, answer.json()["prediction"]["player"]) == (201, "ada")
    assert client.cookies["sessionid"].value == before
    assert client.get(ME).json()["handle"] == "bob"


@pytest.mark.parametrize(
    ("scope", "reads", "writes", "hooks"),
    [
        (None, True, True, False),  # the usual ones, as of a key
        ("read", True, False, False),
        ("openid predict", False, True, False),
        ("read predict webhook", True, True, True),
        ("openid email", False, False, False),
        ("", False, False, False),
    ],
)
def test_a_token_does_what_its_scope_says(
    issuer: LocalIssuer, ada: Player, scope: str | None, reads: bool, writes: bool, hooks: bool
) -> None:
    token = issuer.token(RSA, scope=scope)
    bot = {"handle": "ada-bot", "name": "Bot"}
    answer = Client().post("/api/v1/players/me/bots", bot, "application/json", **bearer(token))
    assert answer.status_code == (201 if writes else 403)
    assert ask(token).status_code == (200 if reads else 403)
    assert ask(token, "/api/v1/webhooks").status_code == (200 if hooks else 403)


def test_a_token_asks_the_database_once_and_the_issuer_once(
    issuer: LocalIssuer, ada: Player, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    token = issuer.token(RSA)
    ask(token)
    with django_assert_num_queries(2):  # the identity, the player
        ask(token)
    assert (issuer.asked(), issuer.asked(DISCOVERY)) == (1, 1)


def test_a_league_with_an_issuer_asks_no_more_of_keys(
    issuer: LocalIssuer, world: World, settings: Any
) -> None:
    ask(world.bob_key)  # its first use is noted
    counts = []
    for name in (issuer.name, ""):
        settings.OIDC_ISSUER = name
        with CaptureQueriesContext(connection) as asked:
            assert ask(world.bob_key).status_code == 200
        counts.append([query["sql"] for query in asked])
    assert len(counts[0]) == len(counts[1])
    assert not issuer.server.requests


def test_without_an_issuer_a_token_is_no_key(issuer: LocalIssuer, settings: Any) -> None:
    token = issuer.token(RSA)
    settings.OIDC_ISSUER = ""
    assert refused(token) == "This API key is not valid."
    assert not issuer.server.requests


# -- what a token may not do ----------------------------------------------------------------------
def test_a_key_asked_for_with_a_token_is_no_stronger_and_lives_a_month(
    issuer: LocalIssuer, ada: Player
) -> None:
    token = bearer(issuer.token(RSA, scope="predict"))
    wide = Client().post("/api/v1/keys", {"scopes": ["read"]}, "application/json", **token)
    assert wide.status_code == 403
    long = {"scopes": ["predict"], "expires_at": "2100-01-01T00:00:00Z"}
    assert Client().post("/api/v1/keys", long, "application/json", **token).status_code == 403
    made = Client().post("/api/v1/keys", {"scopes": ["predict"]}, "application/json", **token)
    assert made.status_code == 201
    key = ApiKey.objects.get(prefix=made.json()["prefix"])
    assert key.expires_at is not None
    assert key.expires_at <= timezone.now() + timedelta(days=30)


def test_a_token_cannot_give_away_a_persons_sign_in(issuer: LocalIssuer, ada: Player) -> None:
    Player.objects.filter(pk=ada.pk).update(wallet_address="0x" + "a" * 40, wallet_proved_at=NOON)
    answer = Client().delete("/api/v1/players/me/wallet", **bearer(issuer.token(RSA)))
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


# -- who does not get in ------------------------------------------------------------------------
PAST, FUTURE = -3600, 3600


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"aud": "https://other.example"}, "another audience"),
        ({"aud": None}, "lacks one of"),
        ({"aud": {"a": 1}}, "another audience"),
        ({"iss": "https://other.example"}, "another issuer's"),
        ({"iss": None}, "lacks one of"),
        ({"exp": PAST}, "expired"),
        ({"exp": None}, "lacks one of"),
        ({"exp": "soon"}, "malformed"),
        ({"exp": 1e400}, "malformed"),
        ({"nbf": FUTURE}, "not valid yet"),
        ({"nbf": None}, "lacks one of"),
        ({"iat": FUTURE}, "not valid yet"),
        ({"iat": None}, "lacks one of"),
        ({"sub": None}, "lacks one of"),
        ({"sub": ""}, "subject"),
        ({"sub": "a\0b"}, "subject"),
        ({"sub": "\ud800"}, "subject"),
        ({"sub": "x" * 300}, "subject"),
        ({"sub": 7}, "malformed"),
        ({"scope": ["read"]}, "scope is not text"),
    ],
    ids=str,
)
def test_a_token_of_wrong_claims_is_refused_with_the_reason(
    issuer: LocalIssuer, ada: Player, changes: dict[str, Any], words: str
) -> None:
    now = int(time.time())
    shifted = {
        name: now + value if value in {PAST, FUTURE} else value
        for name, value in changes.items()
        if not isinstance(value, dict | list)
    }
    token = signed(issuer.claims(**(changes | shifted)), {"kid": RSA.kid, "alg": "RS256"})
    assert words in refused(token)


def signed(claims: Any, header: dict[str, Any]) -> str:
    """Whatever the claims are, with RSA's signature: what a library would refuse to encode."""
    head, body = (encoded(json.dumps(part).encode()) for part in (header, claims))
    signer = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    return f"{head}.{body}.{encoded(signer.sign(f'{head}.{body}'.encode(), RSA.private))}"


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def test_an_unsigned_token_is_refused(issuer: LocalIssuer, ada: Player) -> None:
    for name in ("none", "None", "NONE"):
        head = encoded(json.dumps({"alg": name, "kid": RSA.kid}).encode())
        token = f"{head}.{encoded(json.dumps(issuer.claims()).encode())}."
        assert refused(token) == "This token's algorithm is not accepted."
    assert not issuer.server.requests


def test_a_public_key_is_no_shared_secret(issuer: LocalIssuer, ada: Player) -> None:
    public = RSA.private.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    head = encoded(json.dumps({"alg": "HS256", "kid": RSA.kid}).encode())
    body = encoded(json.dumps(issuer.claims()).encode())
    signer = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256)
    token = f"{head}.{body}.{encoded(signer.sign(f'{head}.{body}'.encode(), public))}"
    assert refused(token) == "This token's algorithm is not accepted."


def test_only_the_listed_algorithms_count(issuer: LocalIssuer, ada: Player, settings: Any) -> None:
    settings.OIDC_ALGORITHMS = ("ES256",)
    assert refused(issuer.token(RSA)) == "This token's algorithm is not accepted."
    assert ask(issuer.token(EC)).status_code == 200


def test_a_key_counts_for_its_own_algorithm(issuer: LocalIssuer, ada: Player) -> None:
    other = oidc_issuer.Key(EC.kid, "RS256", RSA.private)  # RSA's signature in EC's name
    assert refused(issuer.token(other)) == "This token's algorithm is not accepted."


def test_a_short_rsa_key_is_refused(issuer: LocalIssuer, ada: Player) -> None:
    short = oidc_issuer.rsa_key("short", bits=1024)
    issuer.keys.append(short)
    with pytest.warns(jwt.InsecureKeyLengthWarning):
        token = issuer.token(short)
    assert refused(token) == "This token is malformed."


def test_a_forgers_key_is_refused(issuer: LocalIssuer, ada: Player) -> None:
    forger = oidc_issuer.Key(RSA.kid, "RS256", oidc_issuer.rsa_key("forger").private)
    assert refused(issuer.token(forger)) == "This token's signature is not its issuer's."


def test_a_key_sent_along_is_not_looked_at(issuer: LocalIssuer, ada: Player) -> None:
    forger = oidc_issuer.rsa_key("forger")
    headers = {"kid": "forger", "jwk": forger.public, "jku": "http://127.0.0.1:9/keys"}
    token = jwt.encode(issuer.claims(), forger.private, algorithm="RS256", headers=headers)
    assert refused(token) == tokens.UNKNOWN_KEY


@pytest.mark.parametrize("part", [0, 1, 2])
def test_a_tampered_token_is_refused(issuer: LocalIssuer, ada: Player, part: int) -> None:
    parts = issuer.token(RSA).split(".")
    if part == 1:
        parts[1] = encoded(json.dumps(issuer.claims(sub="bob")).encode())
    else:
        middle = len(parts[part]) // 2
        flipped = "A" if parts[part][middle] != "A" else "B"
        parts[part] = parts[part][:middle] + flipped + parts[part][middle + 1 :]
    assert refused(".".join(parts))


def deep(depth: int) -> str:
    return encoded(('{"alg": "RS256", "kid": "one", "x": ' + "[" * depth).encode())


@pytest.mark.parametrize(
    "token",
    [
        ".", "..", "...", "a.b", "a.b.c", "a.b.c.d.e", "\u0660.a.b", "eyJ.eyJ.e", "a.b.c\xa0",
        encoded(b'"text"') + ".e30.e30", encoded(b"[1]") + ".e30.e30", encoded(b"\xff") + ".e30.",
        encoded(b'{"alg": {}, "kid": "one"}') + ".e30.e30",
        encoded(b'{"alg": "RS256"}') + ".e30.e30",
        encoded(b'{"alg": "RS256", "kid": 7}') + ".e30.e30",
        encoded(b'{"alg": "RS256", "kid": ""}') + ".e30.e30",
        encoded(b'{"alg": "RS256", "kid": "one", "crit": ["x"]}') + ".e30.e30",
        encoded(b'{"alg": "RS256", "kid": "one"}') + ".e30.e30",
        deep(5_000) + ".e30.e30", "a." + "b" * 20_000 + ".c",
    ],
    ids=lambda token: token[:20],
)  # fmt: skip
def test_garbage_is_refused_and_never_a_server_error(
    issuer: LocalIssuer, ada: Player, token: str
) -> None:
    assert refused(token)


def test_a_payload_nested_without_end_is_refused(issuer: LocalIssuer, ada: Player) -> None:
    head = encoded(json.dumps({"alg": "RS256", "kid": RSA.kid}).encode())
    body = encoded(b"[" * 5_000)
    signer = jwt.algorithms.RSAAlgorithm(jwt.algorithms.RSAAlgorithm.SHA256)
    signature = encoded(signer.sign(f"{head}.{body}".encode(), RSA.private))
    assert refused(f"{head}.{body}.{signature}") == tokens.MALFORMED


# -- accounts -----------------------------------------------------------------------------------
def test_a_closed_account_stays_closed(issuer: LocalIssuer, ada: Player, settings: Any) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    User.objects.update(is_active=False)
    assert refused(issuer.token(RSA)) == "This account is closed."
    assert Identity.objects.count() == 1


def test_a_stranger_is_told_that_registration_is_closed(issuer: LocalIssuer) -> None:
    answer = ask(issuer.token(RSA), "/api/v1/rounds")
    assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")
    assert "registration is closed" in answer.json()["detail"]
    assert not User.objects.filter(username__startswith="oidc").exists()


def test_where_registration_is_open_the_first_use_makes_an_account(
    issuer: LocalIssuer, settings: Any
) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    token = issuer.token(RSA)
    assert ask(token).json()["code"] == "no_player"
    profile = {"handle": "ada", "name": "Ada"}
    assert Client().post(ME, profile, "application/json", **bearer(token)).status_code == 201
    assert ask(token).json()["handle"] == "ada"
    user = Identity.objects.get().user
    assert (user.has_usable_password(), user.is_staff, user.is_superuser) == (False,) * 3
    assert ask(issuer.token(RSA, sub="ADA")).json()["code"] == "no_player"
    assert User.objects.filter(username__startswith="oidc.").count() == 2


def test_an_identity_an_organiser_unlinked_is_told_so(issuer: LocalIssuer, settings: Any) -> None:
    settings.ENABLE_USER_REGISTRATION = True
    token = issuer.token(RSA, sub="carol")
    assert ask(token, "/api/v1/time").status_code == 200
    Identity.objects.all().delete()
    refused = ask(token, "/api/v1/time")
    assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


def test_the_same_subject_of_another_issuer_is_somebody_else(
    issuer: LocalIssuer, ada: Player
) -> None:
    Identity.objects.update(issuer="https://other.example")
    assert ask(issuer.token(RSA)).status_code == 403


# -- the issuer's keys ----------------------------------------------------------------------------
def test_an_unknown_key_is_asked_for_once_in_a_while(issuer: LocalIssuer, ada: Player) -> None:
    assert ask(issuer.token(RSA)).status_code == 200
    for number in range(5):
        stranger = oidc_issuer.Key(f"invented-{number}", "RS256", RSA.private)
        assert refused(issuer.token(stranger)) == tokens.UNKNOWN_KEY
    assert issuer.asked() == 1  # asked moments ago already


def test_a_rotated_key_is_found_and_the_old_one_forgotten(issuer: LocalIssuer) -> None:
    ring = keyring.of(issuer.terms())
    assert ring.find("one", now=NOON) is not None
    issuer.keys = [oidc_issuer.rsa_key("three")]
    assert ring.find("three", now=NOON + PAUSE) is not None
    assert ring.find("one", now=NOON + PAUSE) is None
    assert issuer.asked() == 2


def test_a_withdrawn_key_counts_for_five_minutes_more(issuer: LocalIssuer) -> None:
    ring = keyring.of(issuer.terms())
    assert ring.find("one", now=NOON) is not None
    issuer.keys = [EC]
    assert ring.find("one", now=NOON + FRESH - timedelta(seconds=1)) is not None
    assert ring.find("one", now=NOON + FRESH) is None


def test_known_keys_outlive_an_outage_for_an_hour(issuer: LocalIssuer) -> None:
    ring = keyring.of(issuer.terms())
    ring.find("one", now=NOON)
    issuer.server.reply(JWKS, Reply("down", 503))
    assert ring.find("one", now=NOON + FRESH) is not None
    with pytest.raises(IssuerUnavailable):
        ring.find("new", now=NOON + FRESH)
    with pytest.raises(IssuerUnavailable):
        ring.find("one", now=NOON + KEPT)


def test_while_one_thread_asks_the_others_do_not_wait(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keyring, "PATIENCE_S", 0.01)
    asked: list[str] = []

    def ask() -> dict[str, Any]:
        asked.append("again")
        with pytest.raises(IssuerUnavailable):
            ring.find("other", now=NOON)
        return {"one": {}}

    ring = Keyring(ask)
    assert ring.find("one", now=NOON) == {}
    assert asked == ["again"]


@pytest.mark.parametrize(
    "reply",
    [
        Reply("down", 503),
        Reply("<html>"),
        Reply("[]"),
        Reply({"keys": []}),
        Reply({"keys": {"kid": "one"}}),
        Reply({"keys": [{"kty": "oct", "kid": "one", "k": "c2VjcmV0"}]}),
        Reply({"keys": [RSA.public | {"use": "enc"}]}),
        Reply("", 302, {"Location": "http://127.0.0.1:9/keys"}),
        Reply(" " * 1_100_000),
    ],
    ids=["503", "html", "list", "no keys", "no list", "secret", "encryption", "redirect", "huge"],
)
def test_an_issuer_out_of_order_is_a_503_for_its_tokens_alone(
    issuer: LocalIssuer, ada: Player, world: World, reply: Reply
) -> None:
    issuer.server.reply(JWKS, reply)
    for path in (ME, "/api/v1/rounds"):
        for accept in ("application/json", "text/html"):
            headers = {"Authorization": f"Bearer {issuer.token(RSA)}", "Accept": accept}
            answer = Client().get(path, headers=headers)
            assert (answer.status_code, answer["Retry-After"]) == (503, "5")
    assert issuer.asked() == 1, "nobody else asks for a while"
    assert ask(world.bob_key).status_code == 200


def test_a_discovery_of_another_issuer_is_not_followed(issuer: LocalIssuer, ada: Player) -> None:
    for change in (
        {"issuer": "https://other.example"},
        {"jwks_uri": "http://keys.example.org/jwks"},
        {"jwks_uri": 7},
    ):
        keyring.forget()
        issuer.server.reply(DISCOVERY, Reply(issuer.discovery() | change))
        assert ask(issuer.token(RSA)).status_code == 503
    assert not issuer.asked()


def test_an_issuer_that_is_not_there_is_a_503(
    issuer: LocalIssuer, ada: Player, settings: Any
) -> None:
    settings.OIDC_JWKS_URL = "http://127.0.0.1:9/keys"
    answer = ask(issuer.token(RSA))
    assert (answer.status_code, answer.json()["retryable"]) == (503, True)
    assert "127.0.0.1:9" not in answer.content.decode()


def test_the_schema_tells_of_both_ways_in(client: Client, db: None) -> None:
    schemes = client.get("/api/v1/schema?format=json").json()["components"]["securitySchemes"]
    assert schemes["oidcToken"]["bearerFormat"] == "JWT"
    assert schemes["apiKey"]["scheme"] == "bearer"

"""A private league does not exist for outsiders: on no route, in no list, by no way of asking."""

import json
import re
import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.contrib.auth.models import User
from django.test import Client
from django.urls import resolve

from chain import verify
from league import keys, memberships, players
from league.models import Membership, Player, Round, Season
from league.models.membership import Role
from league.players import Profile
from predictions.models import Prediction
from tests import urlconf
from tests.api import private_world
from tests.api.private_world import NAME, SLUG, Den
from tests.api.world import HOUR, World, bearer

OUTSIDERS = ("anonymous", "outsider", "outsider's key")
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>")
METHODS = ("get", "head", "post", "put", "patch", "delete", "options")
ENTRY = {"form": "prob_up", "prob_up": "0.5"}
# What a route of that last word would take.
BODIES: dict[str, dict[str, str]] = {
    "prediction": ENTRY, "typed-data": ENTRY, "<uuid:member_id>": {"role": "operator"},
    "owner": {"member": "0193f8a0-0000-7000-8000-000000000001"},
    "seasons": {"name": "Mine", "ends_at": "2035-01-01T00:00:00Z"},
    "invites": {"expires_at": "2035-01-01T00:00:00Z"},
}  # fmt: skip
QUERIES = (
    "", "?limit=200", "?format=csv", f"?season={SLUG}", f"?league={SLUG}", "?anonymous=true",
    f"?season={SLUG}&horizon=1h&kind=human", f"?season={SLUG}&player=dora", "?players=dora,alice",
    f"?players=dora,dora-bot&season={SLUG}", f"?season={SLUG}&format=csv", "?status=final",
    "?asset=BTC",
)  # fmt: skip


@pytest.fixture
def den(world: World, settings: Any) -> Den:
    settings.RATE_LIMIT_RPM = 1_000_000
    settings.ENABLE_USER_REGISTRATION = True
    return private_world.build(world)


def private(den: Den, round_: Round) -> dict[str, str]:
    """Every parameter of every route, pointing into the private league where it can."""
    is_open = round_.pk == den.open_round.pk
    return public() | {
        "slug": SLUG,
        "round_id": str(round_.pk),
        "prediction_id": str((den.sealed if is_open else den.word).pk),
        "member_id": str(den.member.pk),
        "invite_id": str(den.invite.pk),
        "handle": "dora",
    }


def public() -> dict[str, str]:
    """The others, and what exists nowhere for those."""
    nowhere = str(uuid.UUID(int=7 << 76 | 2 << 62))
    return {
        "slug": "no-such-thing", "round_id": nowhere, "prediction_id": nowhere,
        "member_id": nowhere, "invite_id": nowhere, "handle": "dora", "code": "invalid",
        "prefix": "0" * 16, "webhook_id": nowhere, "delivery_id": nowhere, "model_id": nowhere,
        "run_id": nowhere,
        "symbol": "ETH", "address": "0x" + "0" * 39 + "1",
    }  # fmt: skip


def routes() -> list[str]:
    return [route for route in urlconf.routes() if not route.startswith(("admin", "api/auth"))]


def addressed(route: str, known: dict[str, str]) -> str:
    """A route with a parameter this test does not know fails it."""
    strange = set(PARAMETER.findall(route)) - set(known)
    assert not strange, f"{route}: say in `public` and `private` what {strange} points at"
    path = "/" + PARAMETER.sub(lambda match: known[match[1]], route)
    assert resolve(path).route == route
    return path


def body_of(answer: Any) -> str:
    return (b"".join(answer) if answer.streaming else answer.content).decode()


def told(answer: Any, asked: dict[str, str]) -> tuple[Any, ...]:
    """An answer without what it repeats of the question."""
    body = body_of(answer)
    for value in sorted(set(asked.values()), key=len, reverse=True):
        body = body.replace(value, "")
    body = re.sub(r'"request_id": ?"[^"]*"', "", body)
    body = re.sub(r'"(now|as_of|timestamp)": ?"[^"]*"', "", body)
    body = re.sub(r'name="csrfmiddlewaretoken" value="[^"]*"|csrfToken: "[^"]*"', "", body)
    return answer.status_code, answer.get("Allow"), body


# -- outsiders ------------------------------------------------------------------------------------
@pytest.mark.parametrize("who", OUTSIDERS)
def test_no_route_tells_an_outsider_of_it(den: Den, who: str) -> None:
    client, access = private_world.clients(den)[who]
    marks, seen = den.marks(), 0
    for route in routes():
        for round_, queries in ((den.final_round, QUERIES), (den.open_round, [""])):
            path = addressed(route, private(den, round_))
            for query in queries:
                answer = client.get(path + query, **access)
                seen += 1
                assert answer.status_code < 500, path + query
                body = body_of(answer).replace(path, "").replace(f"={SLUG}", "")
                found = [mark for mark in marks if mark in body]
                assert not found, (path + query, found)
    assert seen > 800


@pytest.mark.parametrize("who", OUTSIDERS)
def test_it_answers_an_outsider_as_what_exists_nowhere(den: Den, who: str) -> None:
    """Every route that can point into it, by every method and with every sort of body."""
    client, access = private_world.clients(den)[who]
    into = {"slug", "round_id", "prediction_id", "member_id", "invite_id"}
    pointing = [route for route in routes() if into & set(PARAMETER.findall(route))]
    assert len(pointing) >= 22
    before = Prediction.objects.count(), Membership.objects.count()
    for route, method, body in [(one, *rest) for one in pointing for rest in asking(one)]:
        nowhere = told(ask(client, method, addressed(route, public()), body, access), public())
        assert nowhere[0] >= 400 or method == "options", (method, route)
        for round_ in (den.final_round, den.open_round) if "_id>/" in route else (den.open_round,):
            known = private(den, round_)
            here = told(ask(client, method, addressed(route, known), body, access), known)
            assert here == nowhere, (method, route, body)
    assert (Prediction.objects.count(), Membership.objects.count()) == before


def asking(route: str) -> Iterator[tuple[str, Any]]:
    """Every method, those that write with nothing and with what the route would take."""
    wanted = BODIES.get(route.rpartition("/")[2], {"some": "thing"})
    for method in METHODS:
        for body in ({}, wanted) if method in {"post", "put", "patch"} else (None,):
            yield method, body


def ask(client: Client, method: str, path: str, body: Any, access: dict[str, Any]) -> Any:
    if body is None:
        return getattr(client, method)(path, **access)
    return getattr(client, method)(path, json.dumps(body), "application/json", **access)


@pytest.mark.parametrize("who", ["outsider's key", "staff"])
def test_entering_is_refused_to_whoever_is_no_member(den: Den, who: str) -> None:
    """Organisers look on: they play where they are members."""
    client, access = private_world.clients(den)[who]
    if who == "staff":
        user = User.objects.get(username="chief")
        players.register_human(profile=Profile("chief", "Chief"), user=user, now=den.world.now)
    entry = ENTRY
    path = f"/api/v1/rounds/{den.open_round.pk}/prediction"
    items = [{"round": str(key.pk)} | entry for key in (den.world.open_round, den.open_round)]
    for target, body in (
        (path, entry),
        (f"{path}?dry_run=true", entry),
        (f"{path}/typed-data", entry),
        ("/api/v1/predictions/bulk", {"items": items}),
        ("/api/v1/predictions/bulk?dry_run=true", {"items": items}),
    ):
        answer = ask(client, "post", target, body, access)
        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), target
    assert client.delete(path, **access).status_code == 404
    keyed = {"headers": access.get("headers", {}) | {"Idempotency-Key": "once"}}
    assert ask(client, "put", path, entry, keyed).status_code == 404
    assert not Prediction.objects.filter(round=den.open_round).exclude(
        player__handle__startswith="dora"
    )
    assert not Prediction.objects.filter(round=den.world.open_round).exists()


def test_a_player_without_an_account_is_an_outsider(den: Den) -> None:
    ghost = players.register_human(profile=Profile("ghost", "G"), user=None, now=den.world.now)
    access = bearer(keys.issue(player=ghost, now=den.world.now, scopes=keys.SCOPES).secret)
    assert Client().get(f"/api/v1/rounds/{den.open_round.pk}", **access).status_code == 404
    assert SLUG not in Client().get("/api/v1/leagues", **access).content.decode()
    for path, body in (
        ("/api/v1/invites/accept", {"token": den.token}),
        ("/api/v1/leagues", LEAGUE),
    ):
        answer = ask(Client(), "post", path, body, access)
        assert (answer.status_code, answer.json()["code"]) == (403, "forbidden")


def test_the_predecessors_call_takes_no_private_round(den: Den) -> None:
    Season.objects.filter(pk=den.season.pk).update(starts_at=den.world.now)  # the newest of all
    wallet = "0x00000000000000000000000000000000000000d1"
    Player.objects.filter(handle="dora-bot").update(wallet_address=wallet)
    body = {"user_address": wallet, "prediction_value": str(den.world.price())}
    answer = ask(Client(), "post", "/api/v1/predict", body, bearer(den.bot_key))
    assert answer.status_code == 201, answer.content
    assert answer.json()["round"] == str(den.world.open_round.pk)


# -- members --------------------------------------------------------------------------------------
# What a member's GET of a route that points into the league answers, where it is not 200.
ASIDE = {
    "api/v1/leagues/<slug:slug>/seasons": 405,
    "api/v1/leagues/<slug:slug>/members/<uuid:member_id>": 405,
    "api/v1/leagues/<slug:slug>/owner": 405,
    "api/v1/leagues/<slug:slug>/invites": 403,
    "api/v1/leagues/<slug:slug>/invites/<uuid:invite_id>": 405,
    "api/v1/rounds/<uuid:round_id>/prediction/typed-data": 405,
}
STAFFS = {
    "api/v1/leagues/<slug:slug>/membership": 404,
    "api/v1/leagues/<slug:slug>/invites": 404,
    "api/v1/rounds/<uuid:round_id>/prediction": 403,  # an organiser without a player
}


@pytest.mark.parametrize("who", ["member", "member's bot", "staff"])
def test_members_and_organisers_read_all_of_it(den: Den, who: str) -> None:
    client, access = private_world.clients(den)[who]
    expected = ASIDE | (STAFFS if who == "staff" else {})
    if who == "member's bot":
        expected = ASIDE | {"rounds/<uuid:round_id>": 404}  # pages know sessions alone
    known, into = private(den, den.final_round), {"slug", "round_id", "prediction_id"}
    for route in routes():
        named = set(PARAMETER.findall(route))
        if not into & named or "run_id" in named:  # a run is its player's, of no league
            continue
        answer = client.get(addressed(route, known), **access)
        assert answer.status_code == expected.get(route, 200), (route, answer.content)
        assert "public" not in answer.get("Cache-Control", ""), route


@pytest.mark.parametrize("who", ["member", "member's bot", "staff"])
def test_members_find_it_in_lists_boards_records_and_pages(den: Den, who: str) -> None:
    client, access = private_world.clients(den)[who]
    shown = {
        "/api/v1/leagues": SLUG,
        f"/api/v1/seasons?league={SLUG}": den.season.rules_hash,
        f"/api/v1/rounds?season={SLUG}": str(den.open_round.pk),
        f"/api/v1/leaderboard?season={SLUG}": "dora-bot",
        f"/api/v1/versus?season={SLUG}&players=dora,dora-bot": '"rounds":1',
        f"/api/v1/players/dora/track-record?season={SLUG}": '"season_rounds":1',
        f"/api/v1/seasons/{SLUG}/scores?format=csv": str(den.final_round.pk),
        f"/api/v1/predictions/{den.word.pk}/receipt": den.season.pinned["salt"],
    }
    if who != "member's bot":
        shown |= {f"/?season={SLUG}": NAME, f"/leaderboard?season={SLUG}": "Dora"}
        shown |= {f"/players/dora?season={SLUG}": NAME, f"/rounds/{den.final_round.pk}": "Dora"}
    for path, mark in shown.items():
        answer = client.get(path, **access)
        assert answer.status_code == 200, path
        assert mark in body_of(answer), path
        assert "public" not in answer.get("Cache-Control", ""), path
        if not path.startswith("/api/"):
            assert answer["Cache-Control"] == "private"
            assert "Cookie" in answer["Vary"]


def test_a_page_without_a_season_stays_the_publics(den: Den) -> None:
    Season.objects.filter(pk=den.season.pk).update(starts_at=den.world.now)
    client, _ = private_world.clients(den)["member"]
    assert '<a href="?season=demo" aria-current="true">' in body_of(client.get("/"))
    assert client.get("/api/v1/leaderboard").json()["season"] == "demo"


def test_entries_of_an_open_round_are_sealed_among_members_too(den: Den) -> None:
    client, _ = private_world.clients(den)["owner"]
    assert client.get(f"/api/v1/predictions/{den.sealed.pk}").status_code == 404
    answer = client.get(f"/api/v1/rounds/{den.open_round.pk}/predictions")
    assert (answer.status_code, answer.json()["code"]) == (409, "entries_sealed")


def test_a_private_board_read_by_a_member_is_kept_for_nobody(den: Den) -> None:
    client, _ = private_world.clients(den)["member"]
    path = f"/api/v1/leaderboard?season={SLUG}"
    first = client.get(path)
    assert first.status_code == 200
    known: dict[str, Any] = {"headers": {"If-None-Match": first["ETag"]}}
    assert client.get(path, **known).status_code == 304
    assert Client().get(path, **known).status_code == 404
    assert Client().get(path).status_code == 404


def test_a_member_enters_alone_in_bulk_and_tries_first(den: Den) -> None:
    access, entry = bearer(den.bot_key), ENTRY
    path = f"/api/v1/rounds/{den.open_round.pk}/prediction"
    dry = ask(Client(), "post", f"{path}?dry_run=true", entry, access)
    assert (dry.status_code, dry.json()["prediction"]) == (200, None)
    assert ask(Client(), "post", path, entry, access).status_code == 200  # it had entered before
    items = [{"round": str(key.pk)} | entry for key in (den.world.open_round, den.open_round)]
    bulk = ask(Client(), "post", "/api/v1/predictions/bulk", {"items": items}, access)
    assert bulk.status_code == 200, bulk.content
    assert client_deletes(path, access) == 204


def client_deletes(path: str, access: dict[str, Any]) -> int:
    return int(Client().delete(path, **access).status_code)


def test_whoever_is_removed_is_an_outsider_with_a_past(den: Den) -> None:
    """Their own words stay theirs to read and to prove; everything else is gone at once."""
    assert memberships.remove(den.member, by=den.owner, now=den.world.now)
    client, _ = private_world.clients(den)["member"]
    for path in (
        f"/api/v1/leagues/{SLUG}", f"/api/v1/seasons/{SLUG}",
        f"/api/v1/rounds/{den.open_round.pk}", f"/api/v1/leaderboard?season={SLUG}",
        f"/rounds/{den.final_round.pk}", f"/api/v1/leagues/{SLUG}/members",
        f"/api/v1/rounds/{den.final_round.pk}/leaves",
    ):  # fmt: skip
        assert client.get(path).status_code == 404, path
    others = Prediction.objects.get(round=den.final_round, player__handle="dora-bot")
    assert client.get(f"/api/v1/predictions/{others.pk}").status_code == 404
    assert client.get(f"/api/v1/predictions/{den.word.pk}/receipt").status_code == 200


# -- how one makes one ----------------------------------------------------------------------------
LEAGUE = {
    "slug": "friends", "name": "Among friends", "assets": ["BTC"], "horizons": ["1h", "24h"],
    "cadence": {"1h": 7200},
}  # fmt: skip


def test_from_founding_to_leaving(den: Den) -> None:
    """The whole story over HTTP: Alice founds, Bob joins, decides, and goes."""
    alice, bob = Client(), Client()
    user = Player.objects.get(handle="alice").user
    assert user is not None
    alice.force_login(user)
    bob.force_login(den.world.bobs_account)
    made = ask(alice, "post", "/api/v1/leagues", LEAGUE, {})
    assert made.status_code == 201, made.content
    home = f"/api/v1/leagues/{made.json()['slug']}"
    assert bob.get(home).status_code == 404
    season = ask(
        alice, "post", f"{home}/seasons", {"name": "Spring", "ends_at": later(den, 30)}, {}
    )
    assert season.status_code == 201, season.content
    assert season.json()["price_mode"] == "simulated"
    again = ask(alice, "post", f"{home}/seasons", {"name": "Two", "ends_at": later(den, 9)}, {})
    assert (again.status_code, again.json()["code"]) == (409, "conflict")
    invite = ask(alice, "post", f"{home}/invites", {"expires_at": later(den, 3)}, {}).json()
    assert invite["token"] not in alice.get(f"{home}/invites").content.decode()
    accepted = ask(bob, "post", "/api/v1/invites/accept", {"token": invite["token"]}, {})
    assert accepted.json()["role"] == "member"
    assert bob.get(f"{home}/membership").json()["league"] == made.json()["slug"]
    rows = bob.get(f"{home}/members").json()["results"]
    assert [(row["player"], row["role"]) for row in rows] == [
        ("alice", "owner"),
        ("bob", "member"),
    ]
    bobs = f"{home}/members/{rows[1]['id']}"
    assert (
        ask(bob, "post", f"{home}/invites", {"expires_at": later(den, 3)}, {}).status_code == 403
    )
    assert ask(alice, "patch", bobs, {"role": "operator"}, {}).json()["role"] == "operator"
    assert (
        ask(bob, "post", f"{home}/invites", {"expires_at": later(den, 3)}, {}).status_code == 201
    )
    kept = ask(alice, "delete", f"{home}/membership", None, {})
    assert (kept.status_code, kept.json()["code"]) == (409, "conflict")
    handed = ask(alice, "put", f"{home}/owner", {"member": rows[1]["id"]}, {})
    assert handed.json()["role"] == "operator"
    assert alice.delete(f"{home}/membership").status_code == 204
    assert alice.get(home).status_code == 404
    assert bob.get(f"{home}/membership").json()["role"] == "owner"


def later(den: Den, days: int) -> str:
    return str((den.world.now + days * 24 * HOUR).isoformat())


@pytest.mark.parametrize("fate", ["revoked", "unknown", "used"])
def test_a_dead_token_is_not_found(den: Den, fate: str) -> None:
    owner, _ = private_world.clients(den)["owner"]
    outsider = Client()
    outsider.force_login(den.world.bobs_account)
    token = den.token
    if fate == "revoked":
        path = f"/api/v1/leagues/{SLUG}/invites/{den.invite.pk}"
        assert owner.delete(path).status_code == 204
    elif fate == "used":
        type(den.invite).objects.update(uses=1)
    else:
        token = "lg_invite_" + "0" * 64
    answer = ask(outsider, "post", "/api/v1/invites/accept", {"token": token}, {})
    assert answer.status_code == 404
    assert answer.json()["detail"] == "There is no such invitation, or not any more."


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"slug": "Not a slug"}, "/slug"),
        ({"slug": "x" * 38}, "/slug"),
        ({"name": "\u202e"}, "/name"),
        ({"assets": []}, "/assets"),
        ({"assets": ["NOPE"]}, "/assets"),
        ({"horizons": ["1h", "1h"]}, "/horizons"),
        ({"horizons": ["2h"]}, "/horizons"),
        ({"cadence": {"1h": 61}}, "/cadence"),
        ({"cadence": {"7d": 86_400}}, "/cadence"),
        ({"settle_deadline_s": 59}, "/settle_deadline_s"),
        ({"visibility": "public"}, "/visibility"),
    ],
)
def test_a_league_is_checked_before_it_is_made(
    den: Den, change: dict[str, Any], pointer: str
) -> None:
    client, _ = private_world.clients(den)["outsider"]
    answer = ask(client, "post", "/api/v1/leagues", LEAGUE | change, {})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid")
    assert pointer in [error["pointer"] for error in answer.json()["errors"]]


def test_too_many_rounds_and_too_many_leagues_are_refused(den: Den, settings: Any) -> None:
    client, _ = private_world.clients(den)["outsider"]
    often = LEAGUE | {"horizons": ["5m"], "cadence": {"5m": 60}}
    assert ask(client, "post", "/api/v1/leagues", often, {}).json()["code"] == "invalid"
    settings.LEAGUES_PER_ACCOUNT = 1
    headers = {"headers": {"Idempotency-Key": "league-1"}}
    first = ask(client, "post", "/api/v1/leagues", LEAGUE, headers)
    assert ask(client, "post", "/api/v1/leagues", LEAGUE, headers).json() == first.json()
    assert ask(client, "post", "/api/v1/leagues", LEAGUE, {}).json()["code"] == "conflict"


def test_a_key_decides_only_with_the_scope_for_it(den: Den) -> None:
    weak = bearer(keys.issue(player=den.world.bob, now=den.world.now).secret)
    refused = ask(Client(), "post", "/api/v1/leagues", LEAGUE, weak)
    assert (refused.status_code, refused.json()["code"]) == (403, "insufficient_scope")
    for path in ("/api/v1/invites/accept", f"/api/v1/leagues/{SLUG}/invites"):
        assert ask(Client(), "post", path, {}, weak).json()["code"] == "insufficient_scope"
    scopes = ["read", "league"]
    strong = keys.issue(player=den.world.bob, now=den.world.now, scopes=scopes).secret
    made = ask(Client(), "post", "/api/v1/leagues", LEAGUE, bearer(strong))
    assert made.status_code == 201
    assert Membership.objects.get(league__slug=made.json()["slug"]).role == Role.OWNER
    assert Client().get(f"/api/v1/leagues/{made.json()['slug']}", **weak).status_code == 200


# -- rules anybody can check ----------------------------------------------------------------------
@pytest.mark.parametrize("slug", ["demo", SLUG])
def test_the_rules_hash_follows_from_the_rules_shown(den: Den, slug: str) -> None:
    client, _ = private_world.clients(den)["member"]
    shown = client.get(f"/api/v1/seasons/{slug}").json()
    canonical = json.dumps(shown["rules"], sort_keys=True, separators=(",", ":")).encode()
    assert verify.keccak(canonical).hex() == shown["rules_hash"]
    changed = canonical.replace(b'"wis-1"', b'"wis-2"')
    assert verify.keccak(changed).hex() != shown["rules_hash"]

"""Who may do what: one row for every route and method, for everybody there is.

A new route or method fails here until it has a row. A row says what each of IDENTITIES is told:
write it with `public`, `personal` or `private`, name who is told something else, and give a body
that would be accepted. New kinds of things to point at go to `places` in tests/api/cast.py.
"""

from collections.abc import Iterator
from typing import Any, Final, NamedTuple
from uuid import UUID

import pytest
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from tests import urlconf
from tests.api import cast as casts
from tests.api.cast import IDENTITIES, Cast
from tests.api.world import ALICE_WALLET, World

METHODS: Final = ("GET", "POST", "PUT", "PATCH", "DELETE")
REFUSED: Final = frozenset({401, 403, 404, 405})
NOBODYS: Final = "00000000-0000-7000-8000-000000000000"


class Row(NamedTuple):
    """The status each of IDENTITIES is answered with, and the body that is sent."""

    told: dict[str, int]
    body: dict[str, Any] | None = None


def row(status: int, body: dict[str, Any] | None = None, **but: int) -> Row:
    return Row(dict.fromkeys(IDENTITIES, status) | but, body)


def everyone(status: int = 200, body: dict[str, Any] | None = None) -> Row:
    """Pages and endpoints that look at no key."""
    return row(status, body)


def unscoped(status: int = 200, body: dict[str, Any] | None = None) -> Row:
    """What no key needs a scope for; one that is refused is refused here, too."""
    return row(status, body, closed=401)


def public(status: int = 200) -> Row:
    """The same for all; only a key is held to its scopes."""
    return row(status, narrow=403, closed=401)


def personal(status: int, body: dict[str, Any] | None = None, **but: int) -> Row:
    """For anybody with an identity, about themselves."""
    return row(status, body, **({"anonymous": 401, "narrow": 403, "closed": 401} | but))


def private(status: int, body: dict[str, Any] | None = None, **but: int) -> Row:
    """The owner's alone, by session or key: not there for others, organisers included."""
    others = {"other": 404, "staff": 404, "bot": 404}
    return personal(status, body, **(others | but))


ENTRY = {"form": "prob_up", "prob_up": "0.6"}
POINT = {"user_address": ALICE_WALLET, "prediction_value": "{price}"}
HOOK = {"url": "https://hook.example.org/new", "events": ["round.opened"]}
ADDRESS = {"address": "0x00000000000000000000000000000000000000a1"}
MESSAGE = {"message": "hello", "signature": "0x" + "1b" * 65}
LEAGUE = {
    "slug": "circle", "name": "Circle", "assets": ["ETH"], "horizons": ["24h"],
}  # fmt: skip
SEASON = {"name": "Spring", "ends_at": "{tomorrow}"}
INVITE = {"role": "member", "max_uses": 1, "expires_at": "{tomorrow}"}
RUN_PLAN = {
    "symbols": ["ETH"], "horizon": "1h", "starts_at": "{starts_at}", "ends_at": "{ends_at}",
}  # fmt: skip
MACHINE = "api/v1/time-machine"
RUN = f"{MACHINE}/<uuid:run_id>"
BOT = {"handle": "new-bot", "name": "Bot", "is_primary": False}

TABLE: Final[dict[str, dict[str, Row]]] = {
    # -- pages and the service ------------------------------------------------------------------
    "": {"GET": everyone()},
    "how-scoring-works": {"GET": everyone()},
    "leaderboard": {"GET": everyone()},
    "players/<slug:handle>": {"GET": everyone()},
    "rounds/<uuid:round_id>": {"GET": everyone()},
    "problems": {"GET": everyone()},
    "problems/<slug:code>": {"GET": everyone()},
    "health": {"GET": everyone()},
    "livez": {"GET": everyone()},
    "readyz": {"GET": everyone()},
    "metrics": {"GET": everyone()},
    "api/auth/login/": {"GET": everyone(), "POST": everyone(), "PUT": everyone()},
    "api/auth/logout/": {"POST": everyone(302)},
    # -- what everybody reads -------------------------------------------------------------------
    "api/v1/": {"GET": public()},
    "api/v1/assets": {"GET": public()},
    "api/v1/assets/<str:symbol>": {"GET": public()},
    "api/v1/assets/<str:symbol>/bars": {"GET": public()},
    "api/v1/docs": {"GET": unscoped()},
    "api/v1/schema": {"GET": unscoped()},
    "api/v1/forecasters": {"GET": public()},
    "api/v1/leaderboard": {"GET": public()},
    "api/v1/leagues": {"GET": public(), "POST": personal(201, LEAGUE)},
    "api/v1/leagues/<slug:slug>": {"GET": public()},
    "api/v1/models": {"GET": public()},
    "api/v1/models/<uuid:model_id>": {"GET": public(404)},
    "api/v1/players": {"GET": public()},
    "api/v1/players/<slug:handle>": {"GET": public()},
    "api/v1/players/<slug:handle>/calibration": {"GET": public()},
    "api/v1/players/<slug:handle>/rating-history": {"GET": public()},
    "api/v1/players/<slug:handle>/track-record": {"GET": public()},
    "api/v1/price": {"GET": public()},
    "api/v1/rounds": {"GET": public()},
    "api/v1/rounds/<uuid:round_id>": {"GET": public()},
    "api/v1/rounds/<uuid:round_id>/events": {"GET": public()},
    "api/v1/rounds/<uuid:round_id>/observations": {"GET": public()},
    "api/v1/rounds/<uuid:round_id>/anchor": {"GET": public()},
    "api/v1/rounds/<uuid:round_id>/leaves": {"GET": public(409)},
    "api/v1/rounds/<uuid:round_id>/predictions": {"GET": public(409)},
    "api/v1/seasons": {"GET": public()},
    "api/v1/seasons/<slug:slug>": {"GET": public()},
    "api/v1/seasons/<slug:slug>/scores": {"GET": public()},
    "api/v1/time": {"GET": public()},
    "api/v1/verdict": {"GET": public()},
    "api/v1/versus": {"GET": public(400)},
    "api/v1/chain/abi": {"GET": unscoped()},
    "api/v1/chain/anchors": {"GET": unscoped()},
    "api/v1/chain/info": {"GET": unscoped()},
    "api/v1/chain/ledger": {"GET": unscoped()},
    "api/v1/chain/verify": {"POST": unscoped(200, {})},
    # -- signing in -------------------------------------------------------------------------------
    "api/v1/auth/wallet/nonce": {"POST": unscoped(201, ADDRESS)},
    "api/v1/auth/wallet/verify": {"POST": everyone(400, MESSAGE)},
    # -- registration by address: closed unless the operator opens it -----------------------------
    "api/v1/users/register": {"POST": everyone(404, ADDRESS)},
    "api/v1/users/<str:address>": {"GET": public(404)},
    # -- what is one's own -------------------------------------------------------------------
    "api/v1/keys": {
        "GET": personal(200),
        "POST": personal(201, {"scopes": ["predict"]}, key=403, bot=403, staff=403),
    },
    "api/v1/keys/<slug:prefix>": {"DELETE": private(204)},
    "api/v1/keys/<slug:prefix>/rotate": {"POST": private(201, {"overlap_s": 60}, key=403)},
    "api/v1/players/me": {
        "GET": personal(200, staff=403),
        "POST": personal(409, {"handle": "new-one", "name": "New"}, staff=201),
    },
    "api/v1/players/me/bots": {"POST": personal(201, BOT)},
    "api/v1/players/me/wallet": {
        "POST": personal(400, MESSAGE, staff=403),
        "DELETE": personal(204, staff=403),
    },
    "api/v1/predict": {"POST": personal(403, POINT, owner=200, key=200)},
    "api/v1/predictions/<uuid:prediction_id>": {
        "GET": private(200, anonymous=404),
    },
    "api/v1/predictions/<uuid:prediction_id>/history": {"GET": private(200, anonymous=404)},
    "api/v1/predictions/<uuid:prediction_id>/receipt": {"GET": private(409, anonymous=404)},
    "api/v1/predictions/bulk": {"POST": personal(400, {"items": []})},
    "api/v1/predictions/mine": {"GET": personal(200, staff=403)},
    "api/v1/rounds/<uuid:round_id>/prediction": {
        "GET": private(200, staff=403),
        "POST": personal(201, ENTRY, owner=200, key=200, staff=403),
        "PUT": personal(201, ENTRY, owner=200, key=200, staff=403),
        "DELETE": personal(409, owner=204, key=204, staff=403),
    },
    "api/v1/rounds/<uuid:round_id>/prediction/typed-data": {
        "POST": personal(409, ENTRY, staff=403),
    },
    # -- leagues from the inside: other is a member, staff is none -------------------------------
    "api/v1/leagues/<slug:slug>/seasons": {
        "POST": personal(409, SEASON, other=403, staff=404),
    },
    "api/v1/leagues/<slug:slug>/members": {"GET": personal(200)},
    "api/v1/leagues/<slug:slug>/members/<uuid:member_id>": {
        "PATCH": personal(200, {"role": "operator"}, other=403, staff=404),
        "DELETE": personal(204, other=403, staff=404),
    },
    "api/v1/leagues/<slug:slug>/membership": {
        "GET": personal(200, staff=404),
        "DELETE": personal(409, other=204, staff=404),
    },
    "api/v1/leagues/<slug:slug>/owner": {
        "PUT": personal(200, {"member": "{member_id}"}, other=403, staff=404),
    },
    "api/v1/leagues/<slug:slug>/invites": {
        "GET": personal(200, other=403, staff=404),
        "POST": personal(201, INVITE, other=403, staff=404),
    },
    "api/v1/leagues/<slug:slug>/invites/<uuid:invite_id>": {
        "DELETE": personal(204, other=403, staff=404),
    },
    "api/v1/invites/accept": {"POST": personal(404, {"token": "lg_invite_" + "0" * 64})},
    # -- the time machine: a run is its player's alone -------------------------------------------
    MACHINE: {
        "GET": personal(200, staff=403),
        "POST": personal(201, RUN_PLAN, staff=403),
    },
    RUN: {"GET": private(200, staff=403), "DELETE": private(204, staff=403)},
    f"{RUN}/advance": {"POST": private(200, {"to": "next"}, staff=403)},
    f"{RUN}/time": {"GET": private(200, staff=403)},
    f"{RUN}/assets/<str:symbol>/bars": {"GET": private(200, staff=403)},
    f"{RUN}/price": {"GET": private(200, staff=403)},
    f"{RUN}/rounds": {"GET": private(200, staff=403)},
    f"{RUN}/rounds/<uuid:round_id>": {"GET": private(200, staff=403)},
    f"{RUN}/rounds/<uuid:round_id>/prediction": {
        "GET": private(200, staff=403),
        "POST": private(200, ENTRY, staff=403),
        "PUT": private(200, ENTRY, staff=403),
        "DELETE": private(204, staff=403),
    },
    f"{RUN}/predictions/mine": {"GET": private(200, staff=403)},
    f"{RUN}/predictions/<uuid:prediction_id>": {"GET": private(200, staff=403)},
    "api/v1/webhooks": {"GET": personal(200), "POST": personal(201, HOOK)},
    "api/v1/webhooks/<uuid:webhook_id>": {
        "GET": private(200, bot=200),
        "PATCH": private(200, {"description": "mine"}, bot=200),
        "DELETE": private(204, bot=204),
    },
    "api/v1/webhooks/<uuid:webhook_id>/deliveries": {"GET": private(200, bot=200)},
    "api/v1/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>": {
        "GET": private(200, bot=200)
    },
    "api/v1/webhooks/<uuid:webhook_id>/deliveries/<uuid:delivery_id>/replay": {
        "POST": private(409, bot=409)
    },
    "api/v1/webhooks/<uuid:webhook_id>/ping": {"POST": private(202, bot=202)},
    "api/v1/webhooks/<uuid:webhook_id>/secret": {"POST": private(200, bot=200)},
}


@pytest.fixture
def cast(world: World, settings: Any) -> Cast:
    settings.RATE_LIMIT_RPM = 1_000_000
    return casts.gather(world)


def routes() -> list[str]:
    return [route for route in urlconf.routes() if not route.startswith("admin/")]


# -- the table is whole -------------------------------------------------------------------------
def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(TABLE) == set(routes())


def test_every_method_of_a_view_has_a_row() -> None:
    for route, view in views(get_resolver().url_patterns, ""):
        if view is not None and not route.startswith("admin/"):
            offered = {
                method
                for method in METHODS
                if method.lower() in view.http_method_names and hasattr(view, method.lower())
            }
            assert offered == set(TABLE[route]), route


def views(patterns: list[Any], prefix: str) -> Iterator[tuple[str, Any]]:
    """Every route with its view's class; None for a function."""
    for pattern in patterns:
        here = prefix + str(pattern.pattern).removeprefix("^")
        if isinstance(pattern, URLResolver):
            yield from views(pattern.url_patterns, here)
        elif isinstance(pattern, URLPattern):
            view: Any = pattern.callback
            yield here, getattr(view, "cls", getattr(view, "view_class", None))


# -- and true -----------------------------------------------------------------------------------
@pytest.mark.parametrize("route", sorted(TABLE), ids=lambda part: part or "/")
def test_everybody_is_told_what_their_row_says(cast: Cast, route: str) -> None:
    """And nobody does what has no row."""
    for method, (expected, body) in TABLE[route].items():
        told = {who: status(cast, who, method, route, body) for who in IDENTITIES}
        assert told == expected, method
    for method in sorted(set(METHODS) - set(TABLE[route])):
        for who in IDENTITIES:
            assert status(cast, who, method, route) in REFUSED, (method, who)


@pytest.mark.parametrize(
    "route",
    [
        route
        for route, rows in TABLE.items()
        if any(row.told["other"] == 404 for row in rows.values())
    ],
)
def test_what_is_anothers_is_told_of_like_what_is_not_there(cast: Cast, route: str) -> None:
    """Nobody learns from an answer that a thing exists."""
    things = ("prediction_id", "webhook_id", "delivery_id", "run_id")
    nowhere = cast.but(dict.fromkeys(things, str(UUID(NOBODYS))) | {"prefix": "0" * 16})
    for method, (told, body) in TABLE[route].items():
        for who in ("other", "staff", "bot"):
            if told["other"] == told[who] == 404:
                theirs, absent = (one.ask(who, method, route, body) for one in (cast, nowhere))
                assert plain(theirs) == plain(absent), (method, who)


def plain(answer: Any) -> dict[str, Any]:
    """What the answer says, but for the address and number of the question."""
    said: dict[str, Any] = answer.json() | {"instance": "", "request_id": ""}
    return said | {"status": answer.status_code, "headers": sorted(answer.headers)}


def status(cast: Cast, who: str, method: str, route: str, body: Any = None) -> int:
    answer = cast.ask(who, method, route, body)
    answer.close()
    return int(answer.status_code)


# -- the admin ------------------------------------------------------------------------------------
def test_the_admin_opens_for_organisers_alone(cast: Cast) -> None:
    doors = {"admin/login/", "admin/logout/", "admin/jsi18n/"}
    for route in urlconf.routes():
        if not route.startswith("admin/") or route in doors or "<" in route or "(" in route:
            continue
        for who in set(IDENTITIES) - {"staff"}:
            for method in ("GET", "POST"):
                answer = cast.ask(who, method, route)
                assert answer.status_code == 302, (who, method, route)
                assert answer["Location"].startswith("/admin/login/"), route


def test_a_closed_accounts_session_is_nobodys(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.world.bobs_account)
    assert client.get("/api/v1/players/me").status_code == 200
    cast.world.bobs_account.is_active = False
    cast.world.bobs_account.save()
    assert client.get("/api/v1/players/me").status_code == 401
    assert client.get("/admin/").status_code == 302

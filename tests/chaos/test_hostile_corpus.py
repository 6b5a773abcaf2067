"""Invariant I25: whatever is asked, of whichever address, by whomever: never a server error.

The corpus (tests/api/hostile_corpus.py) meets every route of the URLconf under four identities; a
route it cannot address fails the test.
"""

import itertools
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote, urlencode

import pytest
from django.contrib import admin
from django.contrib.auth.models import User
from django.contrib.contenttypes.models import ContentType
from django.db import connection
from django.test import Client
from django.urls import resolve
from django.utils import timezone
from django_celery_beat import models as beat

from league import invites, memberships
from league.models import Delivery, Invite, Membership, Webhook
from league.models.membership import Role
from league.webhooks import deliveries, endpoints
from tests import urlconf
from tests.api import hostile_corpus as corpus
from tests.api import hostile_forms, hostile_requests
from tests.api import world as worlds
from tests.api.hostile_requests import CSRF, Ask
from tests.api.world import World
from tests.chaos import report
from tests.chaos.rollback import connected, undone

WHO = ("anonymous", "bot key", "session", "staff")
ROW = re.compile(r"admin/(\w+)/(\w+)/<path:object_id>")
FORMS = re.compile(r"/(add|change|password)/$|login/$|password_change/$")
WRITING = ("POST", "PUT", "POST", "PATCH", "POST", "DELETE") * 4
WRITTEN = (
    b"/prediction", b"/keys", b"/me", b"/bots", b"/predict", b"/verify", b"/register",
    b"/webhooks", b"/leagues", b"/seasons", b"/invites", b"/accept", b"/owner",
)  # fmt: skip
PARAMETER = re.compile(r"<(?:\w+:)?(\w+)>|\(\?P<(\w+)>[^)]*\)\$?")


@dataclass
class Siege:
    """The world under attack, and what has been counted."""

    world: World
    access: dict[str, dict[str, str]]
    secrets: list[str]
    asked: int = 0
    reached: set[str] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)
    turns: dict[str, Iterator[Any]] = field(default_factory=dict)
    drawn: Counter[str] = field(default_factory=Counter)

    def ask(self, ask: Ask, *, who: str) -> hostile_requests.Answer:
        with undone():  # and a statement PostgreSQL refused spoils no other request
            answer = hostile_requests.send(ask)
        self.asked += 1
        found = hostile_requests.faults(ask, answer, secrets=self.secrets)
        self.faults += [f"{who}: {ask}: {fault}" for fault in found]
        return answer

    def some(self, of: str, share: int) -> list[Any]:
        """The next `share` of a list of the corpus, going round: each meets many routes."""
        turning = self.turns.setdefault(of, itertools.cycle(corpus.LISTS[of]))
        self.drawn[of] += share
        return list(itertools.islice(turning, share))


@pytest.fixture
def siege(db: None, settings: Any) -> Iterator[Siege]:
    settings.RATE_LIMIT_RPM = 1_000_000
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]  # of speed
    settings.ENABLE_USER_REGISTRATION = True
    world = worlds.build(timezone.now().replace(microsecond=0))
    staff = User.objects.create_superuser("chief")
    every = beat.IntervalSchedule.objects.create(every=5, period=beat.IntervalSchedule.SECONDS)
    beat.PeriodicTask.objects.create(name="tick", task="league.advance_rounds", interval=every)
    beat.CrontabSchedule.objects.create()
    beat.SolarSchedule.objects.create(event="sunrise", latitude=1, longitude=2)
    beat.ClockedSchedule.objects.create(clocked_time=world.now)
    subscribed = endpoints.create(
        account=world.bobs_account,
        wanted=endpoints.Wanted("https://hook.example.org/", ["round.opened"], "https://a.b"),
        now=world.now,
    )
    deliveries.ping(subscribed.webhook, now=world.now)
    owner = memberships.own(world.season.league, user=world.bobs_account, now=world.now)
    until = world.now + timedelta(days=1)
    wanted = invites.Wanted(Role.MEMBER, until, max_uses=1)
    invites.issue(wanted, by=owner, now=world.now)
    sessions = [session_of(user) for user in (world.bobs_account, staff)]
    key = {"Authorization": f"Bearer {world.alice_key}"}
    access = dict(zip(WHO, ({}, key, *map(cookies, sessions)), strict=True))
    key_of = subscribed.secret.removeprefix("whsec_")
    secrets = [
        world.alice_key.rpartition("_")[2], key_of, subscribed.webhook.salt, *sessions,
        settings.SECRET_KEY, "argon2$",
    ]  # fmt: skip
    with connected():
        yield Siege(world, access, secrets)


def session_of(user: User) -> str:
    client = Client()
    client.force_login(user)
    return client.cookies["sessionid"].value


def cookies(session: str) -> dict[str, str]:
    return {"Cookie": f"sessionid={session}; csrftoken={CSRF}", "X-CSRFToken": CSRF}


@pytest.mark.chaos
@pytest.mark.timeout(500)
def test_no_request_is_a_server_error(siege: Siege) -> None:
    many = 4 if report.is_long() else 1
    for route, who in itertools.product(urlconf.routes(), WHO):
        is_shut = route.startswith("admin/") and who != "staff"
        attack(siege, route, who, share=0 if is_shut else many)
    for route in filter(FORMS.search, urlconf.routes()):
        spoil_forms(siege, route, share=many)
    assert siege.reached == set(urlconf.routes())
    sizes = {name: len(inputs) for name, inputs in corpus.LISTS.items()}
    assert all(siege.drawn[name] >= size for name, size in sizes.items()), siege.drawn
    assert sum(sizes.values()) >= 300
    report.add(
        "hostile corpus",
        engine=connection.vendor,
        routes=len(siege.reached),
        inputs=sum(sizes.values()),
        cases=siege.asked,
        **{"5xx": sum(": status 5" in fault for fault in siege.faults)},
        faults=len(siege.faults),
    )
    assert not siege.faults, "\n".join(siege.faults[:60])


def attack(siege: Siege, route: str, who: str, *, share: int) -> None:
    """One route as one identity: straight, then with a share of everything hostile."""
    place, access = addressed(route, siege.world), siege.access[who]
    siege.reached.add(resolve(place.decode()).route)
    writes = share * (4 if place.endswith(WRITTEN) else 1)
    asks = [
        *[Ask(place, headers=access | {"Accept": kind}) for kind in ("*/*", "text/html")],
        *[Ask(place, method, headers=access) for method in siege.some("methods", share)],
        *[Ask(place, query=query, headers=access) for query in siege.some("queries", share * 2)],
        *[Ask(place, "GET", headers=access | odd) for odd in siege.some("headers", share)],
        *[
            Ask(place, "POST", headers=access | odd, body=b"{}")
            for odd in siege.some("headers", min(share, 1))
        ],
        *[
            Ask(place, method, headers=access | {"Content-Type": kind}, body=body)
            for method, (kind, body) in zip(WRITING, siege.some("bodies", writes), strict=False)
        ],
    ]
    if PARAMETER.search(route):
        odd_ones = [
            addressed(route, siege.world, odd=odd) for odd in siege.some("paths", share * 2)
        ]
        asks += [Ask(odd, headers=access) for odd in odd_ones]
    for ask in asks:
        siege.ask(ask, who=who)


def spoil_forms(siege: Siege, route: str, *, share: int) -> None:
    """Every field of a page's forms in turn holds something absurd, the others what they held."""
    place, access = addressed(route, siege.world), siege.access["staff"]
    page = siege.ask(Ask(place, headers=access | {"Accept": "text/html"}), who="staff")
    fields = hostile_forms.fields_of(page.body.decode())
    for name in list(fields)[:: 1 if report.is_long() else 3]:
        for value in siege.some("form values", share):
            post(siege, place, fields | {name: [value]})
    for value in siege.some("form values", 5 * share):
        everywhere = {name: [value] for name in fields if "_FORMS" not in name}
        post(siege, place, fields | everywhere)


def post(siege: Siege, place: bytes, fields: hostile_forms.Fields) -> None:
    body = urlencode(fields, doseq=True, errors="surrogatepass").encode()
    form = {"Content-Type": "application/x-www-form-urlencoded", "Accept": "text/html"}
    access = siege.access["staff"]
    siege.ask(Ask(place, "POST", headers=access | form, body=body), who="staff")


def addressed(route: str, world: World, odd: bytes | None = None) -> bytes:
    """The route's path with its parameters filled in: so that it is found, or all with `odd`."""
    row = ROW.match(route)
    known = {
        "round_id": world.open_round.pk, "prediction_id": world.scored.pk, "slug": "demo",
        "handle": "alice", "code": "invalid", "address": worlds.ALICE_WALLET, "symbol": "ETH",
        "model_id": world.open_round.pk, "member_id": Membership.objects.get().pk,
        "invite_id": Invite.objects.get().pk,
        "run_id": world.open_round.pk,
        "webhook_id": Webhook.objects.get().pk, "delivery_id": Delivery.objects.get().pk,
        "prefix": "0" * 16, "app_label": "league", "url": "nowhere", "id": world.bobs_account.pk,
        "content_type_id": ContentType.objects.get_for_model(User).pk,
        "object_id": first_of(*row.groups()) if row else world.bobs_account.pk,
    }  # fmt: skip
    filled = PARAMETER.sub(
        "\0" if odd is not None else lambda m: quote(str(known[m[1] or m[2]])), route
    )
    place = b"/" + re.sub(r"[$^]", "", filled).encode()
    return place if odd is None else place.replace(b"\0", odd)


def first_of(app: str, model: str) -> object:
    """A row of the model to point at, or a key nobody has."""
    found = next(one for one in admin.site._registry if one._meta.label_lower == f"{app}.{model}")
    row = found._default_manager.order_by("pk").first()
    return 999_999 if row is None else row.pk

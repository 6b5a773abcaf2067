"""Everybody who may ask the league for something, and what they may ask about.

All addresses point at what is alice's: her sealed word in the open round, her key, her webhook.
"""

import contextlib
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from decimal import Decimal
from typing import Any, Final

from django.contrib.auth.models import User
from django.db import transaction
from django.test import Client

from league import invites, keys, memberships, memories, players
from league.clock import DATABASE
from league.models import Delivery, Membership
from league.models.membership import Role
from league.players import Profile
from league.webhooks import deliveries, endpoints
from markets import bars
from predictions import entry_forms, submissions
from tests.api import world as worlds
from tests.api.world import World, bearer

IDENTITIES: Final = (
    "anonymous", "owner", "other", "staff", "key", "bot", "narrow", "closed",
)  # fmt: skip
WRITES: Final = frozenset({"POST", "PUT", "PATCH", "DELETE"})
PARAMETER: Final = re.compile(r"<(?:\w+:)?(\w+)>")


@dataclass(frozen=True)
class Cast:
    """Sessions by cookie, keys by header; `narrow` is alice's key that lacks the one scope."""

    world: World
    price: str
    places: dict[str, str]
    sessions: dict[str, Client]
    bearers: dict[str, str]

    def ask(self, who: str, method: str, route: str, body: Any = None) -> Any:
        """The answer; whatever it did is undone."""
        path = "/" + PARAMETER.sub(lambda found: self.place(found[1], route), route)
        client = self.sessions.get(who) or Client()
        access = bearer(self.secret(who, method, route)) if who not in self.sessions else {}
        with undone():
            if method not in WRITES:
                return client.generic(method, path, **access)
            send = getattr(client, method.lower())
            return send(path, self.filled(body or {}), "application/json", **access)

    def place(self, name: str, route: str) -> str:
        """A run of the time machine has rounds and words of its own."""
        return (
            self.places.get(f"run {name}" if "<uuid:run_id>" in route else name, "")
            or (self.places[name])
        )

    def filled(self, body: dict[str, Any]) -> dict[str, Any]:
        """With the price of the moment where {price} stands, and the things of `places`."""
        known = {f"{{{name}}}": place for name, place in self.places.items()}
        known["{price}"] = self.price
        return {
            name: known.get(one, one) if isinstance(one, str) else one
            for name, one in body.items()
        }

    def but(self, places: dict[str, str]) -> "Cast":
        """The same people before other things."""
        return replace(self, places=self.places | places)

    def secret(self, who: str, method: str, route: str) -> str:
        if who == "narrow":
            is_webhook = route.startswith("api/v1/webhooks")
            is_league = route.startswith(("api/v1/leagues", "api/v1/invites"))
            lacks = "league" if is_league else "predict"
            lacks = "webhook" if is_webhook else lacks if method in WRITES else "read"
            return self.bearers[f"without {lacks}"]
        return self.bearers[who]


@contextlib.contextmanager
def undone() -> Iterator[None]:
    """Whatever the block writes is rolled back, and what it remembered forgotten."""
    around = transaction.atomic()
    around._from_testcase = True  # type: ignore[attr-defined]  # as django.test.TestCase marks its own
    with around:
        yield
        transaction.set_rollback(True)
    memories.forget()
    bars.forget()


def gather(world: World) -> Cast:
    """Alice with a word, a webhook, keys and a bot; bob; an organiser; carol, who is closed."""
    assert world.alice.user is not None
    word = submissions.enter(
        round_id=world.open_round.pk,
        player=world.alice,
        entry=entry_forms.prob_up(Decimal("0.5")),
        clock=DATABASE,
    )
    wanted = endpoints.Wanted("https://hook.example.org/", ["round.opened"], "http://testserver")
    webhook = endpoints.create(account=world.alice.user, wanted=wanted, now=world.now).webhook
    deliveries.ping(webhook, now=world.now)
    spare = keys.issue(player=world.alice, now=world.now)
    staff = User.objects.create_superuser("staff", password=None)
    places = {
        "round_id": str(world.open_round.pk), "prediction_id": str(word.prediction.pk),
        "webhook_id": str(webhook.pk), "delivery_id": str(Delivery.objects.get().pk),
        "prefix": spare.key.prefix, "slug": "demo", "handle": "alice", "symbol": "ETH",
        "address": worlds.ALICE_WALLET, "code": "invalid", "model_id": str(world.open_round.pk),
    }  # fmt: skip
    places |= circle(world) | travels(world)
    people = {"owner": world.alice.user, "other": world.bobs_account, "staff": staff}
    return Cast(world, str(world.price()), places, sessions(people), bearers(world))


def circle(world: World) -> dict[str, str]:
    """Alice owns the league, bob is a member of it, and somebody is invited."""
    assert world.alice.user is not None
    league, now = world.season.league, world.now
    owner = memberships.own(league, user=world.alice.user, now=now)
    member = Membership.objects.create(
        league=league, user=world.bobs_account, role=Role.MEMBER, joined_at=now
    )
    tomorrow = now + timedelta(days=1)
    wanted = invites.Wanted(Role.MEMBER, tomorrow, 1)
    invite = invites.issue(wanted, by=owner, now=now).invite
    return {
        "member_id": str(member.pk), "invite_id": str(invite.pk),
        "tomorrow": tomorrow.isoformat(),
    }  # fmt: skip


def travels(world: World) -> dict[str, str]:
    """Alice's run through the day before, and a word in it."""
    start = world.now.replace(minute=0, second=0, microsecond=0) - timedelta(hours=8)
    places = {"starts_at": start.isoformat(), "ends_at": (start + timedelta(hours=6)).isoformat()}

    def ask(method: str, path: str, body: Any = None) -> Any:
        send = getattr(Client(), method)
        answer = send(path, body, content_type="application/json", **bearer(world.alice_key))
        assert answer.status_code in {200, 201}, answer.content
        return answer.json()

    run = ask("post", "/api/v1/time-machine", {"symbols": ["ETH"], "horizon": "1h"} | places)
    (round_, *_) = ask("get", f"{run['base_url']}/rounds?status=open")["results"]
    entry = {"form": "prob_up", "prob_up": "0.5"}
    made = ask("post", f"{run['base_url']}/rounds/{round_['id']}/prediction", entry)
    return places | {
        "run_id": run["id"], "run round_id": round_["id"],
        "run prediction_id": made["prediction"]["id"],
    }  # fmt: skip


def sessions(people: dict[str, User]) -> dict[str, Client]:
    found = {"anonymous": Client()}
    for who, user in people.items():
        found[who] = Client()
        found[who].force_login(user)
    return found


def bearers(world: World) -> dict[str, str]:
    assert world.alice.user is not None
    bot = players.register_bot(
        profile=Profile("alice-bot", "Bot"), owner=world.alice.user, now=world.now
    )
    carol, closed = worlds.person("carol", now=world.now)
    User.objects.filter(username=carol.handle).update(is_active=False)
    until = world.now + timedelta(days=1)

    def key(player: Any, *scopes: str) -> str:
        return keys.issue(player=player, now=world.now, scopes=scopes, expires_at=until).secret

    return {
        "closed": closed,
        "key": key(world.alice, *keys.SCOPES),
        "bot": key(bot, *keys.SCOPES),
        **{
            f"without {scope}": key(world.alice, *(set(keys.SCOPES) - {scope}))
            for scope in keys.SCOPES
        },
    }

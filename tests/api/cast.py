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

from league import keys, memories, players
from league.clock import DATABASE
from league.models import Delivery
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
        path = "/" + PARAMETER.sub(lambda found: self.places[found[1]], route)
        client = self.sessions.get(who) or Client()
        access = bearer(self.secret(who, method, route)) if who not in self.sessions else {}
        with undone():
            if method not in WRITES:
                return client.generic(method, path, **access)
            send = getattr(client, method.lower())
            return send(path, self.filled(body or {}), "application/json", **access)

    def filled(self, body: dict[str, Any]) -> dict[str, Any]:
        """With the price of the moment where {price} stands."""
        return {name: self.price if one == "{price}" else one for name, one in body.items()}

    def but(self, places: dict[str, str]) -> "Cast":
        """The same people before other things."""
        return replace(self, places=self.places | places)

    def secret(self, who: str, method: str, route: str) -> str:
        if who == "narrow":
            is_webhook = route.startswith("api/v1/webhooks")
            lacks = "webhook" if is_webhook else "predict" if method in WRITES else "read"
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
    people = {"owner": world.alice.user, "other": world.bobs_account, "staff": staff}
    return Cast(world, str(world.price()), places, sessions(people), bearers(world))


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

"""An account with webhooks, a round that moves, and a courier that remembers."""

import json
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from typing import Any

from django.contrib.auth.models import User

from league.models import Attempt, Delivery, Round, Webhook
from league.models.delivery import SUBSCRIBABLE, Outcome
from league.webhooks import endpoints, sweep
from league.webhooks.couriers import registry
from league.webhooks.couriers.base import Parcel
from league.webhooks.couriers.simulated import Receiver, Simulated
from league.webhooks.endpoints import Issued, Wanted
from tests import factories
from tests.factories import NOON

HOST, SITE = "hook.example.org", "https://league.example.org"
SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)


def account(name: str = "ada", **fields: Any) -> User:
    return User.objects.create_user(username=name, password=None, **fields)


def subscribe(
    to: User, *, events: Sequence[str] = SUBSCRIBABLE, host: str = HOST, now: datetime = NOON
) -> Issued:
    wanted = Wanted(f"https://{host}/league", events, SITE)
    return endpoints.create(account=to, wanted=wanted, now=now)


def webhook(**options: Any) -> Webhook:
    return subscribe(account(), **options).webhook


@contextmanager
def receiving(*statuses: int | Outcome, **others: Sequence[int | Outcome]) -> Iterator[Simulated]:
    """HOST answers with these statuses; others are told by the first label of their name."""
    receivers = {HOST: Receiver(statuses=statuses or (204,))}
    receivers |= {
        f"{label}.example.org": Receiver(statuses=answers) for label, answers in others.items()
    }
    courier = Simulated(receivers)
    with registry.installed(courier):
        yield courier


def opened() -> Round:
    """A round of a public season that just opened."""
    return factories.opened(factories.round_of(factories.season(), locks_at=NOON))


def pinged(of: Webhook, *, now: datetime = NOON) -> Delivery:
    """A delivery that is due: the least there is to send."""
    return Delivery.objects.create(
        webhook=of, type="webhook.ping", at=now, data={}, due_at=now, created_at=now
    )


def look(at: datetime) -> int:
    return sweep.deliver(now=at)


def told(courier: Simulated) -> list[str]:
    """The types that arrived, in order."""
    return [content(one)["type"] for one in courier.received]


def content(parcel: Parcel) -> dict[str, Any]:
    read: dict[str, Any] = json.loads(parcel.body)
    return read


def log(delivery: Delivery) -> list[tuple[str, int | None]]:
    rows = Attempt.objects.filter(delivery=delivery).order_by("pk")
    return list(rows.values_list("outcome", "status"))


def fresh(delivery: Delivery) -> Delivery:
    return Delivery.objects.select_related("webhook").get(pk=delivery.pk)

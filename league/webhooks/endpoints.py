"""An account's webhooks: made, changed, given a new secret, stopped."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final

from django.conf import settings
from django.contrib.auth.models import User
from django.db import IntegrityError, transaction
from django.db.models import F

from league.models import Attempt, Delivery, Webhook
from league.models.delivery import DeliveryStatus
from league.models.webhook import MOST, Stopped
from league.webhooks import retries, secrets, signatures, targets

CHANGEABLE: Final = frozenset({"url", "events", "description"})


class TooManyWebhooks(Exception):
    """An account has at most ten."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """`origin`: where the owner found this site, e.g. https://league.example.org."""

    url: str
    events: Sequence[str]
    origin: str
    description: str = ""


@dataclass(frozen=True, slots=True)
class Issued:
    """`secret` is shown once and cannot be read again."""

    webhook: Webhook
    secret: str = field(repr=False)


def create(*, account: User, wanted: Wanted, now: datetime) -> Issued:
    """:raises league.webhooks.targets.UnsafeTarget: or TooManyWebhooks; nothing is written."""
    require_safe(wanted.url)
    taken = set(Webhook.objects.filter(account=account).values_list("place", flat=True))
    place = next((one for one in range(1, MOST + 1) if one not in taken), None)
    if place is None:
        raise TooManyWebhooks(f"An account has at most {MOST} webhooks.")
    webhook = Webhook(
        account=account,
        place=place,
        url=wanted.url,
        events=sorted(set(wanted.events)),
        origin=wanted.origin,
        description=wanted.description,
        salt=secrets.salt(),
        created_at=now,
    )
    try:
        with transaction.atomic():
            webhook.save(force_insert=True)
    except IntegrityError as error:
        raise TooManyWebhooks("Another one was being made just now: try again.") from error
    return _issued(webhook)


def change(webhook: Webhook, **fields: Any) -> Webhook:
    """Its url, events or description.

    :raises league.webhooks.targets.UnsafeTarget: and nothing is written.
    """
    if "url" in fields:
        require_safe(fields["url"])
    chosen = {name: value for name, value in fields.items() if name in CHANGEABLE}
    if "events" in chosen:
        chosen["events"] = sorted(set(chosen["events"]))
    if chosen:
        Webhook.objects.filter(pk=webhook.pk).update(**chosen)
    return Webhook.objects.get(pk=webhook.pk)


def rotate(webhook: Webhook, *, now: datetime) -> Issued:
    """A new secret; for a day messages are signed with the one before, too."""
    Webhook.objects.filter(pk=webhook.pk).update(
        old_salt=F("salt"), old_salt_until=now + secrets.OVERLAP, salt=secrets.salt()
    )
    return _issued(Webhook.objects.get(pk=webhook.pk))


def hold(webhook: Webhook) -> None:
    """Until the transaction's end. Whoever changes a webhook and its deliveries holds it first:
    otherwise two could wait for each other.
    """
    Webhook.objects.select_for_update(no_key=True).filter(pk=webhook.pk).first()


def stop(webhook: Webhook, *, because: Stopped, now: datetime) -> bool:
    """Send it nothing more, what is on its way included. Whether this call stopped it."""
    active = Webhook.objects.filter(pk=webhook.pk, is_active=True)
    with transaction.atomic():
        if not active.update(is_active=False, stopped=because):
            return False
        waiting = Delivery.objects.filter(webhook=webhook, status=DeliveryStatus.PENDING)
        waiting.update(status=DeliveryStatus.DROPPED, due_at=None, ended_at=now)
    return True


def stop_failing(webhook: Webhook, *, now: datetime) -> bool:
    """The same for one that nothing reached in three days."""
    since = now - retries.PATIENCE
    is_failing = Webhook.objects.filter(pk=webhook.pk, failing_since__lte=since).exists()
    return is_failing and stop(webhook, because=Stopped.FAILING, now=now)


def activate(webhook: Webhook) -> bool:
    """Send to it again, what happens from now on. Whether this call did it."""
    stopped = Webhook.objects.filter(pk=webhook.pk, is_active=False)
    return bool(stopped.update(is_active=True, stopped="", failing_since=None))


def remove(webhook: Webhook) -> None:
    """With its deliveries and their log, which may be many: what nothing depends on goes first."""
    with transaction.atomic():
        hold(webhook)
        Attempt.objects.filter(delivery__webhook=webhook).delete()
        webhook.delete()


def require_safe(url: str) -> None:
    """:raises league.webhooks.targets.UnsafeTarget: for what nothing may be sent to."""
    targets.read(url, allow_loopback=settings.WEBHOOK_LOOPBACK)


def _issued(webhook: Webhook) -> Issued:
    return Issued(webhook, signatures.shown(secrets.current(webhook)))

"""Messages on their way: claimed, sent, recorded, sent again; every attempt is on record.

A claim is a conditional UPDATE that moves the delivery's hour to when the claim lapses. Whoever
dies between sending and recording is thus followed by another attempt of the same message id.
"""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet

from league.models import Attempt, Delivery, Webhook
from league.models.delivery import ENDED, DeliveryStatus, EventType, Outcome
from league.models.webhook import Stopped
from league.webhooks import endpoints, retries
from league.webhooks.couriers.base import Answer

logger = logging.getLogger(__name__)
CLAIM: Final = timedelta(seconds=60)
EACH: Final = 4  # to one webhook at once; to a failing one, one
KEPT: Final = timedelta(days=30)
BATCH: Final = 5_000


class NotReplayable(Exception):
    """The delivery is still on its way, or its webhook is stopped."""


@dataclass(frozen=True, slots=True)
class Claim:
    """A delivery as the claim left it, with its webhook; and the attempt's row."""

    delivery: Delivery
    attempt_id: int
    until: datetime


def claim(*, now: datetime, most: int) -> list[Claim]:
    """Take what is due: a few of each webhook's, those first that waited longest for a turn."""
    claims: list[Claim] = []
    for webhook in Webhook.objects.due(now=now)[:most]:
        claims += _turn(webhook, now=now, most=most - len(claims))
        if len(claims) == most:
            break
    return claims


def record(claim: Claim, answer: Answer, *, took_ms: int, now: datetime) -> bool:
    """What became of a claim; False when it had lapsed and somebody else sent it again."""
    asked = claim.delivery.request_id  # whoever asked for it may follow it here
    extra = {"delivery": str(claim.delivery.pk), "outcome": str(answer.outcome), "asked_by": asked}
    if answer.outcome != Outcome.OK:
        logger.info("webhook not delivered", extra=extra)
    elif asked:
        logger.info("webhook delivered", extra=extra)
    with transaction.atomic(durable=True):
        endpoints.hold(claim.delivery.webhook)
        Attempt.objects.filter(pk=claim.attempt_id).update(
            outcome=answer.outcome, status=answer.status, took_ms=took_ms
        )
        return _move(claim, answer.outcome, now=now)


def replay(delivery: Delivery, *, now: datetime, request_id: str = "") -> None:
    """Send an ended one anew, by the whole schedule, under its own id.

    :raises NotReplayable: unless it has ended and its webhook is active.
    """
    if not replay_all(Delivery.objects.filter(pk=delivery.pk), now=now, request_id=request_id):
        raise NotReplayable("Only an ended delivery of an active webhook can be replayed.")
    logger.info("webhook replay asked for", extra={"delivery": str(delivery.pk)})


def replay_all(chosen: QuerySet[Delivery], *, now: datetime, request_id: str = "") -> int:
    """The same for those of many that can be. Returns how many."""
    ready = chosen.filter(status__in=ENDED, webhook__in=Webhook.objects.listening())
    return ready.order_by().update(
        status=DeliveryStatus.PENDING, due_at=now, ended_at=None, step=0, request_id=request_id
    )


def ping(webhook: Webhook, *, now: datetime, request_id: str = "") -> Delivery:
    """A test message, at most one at a time.

    :raises NotReplayable: when the webhook is stopped.
    """
    if not webhook.is_active:
        raise NotReplayable("A stopped webhook is sent nothing: activate it first.")
    own = Delivery.objects.filter(
        webhook=webhook, type=EventType.PING, status=DeliveryStatus.PENDING
    )
    return own.first() or _pinged(webhook, now=now, request_id=request_id)


def _pinged(webhook: Webhook, *, now: datetime, request_id: str) -> Delivery:
    made = Delivery.objects.create(
        webhook=webhook,
        request_id=request_id,
        type=EventType.PING,
        at=now,
        data={
            "webhook": str(webhook.pk),
            "urls": {"webhook": f"{webhook.origin}/api/v1/webhooks/{webhook.pk}"},
        },
        due_at=now,
        created_at=now,
    )
    logger.info("webhook ping asked for", extra={"delivery": str(made.pk)})
    return made


def forget(*, now: datetime) -> int:
    """Remove those that ended a month ago, a batch to a statement. Returns how many rows."""
    total = 0
    while True:
        batch = Delivery.objects.ended_before(now - KEPT).values("pk")[:BATCH]
        gone, _ = Delivery.objects.filter(pk__in=batch).delete()
        total += gone
        if not gone:
            return total


def _turn(webhook: Webhook, *, now: datetime, most: int) -> Iterator[Claim]:
    Webhook.objects.filter(pk=webhook.pk).update(tried_at=now)
    share = min(most, EACH if webhook.failing_since is None else 1)
    due = Delivery.objects.due(now=now).filter(webhook=webhook).order_by("due_at", "pk")
    for delivery in list(due[:share]):
        delivery.webhook = webhook
        claimed = _claim(delivery, now=now)
        if claimed:
            yield claimed


def _claim(delivery: Delivery, *, now: datetime) -> Claim | None:
    """The log's row first: an attempt whose process died is on record, too."""
    until = now + CLAIM
    with transaction.atomic(durable=True):
        mine = Delivery.objects.due(now=now).filter(pk=delivery.pk, due_at=delivery.due_at)
        if not mine.update(due_at=until, step=F("step") + 1):
            return None
        attempt = Attempt.objects.create(delivery=delivery, at=now)
    delivery.step += 1
    return Claim(delivery, attempt.pk, until)


def _move(claim: Claim, outcome: Outcome, *, now: datetime) -> bool:
    mine = Delivery.objects.filter(
        pk=claim.delivery.pk, status=DeliveryStatus.PENDING, due_at=claim.until
    )
    webhook = Webhook.objects.filter(pk=claim.delivery.webhook_id)
    if outcome == Outcome.OK:
        webhook.exclude(failing_since=None).update(failing_since=None)
        return _end(mine, DeliveryStatus.DELIVERED, now=now)
    pause = None
    if outcome != Outcome.GONE:
        pause = retries.wait(claim.delivery.step, seed=str(claim.delivery.pk))
    if pause is not None:
        moved = bool(mine.update(due_at=now + pause))
    else:
        moved = _end(mine, DeliveryStatus.FAILED, now=now)
    if moved:
        webhook.filter(failing_since=None).update(failing_since=now)
        _judge(claim.delivery.webhook, outcome, is_last=pause is None, now=now)
    return moved


def _judge(webhook: Webhook, outcome: Outcome, *, is_last: bool, now: datetime) -> None:
    if outcome == Outcome.GONE:
        endpoints.stop(webhook, because=Stopped.GONE, now=now)
    elif is_last:
        endpoints.stop_failing(webhook, now=now)


def _end(mine: QuerySet[Delivery], status: DeliveryStatus, *, now: datetime) -> bool:
    return bool(mine.update(status=status, due_at=None, ended_at=now))

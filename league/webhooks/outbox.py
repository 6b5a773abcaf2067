"""From what happened to messages on their way: every transition of a round is told once.

Each left a row in its own commit (RoundEvent). What is to be told of a round's entries becomes an
errand, because only the app above knows who entered.
"""

import functools
import logging
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Final

from django.db import transaction

from league import departure
from league.models import Delivery, Errand, League, RoundEvent
from league.models.delivery import EventType
from league.models.errand import About
from league.models.round import Status
from league.webhooks import audience
from league.webhooks.audience import API, Listener, News

logger = logging.getLogger(__name__)
Circles = Callable[[League], frozenset[int] | None]
BATCH: Final = 500
BATCHES: Final = 10  # in one look
MOST_MADE: Final = 10_000  # by one transaction
TYPES: Final[Mapping[str, EventType]] = {
    Status.OPEN: EventType.ROUND_OPENED,
    Status.LOCKED: EventType.ROUND_LOCKED,
    Status.SETTLED: EventType.ROUND_SETTLED,
    Status.HELD: EventType.ROUND_HELD,
    Status.VOID: EventType.ROUND_VOIDED,
}
ERRANDS: Final[Mapping[str, Mapping[About, EventType]]] = {
    Status.LOCKED: {About.COMMITMENT: EventType.RECEIPT_ANCHORED},
    Status.FINAL: {
        About.SCORES: EventType.PREDICTION_SCORED,
        About.SETTLEMENT: EventType.RECEIPT_ANCHORED,
    },
}


def publish(*, now: datetime) -> int:
    """Tell of the transitions nobody was told of. Returns the deliveries made."""
    heard = audience.listeners()
    if not heard:
        untold = RoundEvent.objects.filter(is_told=False)
        if untold.exists():
            untold.update(is_told=True)
        return 0
    events = RoundEvent.objects.untold().select_related("round__season__league")
    made, size = 0, max(1, min(BATCH, MOST_MADE // len(heard)))
    for _ in range(BATCHES):
        batch = list(events[:size])
        made += _publish_all(batch, heard, now=now) if batch else 0
        if len(batch) < size:
            break
    return made


def _publish_all(batch: Sequence[RoundEvent], heard: Sequence[Listener], *, now: datetime) -> int:
    """At once; where that fails unexpectedly one by one: a poisoned one keeps no other untold."""
    try:
        return _publish(batch, heard, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("events not told", extra={"event": batch[0].pk})
    return sum(_try(event, heard, now=now) for event in batch)


def _publish(batch: Sequence[RoundEvent], heard: Sequence[Listener], *, now: datetime) -> int:
    """All of them, or none when somebody else is telling some of them at this moment."""
    wanted = {type_ for one in heard for type_ in one.events}
    with transaction.atomic(durable=True):
        mine = RoundEvent.objects.filter(pk__in=[event.pk for event in batch], is_told=False)
        if mine.update(is_told=True) != len(batch):
            transaction.set_rollback(True)
            return 0
        circles = functools.cache(audience.circle)  # asked once for each league of the batch
        news = [found for event in batch if (found := _news(event, circles)) is not None]
        made = Delivery.objects.bulk_create(audience.spread(news, heard, now=now))
        Errand.objects.bulk_create(_errands(batch, wanted, now=now), ignore_conflicts=True)
    return len(made)


def _try(event: RoundEvent, heard: Sequence[Listener], *, now: datetime) -> int:
    try:
        return _publish([event], heard, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("event not told", extra={"event": event.pk})
        return 0


def _news(event: RoundEvent, circles: Circles) -> News | None:
    """None for a step nobody is told of."""
    type_ = TYPES.get(event.to_status)
    if type_ is None or _is_return(event) or event.round.season.is_sandbox:
        return None
    return News(
        type=type_,
        at=event.at,
        data=audience.of_round(event.round) | {"version": event.version},
        paths={"round": f"{API}/rounds/{event.round_id}"},
        circle=circles(event.round.season.league),
    )


def _is_return(event: RoundEvent) -> bool:
    """A held round that is released to where it was has not locked a second time."""
    return event.to_status == Status.LOCKED and event.from_status != Status.OPEN


def _errands(batch: Sequence[RoundEvent], wanted: set[str], *, now: datetime) -> list[Errand]:
    return [
        Errand(round_id=event.round_id, about=about, created_at=now, due_at=now)
        for event in batch
        if not _is_return(event)
        for about, type_ in ERRANDS.get(event.to_status, {}).items()
        if type_ in wanted
    ]

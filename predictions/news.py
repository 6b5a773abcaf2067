"""What players are told of their own entries: that one was scored, that its receipt is anchored.

An errand (league.webhooks.outbox) names a round of which somebody listens. Nobody but the owner
is told, and nothing before the lock: the wish is made by the lock or by the last score.
"""

import logging
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction

from chain.models import Kind
from league import departure
from league.models import Errand
from league.models.delivery import EventType
from league.models.errand import About
from league.webhooks import audience
from league.webhooks.audience import News
from predictions import proofs
from predictions.models import Prediction

logger = logging.getLogger(__name__)
BATCH: Final = 200
AGAIN: Final = timedelta(seconds=30)
TYPES: Final[Mapping[str, EventType]] = {
    About.SCORES: EventType.PREDICTION_SCORED,
    About.COMMITMENT: EventType.RECEIPT_ANCHORED,
    About.SETTLEMENT: EventType.RECEIPT_ANCHORED,
}
ANCHORS: Final[Mapping[str, Kind]] = {
    About.COMMITMENT: Kind.COMMITMENT,
    About.SETTLEMENT: Kind.SETTLEMENT,
}


def tell(*, now: datetime) -> int:
    """Run the errands that can be run. Returns the deliveries made."""
    due = Errand.objects.due(now=now).select_related("round__season__league")
    return sum(_try(errand, now=now) for errand in due[:BATCH])


def _try(errand: Errand, *, now: datetime) -> int:
    """One that fails unexpectedly waits, and keeps no other waiting."""
    try:
        return _run(errand, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("errand not run", extra={"errand": errand.pk})
        return _put_off(errand, now=now)


def _run(errand: Errand, *, now: datetime) -> int:
    at = _since(errand)
    if at is None:
        return _put_off(errand, now=now)
    news = list(_news(errand, at=at))
    with transaction.atomic(durable=True):
        done, _ = Errand.objects.filter(pk=errand.pk).delete()
        return audience.tell(news, now=now) if done else 0


def _put_off(errand: Errand, *, now: datetime) -> int:
    """Until later; for good after a week."""
    mine = Errand.objects.filter(pk=errand.pk)
    if errand.is_stale(now=now):
        mine.delete()
    else:
        mine.update(due_at=now + AGAIN)
    return 0


def _since(errand: Errand) -> datetime | None:
    """When it became so; None while it is not, as when a ledger has not taken the digest yet."""
    if errand.about not in ANCHORS:
        return errand.round.finalized_at
    anchor = proofs.anchor_of(errand.round, ANCHORS[errand.about])
    return anchor.anchored_at if anchor else None


def _news(errand: Errand, *, at: datetime) -> Iterator[News]:
    """Of every entry whose owner listens."""
    type_ = TYPES[errand.about]
    entries = Prediction.objects.filter(
        round=errand.round, is_withdrawn=False, player__user__in=audience.accounts(type_)
    )
    for key, handle, account in entries.order_by("pk").values_list(
        "pk", "player__handle", "player__user"
    ):
        path = f"{audience.API}/predictions/{key}"
        yield News(
            type=type_,
            at=at,
            data=audience.of_round(errand.round)
            | {"prediction": str(key), "player": handle, "about": str(errand.about)},
            paths={
                "prediction": path,
                "receipt": f"{path}/receipt",
                "round": f"{audience.API}/rounds/{errand.round_id}",
            },
            account_id=account,
        )

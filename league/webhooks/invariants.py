"""What must hold of webhooks, and what of theirs waits."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Final

from django.db.models import Count, Exists, Min, OuterRef

from league.models import Attempt, Delivery, Errand, RoundEvent, Webhook
from league.models.delivery import DeliveryStatus, Outcome

Check = Callable[[datetime], int]
Waiting = Callable[[datetime], tuple[int, datetime | None]]


def deliveries_unlike_their_log(since: datetime) -> int:
    """I22: what counts as delivered was answered so, and what failed was tried.

    Cannot tell what the receiver made of it.
    """
    tried = Attempt.objects.filter(delivery=OuterRef("pk")).exclude(outcome="")
    ended = Delivery.objects.filter(created_at__gte=since)
    unsaid = ended.filter(
        ~Exists(tried.filter(outcome=Outcome.OK)), status=DeliveryStatus.DELIVERED
    )
    untried = ended.filter(~Exists(tried), status=DeliveryStatus.FAILED)
    return unsaid.count() + untried.count()


def announcements(_now: datetime) -> tuple[int, datetime | None]:
    """I22: transitions of rounds that nobody was told of."""
    found = RoundEvent.objects.untold().order_by().aggregate(count=Count("pk"), oldest=Min("at"))
    return found["count"], found["oldest"]


def errands(now: datetime) -> tuple[int, datetime | None]:
    """I22: players to be told of their entries."""
    due = Errand.objects.due(now=now).order_by()
    found = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
    return found["count"], found["oldest"]


def webhooks(now: datetime) -> tuple[int, datetime | None]:
    """I22: messages whose next attempt is due; not those that wait for their hour."""
    due = Delivery.objects.due(now=now).filter(webhook__in=Webhook.objects.listening())
    found = due.aggregate(count=Count("pk"), oldest=Min("due_at"))
    return found["count"], found["oldest"]


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {"I22": (deliveries_unlike_their_log,)}
WAITING: Final[Mapping[str, Waiting]] = {
    "announcement": announcements,
    "errand": errands,
    "webhook": webhooks,
}

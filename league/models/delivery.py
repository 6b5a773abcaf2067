from datetime import datetime
from typing import ClassVar

from django.db import models
from django.db.models import Q

from league.identifiers import uuid7


class EventType(models.TextChoices):
    ROUND_OPENED = "round.opened"
    ROUND_LOCKED = "round.locked"
    ROUND_SETTLED = "round.settled"
    ROUND_HELD = "round.held"
    ROUND_VOIDED = "round.voided"
    PREDICTION_SCORED = "prediction.scored"
    RECEIPT_ANCHORED = "receipt.anchored"
    SEASON_FINISHED = "season.finished"
    PING = "webhook.ping"


SUBSCRIBABLE = tuple(name for name in EventType.values if name != EventType.PING)


class DeliveryStatus(models.TextChoices):
    PENDING = "pending"
    DELIVERED = "delivered"
    FAILED = "failed"
    DROPPED = "dropped"  # its webhook was stopped


ENDED = (DeliveryStatus.DELIVERED, DeliveryStatus.FAILED, DeliveryStatus.DROPPED)


class Outcome(models.TextChoices):
    """What became of an attempt; empty while it is under way, for ever if its process died."""

    OK = "ok"
    GONE = "gone"
    REFUSED = "refused"  # another status
    REDIRECT = "redirect"  # never followed
    BLOCKED = "blocked"  # an address nobody may send us to
    UNRESOLVED = "unresolved"
    UNREACHABLE = "unreachable"
    UNTRUSTED = "untrusted"  # its certificate
    TIMEOUT = "timeout"
    FAULT = "fault"  # ours


class DeliveryQuerySet(models.QuerySet["Delivery"]):
    def due(self, *, now: datetime) -> "DeliveryQuerySet":
        return self.filter(status=DeliveryStatus.PENDING, due_at__lte=now)

    def ended_before(self, at: datetime) -> "DeliveryQuerySet":
        return self.filter(ended_at__lt=at)


class Delivery(models.Model):
    """One message to one webhook; its id is the message's, the same for every attempt."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    webhook = models.ForeignKey("league.Webhook", models.CASCADE, related_name="+", db_index=False)
    type = models.CharField(max_length=20, choices=EventType)
    at = models.DateTimeField(help_text="When it happened.")
    data = models.JSONField()
    status = models.CharField(max_length=9, choices=DeliveryStatus, default=DeliveryStatus.PENDING)
    step = models.PositiveSmallIntegerField(
        default=0, help_text="Attempts begun since it was made or replayed."
    )
    due_at = models.DateTimeField(
        null=True, blank=True, help_text="The next attempt; under way, when its claim lapses."
    )
    created_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)
    request_id = models.CharField(
        max_length=64,
        blank=True,
        db_default="",
        help_text="Of the request that last asked for it; else empty.",
    )

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "deliveries"
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(type__in=EventType.values), name="delivery_type_known"
            ),
            models.CheckConstraint(
                condition=Q(status=DeliveryStatus.PENDING, due_at__isnull=False, ended_at=None)
                | Q(status__in=ENDED, due_at=None, ended_at__isnull=False),
                name="delivery_due_or_ended",
            ),
        ]
        indexes: ClassVar = [
            models.Index(fields=["webhook", "id"], name="delivery_by_webhook"),
            models.Index(
                fields=["webhook", "due_at"],
                condition=Q(status=DeliveryStatus.PENDING),
                name="delivery_pending",
            ),
            models.Index(
                fields=["ended_at"],
                condition=Q(ended_at__isnull=False),
                name="delivery_by_age",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.type} {self.pk}"


class Attempt(models.Model):
    """One time a delivery was sent: written before, completed after."""

    delivery = models.ForeignKey("league.Delivery", models.CASCADE, related_name="+")
    at = models.DateTimeField()
    outcome = models.CharField(max_length=11, choices=Outcome, blank=True)
    status = models.PositiveSmallIntegerField(null=True, help_text="HTTP's, if there was one.")
    took_ms = models.PositiveIntegerField(null=True)

    objects = models.Manager["Attempt"]()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(outcome="") | Q(outcome__in=Outcome.values),
                name="attempt_outcome_known",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.outcome or 'unknown'} {self.at:%Y-%m-%dT%H:%M:%SZ}"

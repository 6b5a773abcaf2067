"""Anchors: the wish that a digest be on a ledger, and how far it got."""

from datetime import datetime
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q

from chain.models.ledger_entry import HEX_DIGEST, LedgerEntry


class Kind(models.TextChoices):
    COMMITMENT = "commitment"
    SETTLEMENT = "settlement"
    BOARD = "board"


class Status(models.TextChoices):
    WISHED = "wished"
    ANCHORED = "anchored"
    FINAL = "final"
    FAILED = "failed"


UNSETTLED = (Status.WISHED, Status.ANCHORED)


class AnchorQuerySet(models.QuerySet["Anchor"]):
    def unsettled(self, *, network: str, now: datetime) -> Self:
        """What the ledger called `network` may still change and be asked now, oldest first."""
        rested = Q(backoff_until__isnull=True) | Q(backoff_until__lte=now)
        waiting = self.filter(rested, network=network, status__in=UNSETTLED)
        return waiting.order_by("requested_at", "pk")

    def of(self, *, network: str, kind: str, subject: bytes) -> Self:
        """Every version of one subject, newest first."""
        return self.filter(network=network, kind=kind, subject=subject.hex()).order_by("-version")


class Anchor(models.Model):
    """A digest somebody wants remembered, and how far it got."""

    network = models.CharField(max_length=72)
    kind = models.CharField(max_length=16, choices=Kind)
    subject = models.CharField(max_length=HEX_DIGEST)
    version = models.PositiveIntegerField(default=1)
    digest = models.CharField(max_length=HEX_DIGEST)
    count = models.PositiveIntegerField()
    payload = models.JSONField(default=dict)
    status = models.CharField(max_length=8, choices=Status, default=Status.WISHED)
    failure = models.CharField(max_length=200, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Unexpected failures.")
    backoff_until = models.DateTimeField(null=True, blank=True, help_text="After a failure.")
    requested_at = models.DateTimeField()
    anchored_at = models.DateTimeField(null=True, blank=True)
    entry = models.ForeignKey(
        LedgerEntry, on_delete=models.PROTECT, null=True, blank=True, related_name="anchors"
    )

    objects = AnchorQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["network", "kind", "subject", "version"], name="anchor_wished_once"
            ),
            models.CheckConstraint(condition=Q(kind__in=Kind.values), name="anchor_kind"),
            models.CheckConstraint(condition=Q(status__in=Status.values), name="anchor_status"),
            models.CheckConstraint(condition=Q(version__gte=1), name="anchor_version"),
            models.CheckConstraint(
                condition=Q(status__in=["wished", "failed"], anchored_at=None)
                | Q(status__in=["anchored", "final"], anchored_at__isnull=False),
                name="anchor_time_iff_anchored",
            ),
            models.CheckConstraint(
                condition=~Q(network="local", status__in=["anchored", "final"], entry=None),
                name="anchor_local_has_entry",
            ),
            models.CheckConstraint(
                condition=Q(failure="") | Q(status="failed"), name="anchor_failure_iff_failed"
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["network", "requested_at"],
                condition=Q(status__in=["wished", "anchored"]),
                name="anchor_pending",
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.subject[:12]} v{self.version} ({self.status})"

    def is_anchored(self) -> bool:
        """Whether a ledger holds it, confirmed or not."""
        return self.status in {Status.ANCHORED, Status.FINAL}

    def age_s(self, *, now: datetime) -> float:
        """Seconds it waited: until it was anchored, or until `now`."""
        return ((self.anchored_at or now) - self.requested_at).total_seconds()

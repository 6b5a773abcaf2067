from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from league.identifiers import uuid7
from league.models.delivery import Delivery

MOST = 10


class Stopped(models.TextChoices):
    """Why nothing is sent to a webhook any more."""

    OWNER = "owner"
    OPERATOR = "operator"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # for three days


class WebhookQuerySet(models.QuerySet["Webhook"]):
    def listening(self) -> "WebhookQuerySet":
        return self.filter(is_active=True, account__is_active=True)

    def due(self, *, now: datetime) -> "WebhookQuerySet":
        """Those with something to send, who waited longest first; a failing one once a look."""
        waiting = Delivery.objects.due(now=now).filter(webhook=OuterRef("pk"))
        rested = Q(failing_since=None) | Q(tried_at=None) | Q(tried_at__lt=now)
        found = self.listening().filter(rested, Exists(waiting))
        return found.order_by(F("tried_at").asc(nulls_first=True), "pk")


class Webhook(models.Model):
    """An address of an account's choice that is told what happens.

    Its secret is nowhere: it is derived from the salt and SECRET_KEY (league.webhooks.secrets).
    """

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    account = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    place = models.PositiveSmallIntegerField(help_text=f"Which of the account's {MOST}.")
    url = models.CharField(max_length=500)
    description = models.CharField(max_length=60, blank=True)
    events = models.JSONField(help_text="The types it is told of.")
    origin = models.CharField(
        max_length=300, help_text="Where its owner found this site: what the urls begin with."
    )
    salt = models.CharField(max_length=64, editable=False)
    old_salt = models.CharField(max_length=64, blank=True, editable=False)
    old_salt_until = models.DateTimeField(null=True, blank=True)
    is_active = models.BooleanField(default=True)
    stopped = models.CharField(max_length=8, choices=Stopped, blank=True)
    created_at = models.DateTimeField()
    tried_at = models.DateTimeField(null=True, blank=True, help_text="Its latest turn.")
    failing_since = models.DateTimeField(null=True, blank=True, help_text="Nothing arrived since.")

    objects = WebhookQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["account", "place"], name="webhook_once_per_place"),
            models.CheckConstraint(
                condition=Q(place__range=(1, MOST)), name="webhook_few_per_account"
            ),
            models.CheckConstraint(
                condition=Q(is_active=True, stopped="")
                | Q(is_active=False, stopped__in=Stopped.values),
                name="webhook_stopped_iff_inactive",
            ),
            models.CheckConstraint(
                condition=Q(old_salt="") ^ Q(old_salt_until__isnull=False),
                name="webhook_old_secret_ends",
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

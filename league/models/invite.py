from datetime import datetime
from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from league.identifiers import uuid7
from league.models.membership import Role

MOST_USES = 1000
GIVEN = (Role.OPERATOR, Role.MEMBER)
GIVEN_CHOICES = [(one.value, one.label) for one in GIVEN]


class InviteQuerySet(models.QuerySet["Invite"]):
    def usable(self, *, now: datetime) -> "InviteQuerySet":
        return self.filter(revoked_at=None, expires_at__gt=now, uses__lt=F("max_uses"))


class Invite(models.Model):
    """A secret that lets a number of accounts into a league: only its SHA-256 is stored."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    league = models.ForeignKey("league.League", models.CASCADE, related_name="+")
    token_sha256 = models.CharField(max_length=64, unique=True, editable=False)
    role = models.CharField(max_length=8, choices=GIVEN_CHOICES)
    label = models.CharField(max_length=60, blank=True)
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    max_uses = models.PositiveSmallIntegerField(default=1)
    uses = models.PositiveSmallIntegerField(default=0)
    revoked_at = models.DateTimeField(null=True, blank=True)

    objects = InviteQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(condition=Q(role__in=GIVEN), name="invite_role_given"),
            models.CheckConstraint(
                condition=Q(max_uses__range=(1, MOST_USES)), name="invite_uses_bounded"
            ),
            models.CheckConstraint(
                condition=Q(uses__lte=F("max_uses")), name="invite_not_overused"
            ),
            models.CheckConstraint(
                condition=Q(created_at__lt=F("expires_at")), name="invite_expires_later"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

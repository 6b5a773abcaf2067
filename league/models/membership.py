from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q

from league.identifiers import uuid7


class Role(models.TextChoices):
    """What a member may do beyond playing: an operator invites and starts seasons, the owner
    decides who is what.
    """

    OWNER = "owner"
    OPERATOR = "operator"
    MEMBER = "member"


STEWARDS = (Role.OWNER, Role.OPERATOR)


class Membership(models.Model):
    """An account belongs to a league: its human player and its bots play there."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    league = models.ForeignKey("league.League", models.CASCADE, related_name="+")
    user = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="+")
    role = models.CharField(max_length=8, choices=Role.choices)
    joined_at = models.DateTimeField()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["league", "user"], name="membership_once_per_league"),
            models.UniqueConstraint(
                fields=["league"], condition=Q(role="owner"), name="membership_one_owner"
            ),
            models.CheckConstraint(
                condition=Q(role__in=Role.values), name="membership_role_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.user_id}"

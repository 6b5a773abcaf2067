from typing import ClassVar

from django.db import models
from django.db.models import Q


class Deed(models.TextChoices):
    FOUNDED = "founded"
    SEASON_STARTED = "season_started"
    INVITED = "invited"
    INVITE_REVOKED = "invite_revoked"
    JOINED = "joined"
    ROLE_CHANGED = "role_changed"
    REMOVED = "removed"
    LEFT = "left"
    TRANSFERRED = "transferred"


class LeagueEvent(models.Model):
    """One row per deed in a league's life, written in the deed's own commit, never changed."""

    league = models.ForeignKey("league.League", models.CASCADE, related_name="+")
    deed = models.CharField(max_length=14, choices=Deed.choices)
    at = models.DateTimeField()
    actor = models.CharField(max_length=150, help_text="Whose account did it.")
    about = models.CharField(
        max_length=200, blank=True, help_text="Whom or what it concerns, and how."
    )

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(deed__in=Deed.values), name="league_event_deed_known"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.deed} by {self.actor}"

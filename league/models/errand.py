from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models

LONGEST = timedelta(days=7)


class About(models.TextChoices):
    """What the players of a round are to be told."""

    SCORES = "scores"
    COMMITMENT = "commitment"  # anchored
    SETTLEMENT = "settlement"  # anchored


class ErrandQuerySet(models.QuerySet["Errand"]):
    def due(self, *, now: datetime) -> "ErrandQuerySet":
        return self.filter(due_at__lte=now).order_by("due_at", "pk")


class Errand(models.Model):
    """The wish that those who entered a round, and listen, be told of it; gone once they were."""

    round = models.ForeignKey("league.Round", models.CASCADE, related_name="+", db_index=False)
    about = models.CharField(max_length=10, choices=About)
    created_at = models.DateTimeField()
    due_at = models.DateTimeField(help_text="When to look whether it is so.")

    objects = ErrandQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["round", "about"], name="errand_once"),
            models.CheckConstraint(
                condition=models.Q(about__in=About.values), name="errand_about_known"
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["due_at"], name="errand_due")]

    def __str__(self) -> str:
        return f"{self.about} of {self.round_id}"

    def is_stale(self, *, now: datetime) -> bool:
        return self.created_at <= now - LONGEST

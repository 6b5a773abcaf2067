from datetime import datetime
from typing import Any

from django.db import models

from league.identifiers import uuid7
from league.models.league import League
from markets.modes import PriceMode


class SeasonQuerySet(models.QuerySet["Season"]):
    def running(self, *, now: datetime) -> "SeasonQuerySet":
        """Seasons that are not over."""
        return self.filter(ends_at__gt=now)

    def counted(self) -> "SeasonQuerySet":
        """Seasons that are played in earnest: no sandbox."""
        return self.filter(rules__is_sandbox__isnull=True)

    def public(self) -> "SeasonQuerySet":
        return self.filter(league__visibility=League.Visibility.PUBLIC)

    def unfinished(self, *, now: datetime) -> "SeasonQuerySet":
        """Seasons past their end of which nobody has said that everything in them is over."""
        return self.filter(ends_at__lte=now, finished_at=None).order_by("ends_at", "pk")


class Season(models.Model):
    """A run of rounds with one table: locks from starts_at on, settlements until ends_at."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    league = models.ForeignKey("league.League", models.PROTECT, related_name="+")
    slug = models.SlugField(max_length=64, unique=True)
    name = models.CharField(max_length=80)
    price_mode = models.CharField(max_length=10, choices=PriceMode.choices)
    starts_at = models.DateTimeField(help_text="No round locks before this.")
    ends_at = models.DateTimeField(help_text="No round settles after this.")
    rules = models.JSONField(editable=False, help_text="The league's rules, pinned at creation.")
    rules_hash = models.CharField(max_length=64, editable=False)
    is_paused = models.BooleanField(default=False, help_text="No new rounds while paused.")
    created_at = models.DateTimeField(auto_now_add=True)
    finished_at = models.DateTimeField(
        null=True, blank=True, editable=False, help_text="Its boards were all frozen."
    )

    objects = SeasonQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(starts_at__lt=models.F("ends_at")),
                name="season_ends_after_start",
            ),
            models.CheckConstraint(
                condition=models.Q(price_mode__in=PriceMode.values), name="season_price_mode_known"
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_simulated(self) -> bool:
        return self.price_mode != PriceMode.LIVE

    @property
    def is_sandbox(self) -> bool:
        """Practice: it counts nowhere but in itself."""
        return isinstance(self.rules, dict) and bool(self.rules.get("is_sandbox"))

    @property
    def pinned(self) -> dict[str, Any]:
        """The rules: assets, horizons, cadence, scoring_version, settle_deadline_s and more."""
        rules: dict[str, Any] = self.rules
        return rules

    @property
    def ai_side(self) -> str:
        """The handle of the player that stands for AI against the crowd, all its life.

        Seasons that name none began when Vol Scholar was the champion.
        """
        return str(self.pinned.get("ai_side", "vol-scholar"))

    @property
    def network(self) -> str:
        """Where its digests are anchored, a name of chain.networks: the same for all its life."""
        return str(self.pinned.get("network", "local"))

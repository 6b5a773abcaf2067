"""A player's own journey through stored prices: none of it is of any season."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.db import models
from django.db.models import F, Q

from league import horizons
from league.identifiers import uuid7
from league.models.round import Status
from markets.modes import PriceMode
from predictions.models.prediction import Basis, Form


class TimeRunQuerySet(models.QuerySet["TimeRun"]):
    def unused_since(self, at: datetime) -> "TimeRunQuerySet":
        return self.filter(used_at__lte=at)


class TimeRun(models.Model):
    """Rounds of one horizon over some assets, and the virtual instant they are carried to."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    player = models.ForeignKey("league.Player", models.CASCADE, related_name="+")
    price_mode = models.CharField(max_length=10, choices=PriceMode.choices)
    symbols = models.JSONField()
    horizon = models.CharField(max_length=3, choices=[(name, name) for name in horizons.NAMES])
    cadence_s = models.PositiveIntegerField()
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    now_at = models.DateTimeField(help_text="The virtual instant; it only moves forward.")
    created_at = models.DateTimeField()
    used_at = models.DateTimeField(help_text="The latest entry or advance, in real time.")

    objects = TimeRunQuerySet.as_manager()

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(starts_at__lt=F("ends_at"), starts_at__lte=F("now_at"))
                & Q(now_at__lte=F("ends_at")),
                name="time_run_stays_within_itself",
            ),
        ]
        indexes: ClassVar = [models.Index(fields=["used_at"], name="time_run_by_use")]

    def __str__(self) -> str:
        return str(self.pk)

    @property
    def terms(self) -> horizons.Horizon:
        return horizons.TABLE[self.horizon]

    def expires_at(self, *, kept: timedelta) -> datetime:
        return self.used_at + kept


class TimeRound(models.Model):
    """One question of a run; its fields mean what those of league.Round do."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    run = models.ForeignKey("predictions.TimeRun", models.CASCADE, related_name="+")
    asset = models.ForeignKey("markets.Asset", models.PROTECT, related_name="+")
    horizon = models.CharField(max_length=3)
    opens_at = models.DateTimeField()
    locks_at = models.DateTimeField()
    settles_at = models.DateTimeField()
    status = models.CharField(max_length=9, choices=Status.choices, default=Status.SCHEDULED)
    version = models.PositiveIntegerField(default=0)
    reference_price = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    sigma_bp = models.FloatField(null=True)
    width = models.FloatField(null=True)
    is_sigma_borrowed = models.BooleanField(default=False)
    settlement_price = models.DecimalField(max_digits=20, decimal_places=8, null=True)
    outcome_bp = models.FloatField(null=True)
    hold_reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["run", "asset", "locks_at"], name="time_round_once"),
            models.CheckConstraint(
                condition=Q(opens_at__lt=F("locks_at"), locks_at__lt=F("settles_at")),
                name="time_round_times_ascend",
            ),
            models.CheckConstraint(
                condition=~Q(status=Status.FINAL)
                | Q(settlement_price__gt=0, reference_price__gt=0)
                & Q(
                    settlement_price__isnull=False,
                    reference_price__isnull=False,
                    outcome_bp__isnull=False,
                ),
                name="time_round_final_has_prices",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.horizon} {self.locks_at:%Y-%m-%dT%H:%MZ}"


class TimeWord(models.Model):
    """The player's prediction in a round of its run; the last word replaces the one before."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    round = models.OneToOneField("predictions.TimeRound", models.CASCADE, related_name="+")
    form = models.CharField(max_length=9, choices=Form.choices)
    basis = models.CharField(max_length=6, choices=Basis.choices)
    p10 = models.DecimalField(max_digits=20, decimal_places=8)
    p50 = models.DecimalField(max_digits=20, decimal_places=8)
    p90 = models.DecimalField(max_digits=20, decimal_places=8)
    accepted_at = models.DateTimeField(help_text="In virtual time.")
    is_withdrawn = models.BooleanField(default=False)
    revision = models.PositiveIntegerField(default=1)
    points_milli = models.IntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.CheckConstraint(
                condition=Q(p10__lte=F("p50"), p50__lte=F("p90")), name="time_word_ascends"
            ),
        ]

    def __str__(self) -> str:
        return str(self.pk)

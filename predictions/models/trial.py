from typing import ClassVar

from django.db import models
from django.db.models import F, Q


class Trial(models.Model):
    """A version's own forecast of a round, made before its lock: scored, and ranked nowhere."""

    version = models.ForeignKey("predictions.ModelVersion", models.PROTECT, related_name="+")
    round = models.ForeignKey("league.Round", models.PROTECT, related_name="+")
    entered_at = models.DateTimeField()
    low_bp = models.FloatField(help_text="Basis points of log return, as the two others.")
    middle_bp = models.FloatField()
    high_bp = models.FloatField()
    is_cold = models.BooleanField(default=False, help_text="The house's forecast stood in.")
    points_milli = models.IntegerField(null=True)
    outcome = models.FloatField(null=True, help_text="The move, in the round's sigmas.")
    pit_bin = models.PositiveSmallIntegerField(null=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "round"], name="trial_once"),
            models.CheckConstraint(
                condition=Q(low_bp__lte=F("middle_bp"), middle_bp__lte=F("high_bp")),
                name="trial_ascends",
            ),
        ]
        indexes: ClassVar = [
            models.Index(
                fields=["round"], condition=Q(points_milli__isnull=True), name="trial_unscored"
            )
        ]

    def __str__(self) -> str:
        return f"{self.version_id} in {self.round_id}"


class Calibration(models.Model):
    """Running counts of a version's settled trials of an asset: what its width is corrected by."""

    version = models.ForeignKey("predictions.ModelVersion", models.PROTECT, related_name="+")
    asset = models.CharField(max_length=12)
    settled = models.PositiveIntegerField(default=0)
    missed = models.PositiveIntegerField(default=0)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["version", "asset"], name="calibration_once"),
            models.CheckConstraint(
                condition=Q(missed__lte=F("settled")), name="calibration_missed_some"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.version_id}, {self.asset}"


class Apprenticeship(models.Model):
    """Whose turn it is to train a horizon: the lease, and how the last attempt went."""

    horizon = models.CharField(max_length=3)
    price_mode = models.CharField(max_length=10)
    leased_until = models.DateTimeField()
    next_at = models.DateTimeField()
    failures = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(fields=["horizon", "price_mode"], name="apprenticeship_once")
        ]

    def __str__(self) -> str:
        return f"{self.horizon}, {self.price_mode}"

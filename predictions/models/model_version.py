from typing import ClassVar

from django.db import models
from django.db.models import Q

from league.identifiers import uuid7


class Family(models.TextChoices):
    HAR = "har", "HAR"
    FOREST = "forest", "Forest"


class Standing(models.TextChoices):
    SHADOW = "shadow"
    CHAMPION = "champion"
    RETIRED = "retired"


class ModelVersion(models.Model):
    """One trained model: where it comes from, its bytes, and what became of it."""

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    family = models.CharField(max_length=8, choices=Family)
    horizon = models.CharField(max_length=3)
    price_mode = models.CharField(max_length=10)
    number = models.PositiveIntegerField(help_text="Counts the versions of a family and horizon.")
    parent = models.ForeignKey("self", models.PROTECT, null=True, related_name="+")
    status = models.CharField(max_length=8, choices=Standing)
    trained_at = models.DateTimeField()
    # What it learned from.
    window_start = models.DateTimeField(help_text="Close of the first bar a lesson belongs to.")
    window_end = models.DateTimeField(help_text="Every bar it saw had closed by then.")
    rows = models.PositiveIntegerField()
    data_sha256 = models.CharField(max_length=64)
    assets = models.JSONField()
    features = models.JSONField()
    features_sha256 = models.CharField(max_length=64)
    params = models.JSONField()
    seed = models.PositiveIntegerField()
    libraries = models.JSONField()
    # What it is.
    format = models.CharField(max_length=16)
    size = models.PositiveIntegerField(help_text="Bytes.")
    sha256 = models.CharField(max_length=64)
    probe_sha256 = models.CharField(max_length=64)
    artifact = models.BinaryField()
    # How it does.
    metrics = models.JSONField(default=dict)
    drift = models.JSONField(default=dict)
    # Who decided what.
    promoted_by = models.CharField(max_length=150, blank=True)
    promoted_at = models.DateTimeField(null=True)
    retired_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["family", "horizon", "price_mode", "number"], name="model_version_once"
            ),
            models.UniqueConstraint(
                fields=["family", "horizon", "price_mode"],
                condition=Q(status="champion"),
                name="model_version_one_champion",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["shadow", "champion", "retired"]),
                name="model_version_status_known",
            ),
            models.CheckConstraint(
                condition=~Q(status="champion") | Q(promoted_at__isnull=False),
                name="model_version_champion_promoted",
            ),
            models.CheckConstraint(
                condition=~Q(status="retired") | Q(retired_at__isnull=False),
                name="model_version_retired_when",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.family}-{self.horizon}-{self.number}"

from django.db import models
from django.db.models import Q


class Observation(models.Model):
    """What one source says the price was at one instant; written once, never changed.

    `digest` is the SHA-256 of the canonical text of the bars or the quote it came from.
    """

    asset = models.ForeignKey("markets.Asset", on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=32)
    instant = models.DateTimeField()
    value = models.DecimalField(max_digits=20, decimal_places=8, null=True, blank=True)
    source_time = models.DateTimeField(null=True, blank=True)
    fetched_at = models.DateTimeField()
    is_valid = models.BooleanField()
    reason = models.CharField(max_length=60, blank=True)
    digest = models.CharField(max_length=64)

    objects = models.Manager["Observation"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "source", "instant"], name="observation_once"
            ),
            models.CheckConstraint(
                condition=Q(is_valid=False) | Q(value__isnull=False, value__gt=0),
                name="observation_valid_has_price",
            ),
            models.CheckConstraint(
                condition=Q(is_valid=True) | ~Q(reason=""), name="observation_invalid_has_reason"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.source} {self.instant:%Y-%m-%d %H:%M:%S}"

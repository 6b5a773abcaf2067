from django.db import models
from django.db.models import F, Q


class Bar(models.Model):
    """One source's trading between `opened_at` and `opened_at` + `interval`; insert-only.

    Usable from its close on, never before. Gaps stay gaps.
    """

    asset = models.ForeignKey("markets.Asset", on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=32)
    interval = models.PositiveIntegerField(help_text="Seconds: 60, 3600 or 86400.")
    opened_at = models.DateTimeField()
    open = models.DecimalField(max_digits=20, decimal_places=8)
    high = models.DecimalField(max_digits=20, decimal_places=8)
    low = models.DecimalField(max_digits=20, decimal_places=8)
    close = models.DecimalField(max_digits=20, decimal_places=8)
    volume = models.DecimalField(
        max_digits=28, decimal_places=8, null=True, blank=True, help_text="Base units."
    )

    objects = models.Manager["Bar"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["asset", "source", "interval", "opened_at"], name="bar_once"
            ),
            models.CheckConstraint(condition=Q(low__gt=0), name="bar_prices_positive"),
            models.CheckConstraint(
                condition=Q(low__lte=F("open"), high__gte=F("open")), name="bar_open_in_range"
            ),
            models.CheckConstraint(
                condition=Q(low__lte=F("close"), high__gte=F("close")), name="bar_close_in_range"
            ),
            models.CheckConstraint(condition=Q(interval__gt=0), name="bar_interval_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.source} {self.interval}s {self.opened_at:%Y-%m-%d %H:%M}"

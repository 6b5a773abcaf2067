from django.db import models
from django.db.models import Q


class Quote(models.Model):
    """A source's latest price as it was told to us; insert-only.

    `source_time` is the source's own stamp, or the receipt time for a source that gives none.
    """

    asset = models.ForeignKey("markets.Asset", on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=32)
    source_time = models.DateTimeField()
    fetched_at = models.DateTimeField()
    price = models.DecimalField(max_digits=20, decimal_places=8)
    change_24h_pct = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    market_cap = models.DecimalField(max_digits=24, decimal_places=2, null=True, blank=True)
    volume_24h = models.DecimalField(
        max_digits=24, decimal_places=2, null=True, blank=True, help_text="Quote currency."
    )

    objects = models.Manager["Quote"]()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["asset", "source", "source_time"], name="quote_once"),
            models.CheckConstraint(condition=Q(price__gt=0), name="quote_price_positive"),
        ]
        indexes = [models.Index(fields=["source", "fetched_at"], name="quote_newest")]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.price} {self.source}"

from django.db import models
from django.db.models import Q


class LatestPrice(models.Model):
    """The newest quote of each source: for showing and looking up, never for a settlement.

    Written together with the quotes and replaced only by a newer `source_time`.
    """

    pk = models.CompositePrimaryKey("asset_id", "source")
    asset = models.ForeignKey("markets.Asset", on_delete=models.PROTECT, db_index=False)
    source = models.CharField(max_length=32)
    source_time = models.DateTimeField()
    fetched_at = models.DateTimeField()
    price = models.DecimalField(max_digits=20, decimal_places=8)
    change_24h_pct = models.DecimalField(max_digits=12, decimal_places=4, null=True, blank=True)
    market_cap = models.DecimalField(max_digits=24, decimal_places=2, null=True, blank=True)

    objects = models.Manager["LatestPrice"]()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(price__gt=0), name="latest_price_positive"),
        ]

    def __str__(self) -> str:
        return f"{self.asset_id} {self.price} {self.source}"

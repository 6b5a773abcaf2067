from django.core.validators import RegexValidator
from django.db import models
from django.db.models import Q

CAPITALS = RegexValidator(r"\A[A-Z0-9]{2,12}\Z", "Two to twelve capital letters or digits.")


class AssetQuerySet(models.QuerySet["Asset"]):
    def active(self) -> "AssetQuerySet":
        return self.filter(is_active=True)

    def listed(self) -> "AssetQuerySet":
        """In the order people read them; the symbol breaks ties."""
        return self.order_by("rank", "symbol")


class Asset(models.Model):
    """What can be predicted."""

    symbol = models.CharField(max_length=12, primary_key=True, validators=[CAPITALS])
    name = models.CharField(max_length=40)
    coingecko_id = models.CharField(max_length=60, blank=True)
    divergence_bp = models.PositiveIntegerField(
        default=50, help_text="Sources further than this from their median hold the round."
    )
    is_active = models.BooleanField(default=False, help_text="Prices are recorded.")
    rank = models.PositiveSmallIntegerField(default=100, help_text="Display order.")

    objects = AssetQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(divergence_bp__gt=0), name="asset_divergence_positive"
            )
        ]

    def __str__(self) -> str:
        return self.symbol

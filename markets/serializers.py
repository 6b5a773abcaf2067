from rest_framework import serializers

from markets.display import DisplayPrice
from markets.models import Asset, Bar
from markets.providers import simulated


class AssetSerializer(serializers.ModelSerializer[Asset]):
    class Meta:
        model = Asset
        fields = ("symbol", "name", "is_active", "divergence_bp", "rank")


class BarSerializer(serializers.ModelSerializer[Bar]):
    is_simulated = serializers.SerializerMethodField()

    class Meta:
        model = Bar
        fields = (
            "source", "interval", "opened_at", "open", "high", "low", "close", "volume",
            "is_simulated",
        )  # fmt: skip

    def get_is_simulated(self, bar: Bar) -> bool:
        return bar.source in simulated.NAMES


class PriceSerializer(serializers.Serializer[DisplayPrice]):
    """In USD; `timestamp` is when the source saw it, `change_24h` is in percent."""

    symbol = serializers.CharField()
    price = serializers.DecimalField(max_digits=20, decimal_places=8)
    change_24h = serializers.DecimalField(max_digits=12, decimal_places=4, allow_null=True)
    market_cap = serializers.DecimalField(max_digits=24, decimal_places=2, allow_null=True)
    timestamp = serializers.DateTimeField(source="as_of")
    source = serializers.CharField()  # type: ignore[assignment]  # DRF's Field.source
    age_seconds = serializers.IntegerField()
    is_simulated = serializers.BooleanField()

"""Rounds, their house forecast, evidence and events from outside."""

from typing import Any

from rest_framework import serializers

from league.frames import Frame
from league.models import Round, RoundEvent


class RoundSerializer(serializers.ModelSerializer[Round]):
    season = serializers.CharField(source="season.slug", read_only=True)
    asset = serializers.CharField(source="asset_id", read_only=True)
    is_simulated = serializers.BooleanField(source="season.is_simulated", read_only=True)

    class Meta:
        model = Round
        fields = [
            "id", "season", "asset", "horizon", "opens_at", "locks_at", "settles_at", "status",
            "version", "is_simulated", "reference_price", "sigma_bp", "is_sigma_borrowed",
            "settlement_price", "outcome_bp", "hold_reason", "finalized_at",
        ]  # fmt: skip
        read_only_fields = fields


class HouseSerializer(serializers.Serializer[Frame]):
    """The house forecast: public before the lock, frozen after it; it defines 0 points."""

    price = serializers.DecimalField(max_digits=20, decimal_places=8)
    sigma_bp = serializers.FloatField()
    width = serializers.FloatField()
    p10 = serializers.SerializerMethodField()
    p50 = serializers.SerializerMethodField()
    p90 = serializers.SerializerMethodField()
    as_of = serializers.DateTimeField()
    is_sigma_borrowed = serializers.BooleanField(source="is_borrowed")

    def get_p10(self, frame: Frame) -> str:
        return f"{frame.house_prices()[0]:.8f}"

    def get_p50(self, frame: Frame) -> str:
        return f"{frame.house_prices()[1]:.8f}"

    def get_p90(self, frame: Frame) -> str:
        return f"{frame.house_prices()[2]:.8f}"


class RoundDetailSerializer(RoundSerializer):
    house = HouseSerializer(read_only=True, allow_null=True)
    is_house_frozen = serializers.BooleanField(read_only=True)

    class Meta(RoundSerializer.Meta):
        fields = [*RoundSerializer.Meta.fields, "house", "is_house_frozen"]
        read_only_fields = fields


class RoundEventSerializer(serializers.ModelSerializer[RoundEvent]):
    actor = serializers.SerializerMethodField()

    class Meta:
        model = RoundEvent
        fields = ["version", "from_status", "to_status", "at", "reason", "actor"]
        read_only_fields = fields

    def get_actor(self, event: RoundEvent) -> str:
        """Operators are people: their names stay in the audit log."""
        return "sweep" if event.actor == "sweep" else "operator"


class ObservationSerializer(serializers.Serializer[dict[str, Any]]):
    """One source's word on one instant, as the price was computed from it."""

    source = serializers.CharField()  # type: ignore[assignment]
    instant = serializers.CharField(required=False)
    value = serializers.CharField(allow_null=True)
    source_time = serializers.CharField(allow_null=True, required=False)
    is_valid = serializers.BooleanField()  # type: ignore[assignment]
    reason = serializers.CharField(required=False)
    digest = serializers.CharField(required=False)


class RoundObservationsSerializer(serializers.Serializer[Any]):
    reference = serializers.ListField(child=ObservationSerializer())
    settlement = serializers.ListField(child=ObservationSerializer())

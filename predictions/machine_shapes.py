"""Runs of the time machine from outside; what is inside one has the shapes of the live API."""

from datetime import datetime
from typing import Any, Final

from django.core.exceptions import ValidationError as Invalid
from rest_framework import serializers

from league import horizons
from league.horizons import DAY, TABLE
from league.inputs import StrictSerializer, validate_instant
from league.serializers.rounds import RoundSerializer
from markets.modes import PriceMode
from predictions.serializers import PredictionSerializer
from predictions.timemachine import scenes
from predictions.timemachine.runs import Plan

MOST_SYMBOLS: Final = 10
LONGEST_SPACING: Final = 7 * DAY
NEXT: Final = "next"


class RunPlanSerializer(StrictSerializer):
    """`cadence` is the spacing of locks in seconds, the horizon's own unless given."""

    symbols = serializers.ListField(
        child=serializers.RegexField(r"\A[A-Z0-9]{1,12}\Z"),
        min_length=1,
        max_length=MOST_SYMBOLS,
    )
    horizon = serializers.ChoiceField(choices=horizons.NAMES)
    starts_at = serializers.DateTimeField(validators=[validate_instant])
    ends_at = serializers.DateTimeField(validators=[validate_instant])
    cadence = serializers.IntegerField(required=False, min_value=60, max_value=LONGEST_SPACING)

    def validate_symbols(self, symbols: list[str]) -> list[str]:
        if len(set(symbols)) != len(symbols):
            raise serializers.ValidationError("Name each asset once.", code="repeated")
        return sorted(symbols)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        bar_s = TABLE[attrs["horizon"]].bar_s
        if attrs["starts_at"] >= attrs["ends_at"]:
            raise serializers.ValidationError({"ends_at": ["Give a later one than starts_at."]})
        if attrs.get("cadence", bar_s) % bar_s:
            raise serializers.ValidationError({"cadence": [f"Give a multiple of {bar_s}."]})
        return attrs

    def plan(self) -> Plan:
        given = self.validated_data
        return Plan(
            symbols=given["symbols"],
            horizon=given["horizon"],
            cadence_s=given.get("cadence", TABLE[given["horizon"]].cadence_s),
            starts_at=given["starts_at"],
            ends_at=given["ends_at"],
        )


class AdvanceSerializer(StrictSerializer):
    """`to` an instant, or "next": when something opens, locks or settles; or by `seconds`."""

    to = serializers.CharField(required=False, max_length=40)
    seconds = serializers.IntegerField(required=False, min_value=1, max_value=366 * DAY)

    def validate_to(self, value: str) -> datetime | None:
        """None for the next instant that matters."""
        if value == NEXT:
            return None
        found: datetime = serializers.DateTimeField().to_internal_value(value)
        try:
            validate_instant(found)
        except Invalid as error:
            raise serializers.ValidationError(error.messages, code="out_of_range") from error
        return found

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if len(attrs) != 1:
            raise serializers.ValidationError("Give `to` or `seconds`.", code="required")
        return attrs


class RangeSerializer(serializers.Serializer[Any]):
    """What is stored: a run of this asset and horizon fits in between."""

    symbol = serializers.CharField()
    horizon = serializers.ChoiceField(choices=horizons.NAMES)
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()


class RunSerializer(serializers.Serializer[Any]):
    """`base_url` is what a bot takes in the place of the API's own."""

    id = serializers.UUIDField()
    base_url = serializers.CharField()
    now = serializers.DateTimeField()
    symbols = serializers.ListField(child=serializers.CharField())
    horizon = serializers.ChoiceField(choices=horizons.NAMES)
    cadence = serializers.IntegerField()
    starts_at = serializers.DateTimeField()
    ends_at = serializers.DateTimeField()
    price_mode = serializers.ChoiceField(choices=PriceMode.choices)
    is_simulated = serializers.BooleanField()
    created_at = serializers.DateTimeField()
    expires_at = serializers.DateTimeField()


class MachineSerializer(serializers.Serializer[Any]):
    """Your runs, how many you may have, of how many rounds, and the ranges on offer."""

    most_runs = serializers.IntegerField()
    most_rounds = serializers.IntegerField()
    ranges = RangeSerializer(many=True)
    runs = RunSerializer(many=True)


class RunSummarySerializer(serializers.Serializer[Any]):
    """Of the entries scored so far. `skill_pct` is the percentage of the house's loss saved.

    `coverage80` is the percentage of outcomes from p10 to p90.
    """

    rounds = serializers.IntegerField()
    statuses = serializers.DictField(child=serializers.IntegerField())
    scored = serializers.IntegerField()
    points = serializers.CharField()
    mean_points = serializers.FloatField(allow_null=True)
    skill_pct = serializers.FloatField(allow_null=True)
    skill_low = serializers.FloatField(allow_null=True)
    skill_high = serializers.FloatField(allow_null=True)
    coverage80 = serializers.FloatField(allow_null=True)


class RunDetailSerializer(RunSerializer):
    summary = RunSummarySerializer()


class ResultSerializer(serializers.Serializer[Any]):
    """A round that ended; `prediction` and `points` are null where you had none."""

    round = serializers.UUIDField()
    asset = serializers.CharField()
    status = serializers.ChoiceField(choices=["final", "void"])
    locks_at = serializers.DateTimeField()
    settles_at = serializers.DateTimeField()
    reference_price = serializers.DecimalField(max_digits=20, decimal_places=8, allow_null=True)
    settlement_price = serializers.DecimalField(max_digits=20, decimal_places=8, allow_null=True)
    outcome_bp = serializers.FloatField(allow_null=True)
    prediction = serializers.UUIDField(allow_null=True)
    points = serializers.CharField(allow_null=True)


class PassageSerializer(serializers.Serializer[Any]):
    """What ended on the way, by settlement."""

    now = serializers.DateTimeField()
    results = ResultSerializer(many=True)


class RunRoundSerializer(RoundSerializer):
    """A round of a run in the shape of a league's; its run must be at hand."""

    def to_representation(self, instance: Any) -> Any:
        seen = scenes.round_of(instance, of=scenes.season(instance.run))
        return super().to_representation(seen)


class RunWordSerializer(PredictionSerializer):
    """A word of a run in the shape of a prediction; its run and player must be at hand."""

    def to_representation(self, instance: Any) -> Any:
        seen: Any = scenes.shown(instance, player=instance.round.run.player)
        return super().to_representation(seen)

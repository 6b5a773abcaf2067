"""Predictions from outside: three ways in, one shape out."""

from decimal import Decimal
from typing import Any

from rest_framework import serializers

from league import addresses
from league.inputs import PlainDecimalField, StrictSerializer
from predictions import entry_forms
from predictions.entry_forms import Entry
from predictions.models import Prediction, Revision
from predictions.models.prediction import Basis, Form
from predictions.predecessor import Asked

NUMBERS = {
    Form.QUANTILES: ("p10", "p50", "p90"),
    Form.POINT: ("point",),
    Form.PROB_UP: ("prob_up",),
}


class EntrySerializer(StrictSerializer):
    """form=quantiles with p10, p50, p90; form=point with point; form=prob_up with prob_up.

    With basis=return the numbers are basis points of log return from the reference price.
    """

    form = serializers.ChoiceField(choices=Form.choices)
    basis = serializers.ChoiceField(choices=Basis.choices, required=False)
    p10 = PlainDecimalField(required=False)
    p50 = PlainDecimalField(required=False)
    p90 = PlainDecimalField(required=False)
    point = PlainDecimalField(required=False)
    prob_up = PlainDecimalField(required=False)

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        """:raises rest_framework.serializers.ValidationError: unless the form's own numbers."""
        wanted = NUMBERS[attrs["form"]]
        given = attrs.keys() - {"form", "basis"}
        faults = {name: ["This form needs it."] for name in wanted if name not in given}
        faults |= {name: ["Not part of this form."] for name in given if name not in wanted}
        if attrs["form"] == Form.PROB_UP and "basis" in attrs:
            faults["basis"] = ["A probability has no basis."]
        if faults:
            raise serializers.ValidationError(faults)
        return attrs

    def entry(self) -> Entry:
        """:raises predictions.entry_forms.InvalidEntry: for numbers no prediction can hold."""
        values = self.validated_data
        basis = values.get("basis", Basis.PRICE)
        if values["form"] == Form.QUANTILES:
            return entry_forms.quantiles(values["p10"], values["p50"], values["p90"], basis=basis)
        if values["form"] == Form.POINT:
            return entry_forms.point(values["point"], basis=basis)
        return entry_forms.prob_up(values["prob_up"])


class WordSerializer(serializers.ModelSerializer[Revision]):
    """One revision of a prediction, as it was given."""

    class Meta:
        model = Revision
        fields = [
            "revision", "form", "basis", "p10", "p50", "p90", "accepted_at", "is_withdrawn",
        ]  # fmt: skip
        read_only_fields = fields


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    round = serializers.UUIDField(source="round_id", read_only=True)
    player = serializers.CharField(source="player.handle", read_only=True)
    kind = serializers.CharField(source="player.kind", read_only=True)
    points = serializers.SerializerMethodField()

    class Meta:
        model = Prediction
        fields = [
            "id", "round", "player", "kind", *WordSerializer.Meta.fields, "reasoning",
            "is_simulated_reasoning", "as_of", "points",
        ]  # fmt: skip
        read_only_fields = fields

    def get_points(self, prediction: Prediction) -> str | None:
        """Skill points to the milli-point, null until the round is final."""
        milli: int | None = getattr(prediction, "points_milli", None)
        return None if milli is None else f"{Decimal(milli).scaleb(-3):.3f}"


class QuantilesSerializer(serializers.Serializer[Any]):
    """The prices an entry stands for at the current price and scale: indicative until lock."""

    p10 = serializers.DecimalField(max_digits=20, decimal_places=8)
    p50 = serializers.DecimalField(max_digits=20, decimal_places=8)
    p90 = serializers.DecimalField(max_digits=20, decimal_places=8)


class AcceptedSerializer(serializers.Serializer[Any]):
    """`prediction` is null after a dry run."""

    prediction = PredictionSerializer(allow_null=True)
    quantiles = QuantilesSerializer()


class ForecasterSerializer(serializers.Serializer[Any]):
    handle = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()


class PredictSerializer(StrictSerializer):
    user_address = serializers.CharField(max_length=42)
    prediction_value = PlainDecimalField()

    def validate_user_address(self, value: str) -> str:
        try:
            return addresses.normalise(value)
        except addresses.InvalidAddress as error:
            raise serializers.ValidationError(str(error), code="invalid_address") from error

    def asked(self) -> Asked:
        values = self.validated_data
        return Asked(values["user_address"], values["prediction_value"])


class MarketDataSerializer(serializers.Serializer[Any]):
    symbol = serializers.CharField()
    price = serializers.DecimalField(max_digits=20, decimal_places=8)
    as_of = serializers.DateTimeField()
    sigma_bp = serializers.FloatField()
    is_simulated = serializers.BooleanField()


class PlacedSerializer(serializers.Serializer[Any]):
    user_prediction = serializers.DecimalField(max_digits=20, decimal_places=8)
    ai_prediction = serializers.DecimalField(max_digits=20, decimal_places=8)
    ai_player = serializers.CharField()
    ai_reasoning = serializers.CharField()
    transaction_hash = serializers.CharField(allow_null=True)
    simulated = serializers.BooleanField()
    receipt_url = serializers.CharField()
    prediction = serializers.UUIDField()
    round = serializers.UUIDField()
    horizon = serializers.CharField()
    locks_at = serializers.DateTimeField()
    settles_at = serializers.DateTimeField()
    market_data = MarketDataSerializer()
    timestamp = serializers.DateTimeField()

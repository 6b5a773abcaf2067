"""Predictions from outside: three ways in, one shape out."""

from decimal import Decimal
from typing import Any

from drf_spectacular.utils import extend_schema_serializer
from rest_framework import serializers

from chain import addresses
from league.inputs import PlainDecimalField, StrictSerializer
from predictions.models import Cost, Prediction, Revision
from predictions.models.prediction import Basis, Form
from predictions.predecessor import Asked


class EntrySerializer(StrictSerializer):  # for the schema: predictions.entry_shapes reads it
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


class SignedEntrySerializer(EntrySerializer):  # for the schema: predictions.signed_shapes reads it
    """An entry; signed by the player's wallet when it carries a salt and a signature."""

    salt = serializers.CharField(required=False, help_text="The one signed: 0x and 32 bytes.")
    signature = serializers.CharField(
        required=False,
        help_text="Over the EIP-712 digest, see prediction/typed-data: 0x and 65 bytes.",
    )


class DraftSerializer(serializers.Serializer[Any]):
    """Sign `typed_data` (eth_signTypedData_v4), then send the entry with salt and signature."""

    typed_data = serializers.JSONField()
    digest = serializers.CharField()
    salt = serializers.CharField()
    revision = serializers.IntegerField()


class BulkItemSerializer(EntrySerializer):
    """An entry, and the round it is for."""

    round = serializers.UUIDField()


class BulkSerializer(StrictSerializer):  # for the schema: predictions.views.bulk_items reads it
    items = serializers.ListField(child=BulkItemSerializer(), min_length=1, max_length=500)


class CostSerializer(serializers.ModelSerializer[Cost]):
    """What an AI player's entry took; tokens are null when no language model was asked for it."""

    usd = serializers.DecimalField(max_digits=20, decimal_places=6, read_only=True)

    class Meta:
        model = Cost
        fields = ["seconds", "tokens_in", "tokens_out", "usd"]
        read_only_fields = fields


class WordSerializer(serializers.ModelSerializer[Revision]):
    """One revision of a prediction, as it was given.

    Only the one that counts has a cost, and only if an AI player gave it.
    """

    cost = CostSerializer(allow_null=True, read_only=True)

    class Meta:
        model = Revision
        fields = [
            "revision", "form", "basis", "p10", "p50", "p90", "accepted_at", "is_withdrawn",
            "cost",
        ]  # fmt: skip
        read_only_fields = fields


class PredictionSerializer(serializers.ModelSerializer[Prediction]):
    round = serializers.UUIDField(source="round_id", read_only=True)
    player = serializers.CharField(source="player.handle", read_only=True)
    kind = serializers.CharField(source="player.kind", read_only=True)
    cost = CostSerializer(allow_null=True, read_only=True)
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


class TogetherSerializer(serializers.Serializer[Any]):
    """The median of each level over `count` entries, as prices."""

    count = serializers.IntegerField()
    p10 = serializers.DecimalField(max_digits=20, decimal_places=8)
    p50 = serializers.DecimalField(max_digits=20, decimal_places=8)
    p90 = serializers.DecimalField(max_digits=20, decimal_places=8)


class AllTogetherSerializer(serializers.Serializer[Any]):
    """Of five humans, two AI players, two of any ranked kind or more; null before and of fewer."""

    human = TogetherSerializer(allow_null=True)
    ai = TogetherSerializer(allow_null=True)
    all = TogetherSerializer(allow_null=True)


@extend_schema_serializer(many=False)
class RoundPredictionsSerializer(serializers.Serializer[Any]):
    next = serializers.URLField(allow_null=True)
    previous = serializers.URLField(allow_null=True)
    results = PredictionSerializer(many=True)
    aggregates = AllTogetherSerializer()


class AnchoredSerializer(serializers.Serializer[Any]):
    """Each as receipts carry it."""

    network = serializers.CharField()
    commitment = serializers.DictField(allow_null=True)
    settlement = serializers.DictField(allow_null=True)


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

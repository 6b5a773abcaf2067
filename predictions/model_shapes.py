"""The built-in players and the models behind them, as the API shows them."""

from typing import Any

from rest_framework import serializers

from predictions.models import ModelVersion


class ModelSerializer(serializers.ModelSerializer[ModelVersion]):
    """A trained model. `metrics.validation` is of a twin on bars it had not seen; `drift` is over
    the newest sixty locks of what the model itself tried.
    """

    name = serializers.CharField(source="__str__", read_only=True)
    follows = serializers.CharField(source="parent", read_only=True, allow_null=True)

    class Meta:
        model = ModelVersion
        fields = (
            "id", "name", "family", "horizon", "price_mode", "number", "follows", "status",
            "trained_at", "window_start", "window_end", "rows", "data_sha256", "assets",
            "features", "features_sha256", "params", "seed", "libraries", "format", "size",
            "sha256", "probe_sha256", "metrics", "drift", "promoted_by", "promoted_at",
            "retired_at", "reason",
        )  # fmt: skip
        read_only_fields = fields


class ForecasterSerializer(serializers.Serializer[Any]):
    handle = serializers.CharField()
    name = serializers.CharField()
    kind = serializers.CharField()

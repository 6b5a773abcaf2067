"""Boards and verdicts from outside: points as strings to the milli-point."""

from decimal import Decimal
from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from leaderboard.models import Standing
from league import horizons
from league.models.player import Kind


@extend_schema_field(OpenApiTypes.STR)
class PointsField(serializers.Field[Any, Any, str, int]):
    """Integer milli-points, shown as points."""

    def to_representation(self, value: int) -> str:
        return f"{Decimal(value).scaleb(-3):.3f}"


class BoardQuerySerializer(serializers.Serializer[Any]):
    """Which board: the newest running public season and its first horizon unless named.

    `player` asks for one player's place only: one row, or none.
    """

    season = serializers.SlugField(max_length=64, required=False)
    horizon = serializers.ChoiceField(choices=horizons.NAMES, required=False)
    kind = serializers.MultipleChoiceField(choices=Kind.choices, required=False)
    player = serializers.CharField(max_length=40, required=False, help_text="A handle: its row.")


class StandingSerializer(serializers.ModelSerializer[Standing]):
    player = serializers.CharField(source="player.handle", read_only=True)
    name = serializers.CharField(source="player.name", read_only=True)
    kind = serializers.CharField(source="player.kind", read_only=True)
    mean_points = PointsField(source="mean_milli", read_only=True)
    rating = PointsField(source="rating_milli", read_only=True)
    low = PointsField(source="low_milli", read_only=True, allow_null=True)
    high = PointsField(source="high_milli", read_only=True, allow_null=True)
    provisional = serializers.BooleanField(source="is_provisional", read_only=True)

    class Meta:
        model = Standing
        fields = [
            "rank", "player", "name", "kind", "rounds", "locks", "mean_points", "rating", "low",
            "high", "coverage", "provisional",
        ]  # fmt: skip
        read_only_fields = fields


class LeaderboardSerializer(serializers.Serializer[Any]):
    season = serializers.CharField()
    horizon = serializers.CharField()
    is_simulated = serializers.BooleanField()
    rounds = serializers.IntegerField()
    locks = serializers.IntegerField()
    version = serializers.IntegerField()
    published_at = serializers.DateTimeField(allow_null=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True)
    results = StandingSerializer(many=True)


class BoardVerdictSerializer(serializers.Serializer[Any]):
    season = serializers.CharField()
    horizon = serializers.CharField()
    is_simulated = serializers.BooleanField()
    published_at = serializers.DateTimeField(allow_null=True)
    is_final = serializers.BooleanField(help_text="The season is over: nothing is added any more.")
    verdict = serializers.DictField()

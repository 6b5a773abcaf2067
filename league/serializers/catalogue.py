"""Leagues, seasons and the time from outside."""

from typing import Any

from rest_framework import serializers

from league.models import League, Season


class LeagueSerializer(serializers.ModelSerializer[League]):
    assets = serializers.SlugRelatedField[Any](slug_field="symbol", many=True, read_only=True)
    horizons = serializers.ListField(child=serializers.CharField(), read_only=True)
    cadence = serializers.DictField(child=serializers.IntegerField(), read_only=True)

    class Meta:
        model = League
        fields = [
            "slug", "name", "description", "visibility", "assets", "horizons", "cadence",
            "scoring_version", "settle_deadline_s", "created_at",
        ]  # fmt: skip
        read_only_fields = fields


class SeasonSerializer(serializers.ModelSerializer[Season]):
    league = serializers.SlugRelatedField[Any](slug_field="slug", read_only=True)
    rules = serializers.DictField(
        read_only=True,
        help_text="Pinned at its creation: nothing changes them. A private league's hold a salt.",
    )
    rules_hash = serializers.CharField(
        read_only=True,
        help_text="Keccak-256 of `rules` as canonical JSON, in hexadecimal. Canonical: the keys of"
        ' every object in order of their characters, "," and ":" without blanks between, and'
        r" whatever is not ASCII as \uXXXX; in Python json.dumps(rules, sort_keys=True,"
        ' separators=(",", ":")). Every round, commitment and receipt refers to it.',
    )
    is_simulated = serializers.BooleanField(read_only=True)
    is_sandbox = serializers.BooleanField(read_only=True)

    class Meta:
        model = Season
        fields = [
            "slug", "name", "league", "price_mode", "is_simulated", "is_sandbox",
            "starts_at", "ends_at", "is_paused", "rules", "rules_hash",
        ]  # fmt: skip
        read_only_fields = fields


class TimeSerializer(serializers.Serializer[Any]):
    now = serializers.DateTimeField()

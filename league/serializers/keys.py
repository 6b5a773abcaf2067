"""API keys from outside: the secret only once."""

from rest_framework import serializers

from league import keys
from league.inputs import StrictSerializer, validate_instant
from league.models import ApiKey
from league.serializers.scopes import ScopesField


class KeySerializer(serializers.ModelSerializer[ApiKey]):
    player = serializers.CharField(source="player.handle", read_only=True)
    scopes = serializers.ListField(child=serializers.CharField(), read_only=True)

    class Meta:
        model = ApiKey
        fields = [
            "prefix", "player", "label", "scopes", "created_at", "expires_at", "revoked_at",
            "last_used_at",
        ]  # fmt: skip
        read_only_fields = fields
        extra_kwargs = {"last_used_at": {"help_text": "To the hour."}}


class IssuedKeySerializer(KeySerializer):
    secret = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(KeySerializer.Meta):
        fields = [*KeySerializer.Meta.fields, "secret"]
        read_only_fields = fields


class NewKeySerializer(StrictSerializer):
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=60, allow_blank=True, default=""
    )
    scopes = ScopesField()
    expires_at = serializers.DateTimeField(
        allow_null=True, default=None, validators=[validate_instant]
    )
    player = serializers.CharField(
        max_length=40, required=False, help_text="A bot of yours; you yourself when absent."
    )


class RotationSerializer(StrictSerializer):
    overlap_s = serializers.IntegerField(
        min_value=0,
        max_value=int(keys.LONGEST_OVERLAP.total_seconds()),
        default=86_400,
        help_text="How long the old key still works, in seconds.",
    )
    expires_at = serializers.DateTimeField(
        allow_null=True,
        required=False,
        validators=[validate_instant],
        help_text="Of the new key; the old one's when absent.",
    )

"""Players from outside, and what registering one takes."""

from typing import Any

from rest_framework import serializers

from chain import addresses
from league.inputs import StrictSerializer, validate_name
from league.models import Player
from league.models.player import HANDLE, Kind
from league.serializers.scopes import ScopesField


class PlayerSerializer(serializers.ModelSerializer[Player]):
    class Meta:
        model = Player
        fields = ["handle", "name", "kind", "is_primary", "is_demo", "registered_at"]
        read_only_fields = fields


class MeSerializer(PlayerSerializer):
    class Meta(PlayerSerializer.Meta):
        fields = [*PlayerSerializer.Meta.fields, "wallet_address", "wallet_proved_at", "is_active"]
        read_only_fields = fields


class ProfileSerializer(StrictSerializer):
    handle = serializers.CharField(max_length=40, validators=[HANDLE])
    name = serializers.CharField(max_length=60, validators=[validate_name])


class BotSerializer(ProfileSerializer):
    is_primary = serializers.BooleanField(default=True)


class RegistrationSerializer(StrictSerializer):
    """At least one of `address` and `handle`. A wallet that is only named proves nothing."""

    address = serializers.CharField(max_length=42, required=False)
    handle = serializers.CharField(max_length=40, validators=[HANDLE], required=False)
    name = serializers.CharField(max_length=60, required=False, validators=[validate_name])
    kind = serializers.ChoiceField(
        choices=[Kind.HUMAN.value, Kind.BOT.value], default=Kind.HUMAN.value, help_text="For good."
    )
    scopes = ScopesField(help_text="What the key may do; `webhook` also needs to be named.")

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if not {"address", "handle"} & set(attrs):
            raise serializers.ValidationError({"handle": ["Give a handle or an address."]})
        return attrs

    def validate_address(self, value: str) -> str:
        try:
            return addresses.normalise(value)
        except addresses.InvalidAddress as error:
            raise serializers.ValidationError(str(error), code="invalid_address") from error


class UserSerializer(serializers.ModelSerializer[Player]):
    address = serializers.CharField(source="wallet_address", read_only=True, allow_null=True)

    class Meta:
        model = Player
        fields = ["address", "wallet_proved_at", "handle", "name", "kind", "registered_at"]
        read_only_fields = fields


class RegisteredSerializer(UserSerializer):
    api_key = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "api_key"]
        read_only_fields = fields

"""Players from outside, and what registering one takes."""

from rest_framework import serializers

from chain import addresses
from league.inputs import StrictSerializer, validate_name
from league.models import Player
from league.models.player import HANDLE


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
    address = serializers.CharField(max_length=42)
    handle = serializers.CharField(max_length=40, validators=[HANDLE], required=False)
    name = serializers.CharField(max_length=60, required=False, validators=[validate_name])

    def validate_address(self, value: str) -> str:
        try:
            return addresses.normalise(value)
        except addresses.InvalidAddress as error:
            raise serializers.ValidationError(str(error), code="invalid_address") from error


class UserSerializer(serializers.ModelSerializer[Player]):
    address = serializers.CharField(source="wallet_address", read_only=True)

    class Meta:
        model = Player
        fields = ["address", "wallet_proved_at", "handle", "name", "kind", "registered_at"]
        read_only_fields = fields


class RegisteredSerializer(UserSerializer):
    api_key = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(UserSerializer.Meta):
        fields = [*UserSerializer.Meta.fields, "api_key"]
        read_only_fields = fields

"""Wallet messages from outside: what to sign, and what was signed."""

from typing import Any

from rest_framework import serializers

from chain import addresses, siwe
from league.inputs import StrictSerializer, validate_name
from league.models.player import HANDLE
from league.serializers.players import MeSerializer
from league.serializers.scopes import ScopesField

LONGEST_SIGNATURE = 4_096  # a contract wallet's may be longer than a key's 132 characters


class WantedMessageSerializer(StrictSerializer):
    address = serializers.CharField(max_length=42)
    purpose = serializers.ChoiceField(
        choices=["sign_in", "link"],
        default="sign_in",
        help_text="link: to the player asking, who must be known.",
    )
    chain_id = serializers.IntegerField(
        min_value=1, max_value=10**17, required=False, help_text="The league's when absent."
    )

    def validate_address(self, value: str) -> str:
        try:
            return addresses.normalise(value)
        except addresses.InvalidAddress as error:
            raise serializers.ValidationError(str(error), code="invalid_address") from error


class MessageSerializer(serializers.Serializer[Any]):
    """`message` is ready to be signed as it stands (personal_sign)."""

    nonce = serializers.CharField()
    domain = serializers.CharField()
    uri = serializers.CharField()
    chain_id = serializers.IntegerField()
    statement = serializers.CharField()
    expires_at = serializers.DateTimeField()
    message = serializers.CharField()


class SignedMessageSerializer(StrictSerializer):
    message = serializers.CharField(max_length=siwe.LONGEST, trim_whitespace=False)
    signature = serializers.CharField(max_length=LONGEST_SIGNATURE)


class SignInSerializer(SignedMessageSerializer):
    want = serializers.ChoiceField(
        choices=["session", "key"],
        default="session",
        help_text="key: an API key too, for thirty days, shown once.",
    )
    scopes = ScopesField(help_text="What the key may do, if one is wanted.")
    handle = serializers.CharField(
        max_length=40,
        validators=[HANDLE],
        required=False,
        help_text="Registers an unknown wallet, where the operator lets anybody register.",
    )
    name = serializers.CharField(max_length=60, required=False, validators=[validate_name])


class SignedInSerializer(serializers.Serializer[Any]):
    player = MeSerializer()
    api_key = serializers.CharField(allow_null=True, help_text="Shown once.")
    api_key_expires_at = serializers.DateTimeField(allow_null=True)

"""Private leagues, their members and their invitations from outside: a token only once."""

from typing import Any

from rest_framework import serializers

from league import horizons, invites, leagues
from league.inputs import StrictSerializer, validate_instant, validate_name
from league.models import Invite, Membership
from league.models.invite import GIVEN_CHOICES, MOST_USES
from league.models.league import validate_cadence, validate_horizons
from league.models.membership import Role
from markets.models import Asset

MOST_ASSETS = 100


class NewLeagueSerializer(StrictSerializer):
    slug = serializers.SlugField(
        max_length=leagues.LONGEST_SLUG,
        help_text="The beginning of its address: the rest is drawn, so that nobody guesses it.",
    )
    name = serializers.CharField(max_length=80, validators=[validate_name])
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    assets = serializers.ListField(
        child=serializers.CharField(max_length=12),
        min_length=1,
        max_length=MOST_ASSETS,
        help_text="Symbols of active assets.",
    )
    horizons = serializers.ListField(
        child=serializers.CharField(max_length=3),
        max_length=len(horizons.NAMES),
        validators=[validate_horizons],
    )
    cadence = serializers.DictField(
        child=serializers.IntegerField(),
        default=dict,
        validators=[validate_cadence],
        help_text="Seconds between the locks of a horizon, whole minutes up to a week; a horizon"
        " not named locks as often as it usually does.",
    )
    settle_deadline_s = serializers.IntegerField(
        min_value=60,
        max_value=86_400,
        default=1800,
        help_text="Seconds after an instant until an unpriced round is void.",
    )

    def validate_assets(self, symbols: list[str]) -> list[Asset]:
        """Each once, found in one statement."""
        found = Asset.objects.filter(is_active=True).in_bulk(set(symbols))
        unknown = set(symbols) - set(found)
        if unknown:
            raise serializers.ValidationError(f"{min(unknown)} is no active asset.")
        return [found[symbol] for symbol in sorted(found)]

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        strange = set(attrs["cadence"]) - set(attrs["horizons"])
        if strange:
            message = f"{min(strange)} is not a horizon of this league."
            raise serializers.ValidationError({"cadence": [message]})
        return attrs


class NewSeasonSerializer(StrictSerializer):
    name = serializers.CharField(max_length=80, validators=[validate_name])
    starts_at = serializers.DateTimeField(
        required=False,
        validators=[validate_instant],
        help_text="No round locks before this; now when absent.",
    )
    ends_at = serializers.DateTimeField(
        validators=[validate_instant],
        help_text=f"No round settles after this: at most {leagues.LONGEST_SEASON.days} days on.",
    )


class MemberSerializer(serializers.ModelSerializer[Membership]):
    player = serializers.CharField(
        source="handle",
        read_only=True,
        allow_null=True,
        help_text="The handle of the human player; null for an account that has none.",
    )
    name = serializers.CharField(source="player_name", read_only=True, allow_null=True)

    class Meta:
        model = Membership
        fields = ["id", "role", "player", "name", "joined_at"]
        read_only_fields = fields


class MyMembershipSerializer(serializers.ModelSerializer[Membership]):
    league = serializers.CharField(source="league.slug", read_only=True)

    class Meta:
        model = Membership
        fields = ["id", "league", "role", "joined_at"]
        read_only_fields = fields


class RoleSerializer(StrictSerializer):
    role = serializers.ChoiceField(choices=GIVEN_CHOICES)


class SuccessorSerializer(StrictSerializer):
    member = serializers.UUIDField(help_text="The id of the member who is to own the league.")


class InviteSerializer(serializers.ModelSerializer[Invite]):
    class Meta:
        model = Invite
        fields = [
            "id", "role", "label", "created_at", "expires_at", "max_uses", "uses", "revoked_at",
        ]  # fmt: skip
        read_only_fields = fields


class IssuedInviteSerializer(InviteSerializer):
    token = serializers.CharField(read_only=True, help_text="Shown once.")

    class Meta(InviteSerializer.Meta):
        fields = [*InviteSerializer.Meta.fields, "token"]
        read_only_fields = fields


class NewInviteSerializer(StrictSerializer):
    role = serializers.ChoiceField(
        choices=GIVEN_CHOICES,
        default=Role.MEMBER,
        help_text="Only an owner invites operators.",
    )
    label = serializers.CharField(  # type: ignore[assignment]
        max_length=60, allow_blank=True, default=""
    )
    expires_at = serializers.DateTimeField(
        validators=[validate_instant], help_text=f"At most {invites.LONGEST.days} days ahead."
    )
    max_uses = serializers.IntegerField(min_value=1, max_value=MOST_USES, default=1)


class TokenSerializer(StrictSerializer):
    token = serializers.CharField(max_length=100)

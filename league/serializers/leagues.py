"""Private leagues, their members and their invitations from outside: a token only once."""

from datetime import timedelta
from typing import Any

from django.utils import timezone
from rest_framework import serializers

from league import horizons, invites, leagues
from league.inputs import StrictSerializer, validate_instant, validate_name
from league.leagues import Charter, Wish
from league.models import Invite, Membership
from league.models.invite import GIVEN, MOST_USES
from league.models.league import validate_cadence, validate_horizons
from league.models.membership import Role
from league.models.player import Kind
from markets.models import Asset

MOST_ASSETS = 50
GIVEN_CHOICES = [(one.value, one.label) for one in GIVEN]


class NewLeagueSerializer(StrictSerializer):
    slug = serializers.SlugField(
        max_length=leagues.LONGEST_SLUG,
        help_text="The beginning of its address: the rest is drawn, so that nobody guesses it.",
    )
    name = serializers.CharField(max_length=80, validators=[validate_name])
    description = serializers.CharField(max_length=2000, allow_blank=True, default="")
    assets = serializers.SlugRelatedField[Asset](
        slug_field="symbol",
        many=True,
        allow_empty=False,
        queryset=Asset.objects.filter(is_active=True),
        help_text="Symbols of active assets.",
    )
    horizons = serializers.ListField(
        child=serializers.ChoiceField(choices=horizons.NAMES),
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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        strange = set(attrs["cadence"]) - set(attrs["horizons"])
        if strange:
            message = f"{min(strange)} is not a horizon of this league."
            raise serializers.ValidationError({"cadence": [message]})
        return attrs

    def charter(self) -> Charter:
        return Charter(**self.validated_data)


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

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        now = timezone.now()
        starts_at = attrs.setdefault("starts_at", now)
        if not now - timedelta(minutes=5) <= starts_at <= now + leagues.FARTHEST_START:
            days = leagues.FARTHEST_START.days
            message = f"Give a time from now on, at most {days} days ahead."
            raise serializers.ValidationError({"starts_at": [message]})
        if not starts_at < attrs["ends_at"] <= starts_at + leagues.LONGEST_SEASON:
            days = leagues.LONGEST_SEASON.days
            message = f"Give a time after the start, at most {days} days after it."
            raise serializers.ValidationError({"ends_at": [message]})
        return attrs

    def wish(self) -> Wish:
        return Wish(**self.validated_data)


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

    def wanted(self) -> invites.Wanted:
        return invites.Wanted(**self.validated_data | {"role": Role(self.validated_data["role"])})

    def validate_expires_at(self, value: Any) -> Any:
        now = timezone.now()
        if not now < value <= now + invites.LONGEST:
            days = invites.LONGEST.days
            raise serializers.ValidationError(f"Give a time to come, at most {days} days ahead.")
        return value


class TokenSerializer(StrictSerializer):
    token = serializers.CharField(max_length=100)


HUMAN = Kind.HUMAN

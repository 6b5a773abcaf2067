"""Track records from outside; what every number is divided by is said at its field."""

from typing import Any

from rest_framework import serializers

from leaderboard.serializers import PointsField
from league import horizons

PAIR = r"\A[a-z0-9-]{1,40},[a-z0-9-]{1,40}\Z"


class RecordQuerySerializer(serializers.Serializer[Any]):
    """The newest running public season, all its horizons and assets, unless named."""

    season = serializers.SlugField(max_length=64, required=False)
    horizon = serializers.ChoiceField(choices=horizons.NAMES, required=False)
    asset = serializers.RegexField(r"\A[A-Za-z0-9]{1,12}\Z", required=False)
    anonymous = serializers.BooleanField(
        required=False,
        help_text="Handles become pseudonyms of the season, names are left out.",
    )

    def validate_asset(self, value: str) -> str:
        return value.upper()


class VersusQuerySerializer(RecordQuerySerializer):
    """One horizon: the season's first unless named."""

    players = serializers.RegexField(PAIR, help_text="Two handles, with a comma.")

    def validate_players(self, value: str) -> list[str]:
        first, second = value.split(",")
        if first == second:
            raise serializers.ValidationError("Give two different players.", code="same")
        return [first, second]


class ScoresQuerySerializer(RecordQuerySerializer):
    season = None  # type: ignore[assignment]  # it stands in the path


class WhoSerializer(serializers.Serializer[Any]):
    player = serializers.CharField(help_text="The handle, or a pseudonym.")
    name = serializers.CharField(allow_null=True, help_text="Null where anonymous.")
    kind = serializers.CharField()


class WhereSerializer(serializers.Serializer[Any]):
    season = serializers.CharField()
    is_simulated = serializers.BooleanField()


class SkillSerializer(serializers.Serializer[Any]):
    season_rounds = serializers.IntegerField(help_text="Final rounds there were, entered or not.")
    season_locks = serializers.IntegerField()
    rounds = serializers.IntegerField(help_text="Of these, the player's scored ones.")
    locks = serializers.IntegerField()
    points = PointsField(help_text="Summed over the player's rounds.")
    mean_points = PointsField(
        source="mean", help_text="Over season_rounds: a round not entered counts 0."
    )
    mean_points_entered = PointsField(
        source="mean_entered", allow_null=True, help_text="Over the player's rounds alone."
    )
    rating = PointsField(
        help_text="mean_points * season_locks / (season_locks + k), as on the board."
    )
    low = PointsField(allow_null=True, help_text="Of the rating, 95 %, clustered by lock.")
    high = PointsField(allow_null=True)


class LineSerializer(serializers.Serializer[Any]):
    horizon = serializers.CharField()
    asset = serializers.CharField(allow_null=True, help_text="Null: all assets together.")
    skill = SkillSerializer(help_text="Over final rounds of this horizon and asset.")
    rating_part = PointsField(
        source="part",
        help_text="What it adds to the horizon's rating over all assets; up to rounding they"
        " add up to it.",
    )


class MomentSerializer(serializers.Serializer[Any]):
    horizon = serializers.CharField()
    locks_at = serializers.DateTimeField(source="lock")
    rounds = serializers.IntegerField(help_text="The player's, at this lock.")
    points = PointsField(help_text="Summed over them.")


class TrackRecordSerializer(WhereSerializer, WhoSerializer):
    horizons = LineSerializer(many=True, help_text="Over all assets, whatever `asset` asks.")
    assets = LineSerializer(many=True)
    best = MomentSerializer(many=True, help_text="The player's locks with the most points.")
    worst = MomentSerializer(many=True)


class ShareSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    expected = serializers.FloatField(help_text="Of the calibrated, in the long run.")
    count = serializers.IntegerField()
    share = serializers.FloatField(allow_null=True, help_text="count / the player's rounds.")
    low = serializers.FloatField(
        allow_null=True, help_text="95 % Wilson bounds of the share, from `evidence` rounds."
    )
    high = serializers.FloatField(allow_null=True)


class CalibrationSerializer(serializers.Serializer[Any]):
    horizon = serializers.CharField()
    rounds = serializers.IntegerField(help_text="Final rounds the player's entry stood in.")
    locks = serializers.IntegerField()
    evidence = serializers.FloatField(
        help_text="Independent rounds these are worth at least: rounds of one lock, and of locks"
        " that overlap, are not independent and count as one."
    )
    levels = ShareSerializer(
        many=True, help_text="p10, p50, p90: outcomes at or below the quantile."
    )
    band = ShareSerializer(help_text="Outcomes above p10 and at or below p90: 80 % belong there.")
    bins = ShareSerializer(
        many=True, help_text="Where outcomes fell among the quantiles: 10, 40, 40, 10 %."
    )
    finding = serializers.ChoiceField(choices=["too_narrow", "too_wide", "fitting", "unknown"])
    text = serializers.CharField()


class CalibrationsSerializer(WhereSerializer, WhoSerializer):
    asset = serializers.CharField(allow_null=True)
    results = CalibrationSerializer(many=True, help_text="By horizon.")


class HistoryStepSerializer(serializers.Serializer[Any]):
    locks_at = serializers.DateTimeField(source="at.lock")
    lock_rounds = serializers.IntegerField(source="at.size", help_text="Final at this lock.")
    lock_entered = serializers.IntegerField(source="at.came", help_text="Of these, the player's.")
    lock_points = PointsField(source="at.points")
    so_far = SkillSerializer(source="skill", help_text="Over this lock and all before it.")


class PageSerializer(WhereSerializer):
    asset = serializers.CharField(allow_null=True)
    next = serializers.CharField(allow_null=True)
    previous = serializers.CharField(allow_null=True, help_text="Null: pages only go on.")


class RatingHistorySerializer(PageSerializer, WhoSerializer):
    horizon = serializers.CharField()
    results = HistoryStepSerializer(
        many=True, help_text="The season's final locks, entered or not."
    )


class SideSerializer(WhoSerializer):
    points_together = PointsField(help_text="Summed over the rounds both entered.")
    skill = SkillSerializer(help_text="Over all final rounds, as on the board.")


class VersusSerializer(WhereSerializer):
    horizon = serializers.CharField()
    asset = serializers.CharField(allow_null=True)
    players = SideSerializer(many=True, help_text="In the order asked.")
    rounds = serializers.IntegerField(help_text="Final rounds both entered.")
    locks = serializers.IntegerField()
    evidence = serializers.IntegerField(help_text="Of these locks, those a horizon apart.")
    lead_points = serializers.FloatField(
        source="lead",
        allow_null=True,
        help_text="First minus second: the mean over `evidence` of a lock's mean over its rounds.",
    )
    low = serializers.FloatField(
        allow_null=True,
        help_text="95 % confidence sequence of the lead: it may be looked at after every lock.",
    )
    high = serializers.FloatField(allow_null=True)
    more_locks = serializers.IntegerField(allow_null=True)
    decided = serializers.ChoiceField(choices=["first", "second", "not_yet"])
    text = serializers.CharField()


class ScoreSerializer(WhoSerializer):
    round = serializers.UUIDField(source="round_id")
    asset = serializers.CharField(source="round__asset_id")
    horizon = serializers.CharField(source="round__horizon")
    locks_at = serializers.DateTimeField(source="round__locks_at")
    settles_at = serializers.DateTimeField(source="round__settles_at")
    reference_price = serializers.DecimalField(20, 8, source="round__reference_price")
    settlement_price = serializers.DecimalField(20, 8, source="round__settlement_price")
    outcome_bp = serializers.FloatField(source="round__outcome_bp")
    points = PointsField(source="points_milli")


class ScoresSerializer(PageSerializer):
    results = ScoreSerializer(many=True, help_text="Final rounds only, the best of each first.")

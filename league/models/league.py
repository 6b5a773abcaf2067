from django.core.exceptions import ValidationError
from django.db import models

from league import horizons
from league.identifiers import uuid7


def validate_horizons(value: object) -> None:
    """:raises ValidationError: unless a non-empty list of distinct known horizon names."""
    if not isinstance(value, list) or not value or len(set(map(str, value))) != len(value):
        raise ValidationError('Give a list of different horizons, e.g. ["1h", "24h"].')
    unknown = [name for name in value if name not in horizons.TABLE]
    if unknown:
        raise ValidationError(
            f"Unknown horizon {unknown[0]!r}; known: {', '.join(horizons.NAMES)}."
        )


def validate_cadence(value: object) -> None:
    """:raises ValidationError: unless {horizon: whole minutes in seconds, at most a week}."""
    if not isinstance(value, dict):
        raise ValidationError('Give a mapping of horizon to seconds, e.g. {"24h": 86400}.')
    for name, seconds in value.items():
        if name not in horizons.TABLE:
            raise ValidationError(f"Unknown horizon {name!r}.")
        if (
            not isinstance(seconds, int)
            or seconds % horizons.MINUTE
            or not horizons.MINUTE <= seconds <= 7 * horizons.DAY
        ):
            raise ValidationError(f"{name}: the spacing of locks is whole minutes, up to a week.")


class League(models.Model):
    class Visibility(models.TextChoices):
        PUBLIC = "public"
        PRIVATE = "private"

    id = models.UUIDField(primary_key=True, default=uuid7, editable=False)
    slug = models.SlugField(max_length=48, unique=True)
    name = models.CharField(max_length=80)
    description = models.TextField(blank=True, max_length=2000)
    visibility = models.CharField(
        max_length=8, choices=Visibility.choices, default=Visibility.PUBLIC
    )
    assets = models.ManyToManyField("markets.Asset", related_name="+")
    horizons = models.JSONField(validators=[validate_horizons])
    cadence = models.JSONField(default=dict, blank=True, validators=[validate_cadence])
    scoring_version = models.CharField(max_length=16, default="wis-1", editable=False)
    settle_deadline_s = models.PositiveIntegerField(
        default=1800, help_text="Seconds after an instant until an unpriced round is void."
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=models.Q(visibility__in=["public", "private"]),
                name="league_visibility_known",
            ),
            models.CheckConstraint(
                condition=models.Q(settle_deadline_s__range=(60, 86_400)),
                name="league_deadline_between_a_minute_and_a_day",
            ),
        ]

    def __str__(self) -> str:
        return self.name

"""Which rounds, seasons and players a list shows: every query parameter is validated."""

from typing import Any

import django_filters
from django import forms
from django.db.models import QuerySet

from league import horizons
from league.inputs import validate_instant
from league.models import Delivery, Player, Round, Season
from league.models.delivery import DeliveryStatus, EventType
from league.models.player import Kind
from league.models.round import Status
from markets.modes import PriceMode


class InstantField(django_filters.fields.IsoDateTimeField):
    default_validators = [validate_instant]


class InstantFilter(django_filters.IsoDateTimeFilter):
    field_class = InstantField


class ShortTextFilter(django_filters.CharFilter):
    """A slug or symbol: bounded, so that nothing longer reaches the database."""

    field_class = forms.CharField

    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=64, **options)


class RoundFilter(django_filters.FilterSet):
    season = ShortTextFilter(field_name="season__slug")
    league = ShortTextFilter(field_name="season__league__slug")
    asset = ShortTextFilter(field_name="asset_id", method="of_asset")
    horizon = django_filters.ChoiceFilter(choices=[(name, name) for name in horizons.NAMES])
    status = django_filters.MultipleChoiceFilter(choices=Status.choices)
    locks_after = InstantFilter(field_name="locks_at", lookup_expr="gte")
    locks_before = InstantFilter(field_name="locks_at", lookup_expr="lt")

    class Meta:
        model = Round
        fields: list[str] = []

    def of_asset(self, rounds: QuerySet[Round], name: str, value: str) -> QuerySet[Round]:
        return rounds.filter(**{name: value.upper()})


class SeasonFilter(django_filters.FilterSet):
    league = ShortTextFilter(field_name="league__slug")
    price_mode = django_filters.ChoiceFilter(choices=PriceMode.choices)

    class Meta:
        model = Season
        fields: list[str] = []


class PlayerFilter(django_filters.FilterSet):
    kind = django_filters.MultipleChoiceFilter(choices=Kind.choices)

    class Meta:
        model = Player
        fields: list[str] = []


class DeliveryFilter(django_filters.FilterSet):
    status = django_filters.MultipleChoiceFilter(choices=DeliveryStatus.choices)
    type = django_filters.MultipleChoiceFilter(choices=EventType.choices)

    class Meta:
        model = Delivery
        fields: list[str] = []

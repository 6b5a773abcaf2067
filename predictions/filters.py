"""Which models, and which rounds of a run, a list shows: every query parameter is validated."""

import django_filters
from django.db.models import QuerySet

from league import horizons
from league.filters import RoundFilter, ShortTextFilter
from markets.modes import PriceMode
from predictions.models import ModelVersion, TimeRound
from predictions.models.model_version import Family, Standing
from predictions.timemachine import scenes


class ModelFilter(django_filters.FilterSet):
    family = django_filters.ChoiceFilter(choices=Family.choices)
    horizon = django_filters.ChoiceFilter(choices=[(name, name) for name in horizons.NAMES])
    price_mode = django_filters.ChoiceFilter(choices=PriceMode.choices)
    status = django_filters.MultipleChoiceFilter(choices=Standing.choices)

    class Meta:
        model = ModelVersion
        fields: list[str] = []


class TimeRoundFilter(RoundFilter):
    """The same questions as to the league's rounds; a run is all of one season."""

    season = ShortTextFilter(method="of_season")
    league = ShortTextFilter(method="of_season")

    class Meta:
        model = TimeRound
        fields: list[str] = []

    def of_season(self, rounds: QuerySet[TimeRound], name: str, value: str) -> QuerySet[TimeRound]:
        del name
        return rounds if value == scenes.SLUG else rounds.none()

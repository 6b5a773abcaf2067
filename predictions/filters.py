"""Which models a list shows: every query parameter is validated."""

import django_filters

from league import horizons
from markets.modes import PriceMode
from predictions.models import ModelVersion
from predictions.models.model_version import Family, Standing


class ModelFilter(django_filters.FilterSet):
    family = django_filters.ChoiceFilter(choices=Family.choices)
    horizon = django_filters.ChoiceFilter(choices=[(name, name) for name in horizons.NAMES])
    price_mode = django_filters.ChoiceFilter(choices=PriceMode.choices)
    status = django_filters.MultipleChoiceFilter(choices=Standing.choices)

    class Meta:
        model = ModelVersion
        fields: list[str] = []

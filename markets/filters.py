import django_filters
from django.db.models import QuerySet

from markets.models import Bar
from markets.modes import PriceMode
from markets.providers import registry

INTERVALS = ((60, "one minute"), (3600, "one hour"), (86400, "one day"))


class BarFilter(django_filters.FilterSet):
    """`interval` in seconds; `source` by name; `price_mode` is what all its sources are of."""

    interval = django_filters.TypedChoiceFilter(choices=INTERVALS, coerce=int)
    source = django_filters.CharFilter(max_length=32)
    price_mode = django_filters.ChoiceFilter(choices=PriceMode.choices, method="of_mode")

    class Meta:
        model = Bar
        fields = ("interval", "source")

    def of_mode(self, bars: QuerySet[Bar], name: str, value: str) -> QuerySet[Bar]:
        del name
        return bars.filter(registry.of_mode(value))

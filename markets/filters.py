import django_filters

from markets.models import Bar

INTERVALS = ((60, "one minute"), (3600, "one hour"), (86400, "one day"))


class BarFilter(django_filters.FilterSet):
    """`interval` in seconds; `source` by name."""

    interval = django_filters.TypedChoiceFilter(choices=INTERVALS, coerce=int)
    source = django_filters.CharFilter(max_length=32)

    class Meta:
        model = Bar
        fields = ("interval", "source")

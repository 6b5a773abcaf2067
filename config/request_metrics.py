"""django-prometheus' counters of requests, with as many series as the league has routes."""

from collections.abc import Callable
from typing import Any

from django.http import HttpRequest, HttpResponse
from django_prometheus.middleware import PrometheusAfterMiddleware


class RequestMetricsMiddleware(PrometheusAfterMiddleware):
    """A series is looked up once; a method that HTTP does not know is no series of its own."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        super().__init__(get_response)
        self._series: dict[tuple[Any, ...], Any] = {}

    def label_metric(
        self,
        metric: Any,
        request: HttpRequest,
        response: HttpResponse | None = None,
        **labels: str | None,
    ) -> Any:
        """The metric itself when it has no labels."""
        if not labels:
            return metric
        if "method" in labels:  # the latency's is whatever the client wrote
            labels["method"] = self._method(request)
        place = (metric, *labels.values())
        found = self._series.get(place)
        if found is None:
            found = super().label_metric(metric, request, response, **labels)
            self._series[place] = found
        return found

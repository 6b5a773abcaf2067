"""How the models behind the built-in forecasters do, as gauges of the living versions."""

from collections.abc import Iterator

from prometheus_client.core import GaugeMetricFamily, Metric

from predictions import versions
from predictions.models import ModelVersion

LABELS = ("family", "horizon", "price_mode", "version", "status")
SHOWN = {
    "coverage": "Share of outcomes inside the 80 % interval, newest sixty locks.",
    "points": "Mean points against the house, newest sixty locks.",
    "cusum": "Points lost in the worst stretch up to now.",
    "size": "Mean size of the moves met, in sigmas.",
    "cold": "Share of forecasts in which the house stood in.",
}


def gauges() -> Iterator[Metric]:
    """One family a number of ModelVersion.drift, and the four shares of the PIT."""
    living = list(versions.living().exclude(drift={}).order_by("pk"))
    for name, told in SHOWN.items():
        found = GaugeMetricFamily(f"league_model_{name}", told, labels=LABELS)
        for version in living:
            found.add_metric(_labels(version), float(version.drift[name]))
        yield found
    pit = GaugeMetricFamily(
        "league_model_pit",
        "Share of outcomes below p10, to p50, to p90 and above: 0.1, 0.4, 0.4, 0.1 when honest.",
        labels=(*LABELS, "bin"),
    )
    for version in living:
        for place, share in enumerate(version.drift["pit"]):
            pit.add_metric([*_labels(version), str(place)], float(share))
    yield pit


def _labels(version: ModelVersion) -> list[str]:
    return [
        version.family, version.horizon, version.price_mode, str(version.number), version.status,
    ]  # fmt: skip

"""What was asked of others: price sources and the language model, by every process."""

import logging
from collections.abc import Iterator

from django.conf import settings
from django.db.models import Sum
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
    Metric,
)
from redis.exceptions import RedisError

from markets import traffic
from markets.traffic import FALLBACK, Traffic
from predictions.commentary.gemini import SOURCE
from predictions.models import Spending

logger = logging.getLogger(__name__)


def families() -> Iterator[Metric]:
    told = counted()
    yield from requests(told)
    yield from language_model(told)


def counted() -> list[Traffic]:
    try:
        return list(traffic.counted([*settings.PRICE_SOURCES, SOURCE]))
    except (OSError, RedisError):
        logger.warning("counts of sources missing from this scrape")
        return []


def requests(told: list[Traffic]) -> Iterator[Metric]:
    found = CounterMetricFamily(
        "league_provider_requests", "Requests to a source.", labels=["source", "outcome"]
    )
    took = HistogramMetricFamily(
        "league_provider_seconds", "How long a source took to answer.", labels=["source"]
    )
    for one in told:
        for outcome, number in one.outcomes.items():
            if outcome != FALLBACK:
                found.add_metric([one.source, outcome], number)
        pairs = list(zip(map(bound, traffic.WITHIN_S), one.within, strict=True))
        took.add_metric([one.source], pairs, one.seconds)
    yield found
    yield took


def language_model(told: list[Traffic]) -> Iterator[Metric]:
    """Spending has a row a day. What a call in flight reserves and then gives back is in it, so
    tokens and money are no counters.
    """
    names = {"calls": "Calls", "tokens": "Tokens", "micro_usd": "Millionths of a dollar"}
    sums = Spending.objects.aggregate(**{f"all_{name}": Sum(name) for name in names})
    for name, what in names.items():
        family = CounterMetricFamily if name == "calls" else GaugeMetricFamily
        text = f"{what} of the language model."
        yield family(f"league_llm_{name}", text, value=sums[f"all_{name}"] or 0)
    fallbacks = [one.outcomes[FALLBACK] for one in told if one.source == SOURCE]
    yield CounterMetricFamily(
        "league_llm_fallbacks", "Comments the template wrote instead.", value=sum(fallbacks)
    )


def bound(seconds: float) -> str:
    return "+Inf" if seconds == float("inf") else str(seconds)

"""GET /metrics: the web processes' own counters, and gauges read from the database at scrape."""

import logging
import os
from collections.abc import Iterable, Iterator
from datetime import datetime

from django.db import DatabaseError
from django.db.models import Count, Min, Sum
from django.http import HttpRequest, HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_safe
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, CollectorRegistry, generate_latest
from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from config import chain_metrics, instants, invariants, model_metrics, provider_metrics
from league.models import Delivery, InvariantReport, Round, RoundEvent, Webhook
from league.models.delivery import DeliveryStatus
from league.models.player import Kind
from league.models.round import Status
from predictions.models import Tally

logger = logging.getLogger(__name__)


@require_safe
def scrape(_request: HttpRequest) -> HttpResponse:
    """Prometheus text; without the database only what the processes counted themselves."""
    page = generate_latest(process_registry())
    league = CollectorRegistry()
    league.register(LeagueCollector(timezone.now()))
    try:
        page += generate_latest(league)
    except DatabaseError:
        logger.warning("database gauges missing from this scrape", exc_info=True)
    return HttpResponse(page, content_type=CONTENT_TYPE_LATEST)


def process_registry() -> CollectorRegistry:
    """Every web process's counters together where they share a directory."""
    if "PROMETHEUS_MULTIPROC_DIR" not in os.environ:
        return REGISTRY
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return registry


class LeagueCollector(Collector):
    def __init__(self, now: datetime) -> None:
        self.now = now

    def describe(self) -> Iterable[Metric]:
        """Nothing: registering must not query."""
        return []

    def collect(self) -> Iterator[Metric]:
        yield rounds_by_status()
        yield predictions_by_kind()
        yield from settlement_lag(self.now)
        yield from chain_metrics.gauges(self.now)
        yield from webhooks(self.now)
        yield from model_metrics.gauges()
        yield from provider_metrics.families()
        yield from invariant_reports(self.now)
        yield from obligations(self.now)


def rounds_by_status() -> Metric:
    found = GaugeMetricFamily("league_rounds", "Rounds by status.", labels=["status"])
    counts = dict(Round.objects.values_list("status").annotate(rounds=Count("pk")))
    for status in Status.values:
        found.add_metric([status], counts.get(status, 0))
    return found


def predictions_by_kind() -> Metric:
    """Scored ones, from the tallies: counting sealed ones would tell who has entered, counting
    all of them would read every prediction there ever was.
    """
    found = GaugeMetricFamily(
        "league_predictions", "Scored predictions by kind of player.", labels=["kind"]
    )
    counts = dict(Tally.objects.values_list("player__kind").annotate(of=Sum("rounds")))
    for kind in Kind.values:
        found.add_metric([kind], counts.get(kind, 0))
    return found


def settlement_lag(now: datetime) -> Iterator[Metric]:
    """How long the most overdue lock and settlement have waited; 0 when nothing waits."""
    lock = Round.objects.due_to_lock(now=now).aggregate(first=Min("locks_at"))["first"]
    settle = Round.objects.due_to_settle(now=now).aggregate(first=Min("settles_at"))["first"]
    yield GaugeMetricFamily(
        "league_lock_lag_seconds", "Age of the oldest overdue lock.", value=instants.age(lock, now)
    )
    yield GaugeMetricFamily(
        "league_settlement_lag_seconds",
        "Age of the oldest overdue settlement.",
        value=instants.age(settle, now),
    )


def webhooks(now: datetime) -> Iterator[Metric]:
    """A receiver that is down adds to the depth; only what is overdue has an age."""
    pending = Delivery.objects.filter(status=DeliveryStatus.PENDING).count()
    untold = RoundEvent.objects.untold().order_by().aggregate(depth=Count("pk"), first=Min("at"))
    due = Delivery.objects.due(now=now).filter(webhook__in=Webhook.objects.listening())
    ages = (
        instants.age(due.aggregate(first=Min("due_at"))["first"], now),
        instants.age(untold["first"], now),
    )
    yield GaugeMetricFamily(
        "league_outbox_depth",
        "Webhook messages that have not arrived, and events not told yet.",
        value=pending + untold["depth"],
    )
    yield GaugeMetricFamily(
        "league_outbox_age_seconds", "How overdue the most overdue of them is.", value=max(ages)
    )
    yield GaugeMetricFamily(
        "league_webhooks_failing",
        "Active webhooks that nothing reached lately.",
        value=Webhook.objects.listening().exclude(failing_since=None).count(),
    )


def invariant_reports(now: datetime) -> Iterator[Metric]:
    """What the latest looks found (config.invariants): looking is too much work for a scrape."""
    violations = GaugeMetricFamily(
        "league_invariant_violations", "Rows that break an invariant.", labels=["id"]
    )
    ages = GaugeMetricFamily(
        "league_invariant_age_seconds", "Age of the look at an invariant.", labels=["id"]
    )
    reports = InvariantReport.objects.values_list("invariant").order_by("invariant")
    for id_, found, first in reports.annotate(found=Sum("violations"), first=Min("checked_at")):
        violations.add_metric([id_], found)
        ages.add_metric([id_], instants.age(first, now))
    yield violations
    yield ages


def obligations(now: datetime) -> Iterator[Metric]:
    """What waits to be done; a scrape between two sweeps finds some, but never old ones."""
    counts = GaugeMetricFamily("league_obligations", "Rows that wait, by kind.", labels=["kind"])
    ages = GaugeMetricFamily(
        "league_obligation_age_seconds", "Age of the oldest row that waits.", labels=["kind"]
    )
    for waiting in invariants.obligations(now=now):
        counts.add_metric([waiting.name], waiting.count)
        ages.add_metric([waiting.name], waiting.age_s)
    yield counts
    yield ages

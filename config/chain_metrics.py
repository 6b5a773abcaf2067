"""What waits to be anchored, and how the accounts that pay for it do, as gauges."""

from collections.abc import Iterator
from datetime import datetime

from django.db.models import Count, Min
from prometheus_client.core import GaugeMetricFamily, Metric

from chain.models import Anchor, Attempt, Fate, Sender, Transaction
from chain.models import Status as AnchorStatus
from chain.models.transaction import IN_FLIGHT
from config import instants


def gauges(now: datetime) -> Iterator[Metric]:
    yield from wishes(now)
    yield from transactions(now)
    yield from balances()
    yield GaugeMetricFamily(
        "league_chain_halted_senders",
        "Accounts that sign nothing until `chain_reconcile`.",
        value=Sender.objects.exclude(halted="").count(),
    )


def wishes(now: datetime) -> Iterator[Metric]:
    waiting = Anchor.objects.filter(status=AnchorStatus.WISHED)
    found = waiting.aggregate(depth=Count("pk"), first=Min("requested_at"))
    yield GaugeMetricFamily(
        "league_anchor_wishes", "Digests waiting to be anchored.", value=found["depth"]
    )
    yield GaugeMetricFamily(
        "league_anchor_wish_age_seconds",
        "Age of the oldest digest waiting to be anchored.",
        value=instants.age(found["first"], now),
    )


def transactions(now: datetime) -> Iterator[Metric]:
    """What the signing accounts do; all are empty on the local ledger."""
    found = GaugeMetricFamily(
        "league_chain_transactions", "Transactions by what became of them.", labels=["fate"]
    )
    counts = dict(Transaction.objects.values_list("fate").annotate(number=Count("pk")))
    for fate in Fate.values:
        found.add_metric([fate], counts.get(fate, 0))
    yield found
    waiting = Transaction.objects.filter(fate__in=[Fate.QUEUED, *IN_FLIGHT])
    yield GaugeMetricFamily(
        "league_chain_pending_age_seconds",
        "Age of the oldest transaction whose end is not certain.",
        value=instants.age(waiting.aggregate(first=Min("requested_at"))["first"], now),
    )
    forms = Attempt.objects.filter(transaction__in=waiting).aggregate(
        all=Count("pk"), of=Count("transaction", distinct=True)
    )
    yield GaugeMetricFamily(
        "league_chain_bumps",
        "Times those were signed again at a higher fee.",
        value=forms["all"] - forms["of"],
    )


def balances() -> Iterator[Metric]:
    """As the signing process last saw them: a scrape asks no node."""
    found = GaugeMetricFamily(
        "league_chain_balance_wei", "What an account can pay with.", labels=["address"]
    )
    known = Sender.objects.exclude(balance_wei=None).order_by("pk")
    for address, wei in known.values_list("address", "balance_wei"):
        found.add_metric([address], float(wei or 0))
    yield found

"""What must hold of seasons and rounds; each check counts the rows that break it.

`since` leaves out the rounds that settle earlier.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from itertools import groupby
from typing import Final

from django.db.models import Count, Exists, F, Min, OuterRef, Q

from chain import schema
from league import rounds
from league.models import Answer, Round, RoundEvent, Season
from league.models.round import POISONED, RoundQuerySet, Status
from league.transitions import GRAPH
from markets import observations
from markets.observations import PriceDisputed

Check = Callable[[datetime], int]
Waiting = Callable[[datetime], tuple[int, datetime | None]]
CHUNK: Final = 1000
# The limit only decides whether there is a price, and an asset's may have been changed since.
NO_LIMIT_BP: Final = 1_000_000
UNDER_WAY: Final = (Status.LOCKED, Status.RUNNING, Status.HELD)


def claims_without_an_answer(since: datetime) -> int:
    """I3: a key's claim and its answer are one commit. One row per key is the primary key's.

    Cannot tell that the answer was what the client received.
    """
    return Answer.objects.filter(status__isnull=True, asked_at__gte=since).count()


def histories_that_do_not_replay(since: datetime) -> int:
    """I5: a round's events are versions 1..n along the graph and end where the row stands.

    Cannot tell why a step was taken.
    """
    told = (
        RoundEvent.objects.filter(round__settles_at__gte=since)
        .order_by("round_id", "version")
        .values_list(
            "round__status", "round__version", "round_id", "version", "from_status", "to_status"
        )
    )
    rows = told.iterator(chunk_size=CHUNK)
    broken = sum(
        not _replays([row[3:] for row in steps], status=status, version=version)
        for (status, version, _), steps in groupby(rows, key=lambda row: row[:3])
    )
    silent = Round.objects.filter(
        ~Exists(RoundEvent.objects.filter(round=OuterRef("pk"))), settles_at__gte=since
    )
    return broken + silent.exclude(status=Status.SCHEDULED, version=0).count()


def prices_not_of_their_observations(since: datetime) -> int:
    """I6: both prices of a round are the guarded median of what is on record, bit for bit.

    Cannot tell whether the sources were as close together as the asset demanded at the time.
    """
    priced = Round.objects.filter(reference_price__isnull=False, settles_at__gte=since)
    found = priced.select_related("season").iterator(chunk_size=CHUNK)
    return sum(
        price is not None and price != _median(round_, instant)
        for round_ in found
        for instant, price in (
            (round_.locks_at, round_.reference_price),
            (round_.settles_at, round_.settlement_price),
        )
    )


def outcomes_not_of_their_prices(since: datetime) -> int:
    """I6: the outcome is the log return between the two prices, to the last bit."""
    ended = Round.objects.filter(
        reference_price__gt=0, settlement_price__gt=0, settles_at__gte=since
    ).values_list("reference_price", "settlement_price", "outcome_bp")
    return sum(
        outcome != rounds.outcome_bp(price or Decimal(0), reference=reference or Decimal(0))
        for reference, price, outcome in ended.iterator(chunk_size=CHUNK)
    )


def steps_before_their_instant(since: datetime) -> int:
    """I7: nothing opens, locks, is priced or settles before the instant that is for it.

    Late is harmless: a price is one of its instant, whenever it is asked for.
    """
    early = (
        Q(to_status=Status.OPEN, at__lt=F("round__opens_at"))
        | Q(to_status__in=[Status.LOCKED, Status.RUNNING], at__lt=F("round__locks_at"))
        | Q(to_status=Status.SETTLED, at__lt=F("round__settles_at"))
    )
    return RoundEvent.objects.filter(early, round__settles_at__gte=since).count()


def seasons_unlike_their_rules(since: datetime) -> int:
    """I20: a season's mode and rules are the ones it was pinned with.

    With the evidence of each price read by that mode (I6), no mode's price reaches another's.
    """
    seasons = Season.objects.filter(ends_at__gte=since)
    return sum(
        (season.pinned.get("price_mode"), season.rules_hash)
        != (season.price_mode, schema.rules_hash(season.pinned).hex())
        for season in seasons.iterator(chunk_size=CHUNK)
    )


def locks(now: datetime) -> tuple[int, datetime | None]:
    """I22: rounds past their lock that still take entries."""
    return _oldest(Round.objects.due_to_lock(now=now), "locks_at")


def references(now: datetime) -> tuple[int, datetime | None]:
    """I22: locked rounds without their reference price, held ones included."""
    waiting = Round.objects.filter(status__in=UNDER_WAY, reference_price__isnull=True)
    return _oldest(waiting.filter(locks_at__lte=now), "locks_at")


def settlements(now: datetime) -> tuple[int, datetime | None]:
    """I22: rounds past their end without a settlement price, held ones included."""
    waiting = Round.objects.filter(status__in=UNDER_WAY, reference_price__isnull=False)
    return _oldest(waiting.filter(settles_at__lte=now), "settles_at")


def quarantined(_now: datetime) -> tuple[int, datetime | None]:
    """I13: rounds that failed five times and wait for a person."""
    stuck = Round.objects.filter(attempts__gte=POISONED)
    return _oldest(stuck.exclude(status__in=[Status.FINAL, Status.VOID]), "locks_at")


def _replays(steps: Iterable[tuple[int, str, str]], *, status: str, version: int) -> bool:
    stands, number = str(Status.SCHEDULED), 0
    for number, (told, before, after) in enumerate(steps, start=1):
        if (told, before) != (number, stands) or after not in GRAPH[stands]:
            return False
        stands = after
    return (stands, number) == (status, version)


def _median(round_: Round, instant: datetime) -> Decimal | None:
    rows = observations.stored(
        symbol=round_.asset_id, instant=instant, price_mode=round_.season.price_mode
    )
    try:
        return observations.compute_price(rows, divergence_bp=NO_LIMIT_BP).price
    except PriceDisputed:
        return None


def _oldest(waiting: RoundQuerySet, field: str) -> tuple[int, datetime | None]:
    found = waiting.order_by().aggregate(count=Count("pk"), oldest=Min(field))
    return found["count"], found["oldest"]


CHECKS: Final[Mapping[str, tuple[Check, ...]]] = {
    "I3": (claims_without_an_answer,),
    "I5": (histories_that_do_not_replay,),
    "I6": (prices_not_of_their_observations, outcomes_not_of_their_prices),
    "I7": (steps_before_their_instant,),
    "I20": (seasons_unlike_their_rules,),
}
WAITING: Final[Mapping[str, Waiting]] = {
    "lock": locks,
    "reference_price": references,
    "settlement_price": settlements,
    "quarantine": quarantined,
}

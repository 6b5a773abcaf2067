"""Opening, finding and forgetting a player's runs through the past."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import QuerySet

from league import cadence
from league.answers import Once
from league.cadence import Slot, Window
from league.horizons import TABLE
from league.models import Player
from league.models.round import Status
from predictions.models import TimeRound, TimeRun
from predictions.timemachine import ranges

STEP: Final = timedelta(microseconds=1)
BATCH: Final = 20


class OutOfRange(Exception):
    """Not enough bars are stored for this."""


class TooManyRuns(Exception):
    """The player has as many runs as one may have."""


class TooManyRounds(Exception):
    """The run would have more rounds than one may have."""


class RunNotFound(Exception):
    """The player has no such run."""


class RunMoved(Exception):
    """Another request moved the run's clock meanwhile: read it again."""


@dataclass(frozen=True, slots=True)
class Plan:
    """`cadence_s`, the spacing of locks, is whole bars of the horizon."""

    symbols: Sequence[str]
    horizon: str
    cadence_s: int
    starts_at: datetime
    ends_at: datetime


def open_(*, player: Player, plan: Plan, now: datetime, once: Once[TimeRun]) -> TimeRun:
    """A run whose virtual instant is its start.

    :raises OutOfRange: and TooManyRuns, TooManyRounds; nothing is written then.
    """
    slots = _slots(plan)
    _require_bars(plan, now=now)
    with transaction.atomic(durable=True):
        once.claim()
        _require_room(player)
        run = TimeRun.objects.create(
            player=player,
            price_mode=settings.PRICE_MODE,
            symbols=list(plan.symbols),
            horizon=plan.horizon,
            cadence_s=plan.cadence_s,
            starts_at=plan.starts_at,
            ends_at=plan.ends_at,
            now_at=plan.starts_at,
            created_at=now,
            used_at=now,
        )
        TimeRound.objects.bulk_create(_round(run, slot) for slot in slots)
        once.keep(run)
    return run


def find(run_id: UUID, *, player: Player) -> TimeRun:
    """:raises RunNotFound: for others' as for none."""
    run = of(player).filter(pk=run_id).first()
    if run is None:
        raise RunNotFound("You have no such run.")
    return run


def of(player: Player) -> QuerySet[TimeRun]:
    return TimeRun.objects.filter(player=player).select_related("player")


def claim(run: TimeRun, *, at: datetime, now: datetime) -> None:
    """Keep the run's clock from moving otherwise until the caller's transaction ends.

    :raises RunMoved: when it has moved since it was read.
    """
    mine = TimeRun.objects.filter(pk=run.pk, now_at=run.now_at)
    if not mine.update(now_at=at, used_at=now):
        raise RunMoved("The run's clock was moved by another request.")


def end(run: TimeRun) -> bool:
    """Remove a run with everything in it; whether this call did."""
    gone, _ = TimeRun.objects.filter(pk=run.pk).delete()
    return gone > 0


def forget(*, now: datetime) -> int:
    """Remove the runs nobody has used for long. Returns how many."""
    old = TimeRun.objects.unused_since(now - kept()).order_by("used_at", "pk")
    return sum(end(run) for run in old[:BATCH])


def kept() -> timedelta:
    return timedelta(days=settings.TIME_MACHINE_DAYS)


def _slots(plan: Plan) -> list[Slot]:
    """:raises OutOfRange: for no round at all. :raises TooManyRounds:"""
    rules = {
        "assets": plan.symbols,
        "horizons": [plan.horizon],
        "cadence": {plan.horizon: plan.cadence_s},
    }
    window = Window(plan.starts_at + STEP, plan.ends_at, plan.ends_at)
    found: list[Slot] = []
    for slot in cadence.slots(rules=rules, window=window):
        found.append(slot)
        if len(found) > settings.TIME_MACHINE_ROUNDS:
            raise TooManyRounds(f"A run has at most {settings.TIME_MACHINE_ROUNDS} rounds.")
    if not found:
        raise OutOfRange("No round locks and settles between starts_at and ends_at.")
    return found


def _require_bars(plan: Plan, *, now: datetime) -> None:
    terms = TABLE[plan.horizon]
    for symbol in plan.symbols:
        known = ranges.of(symbol, horizon=terms, price_mode=settings.PRICE_MODE, now=now)
        if known is None:
            raise OutOfRange(f"Too few bars of {symbol} are stored for {plan.horizon} rounds.")
        if not known.starts_at <= plan.starts_at < plan.ends_at <= known.ends_at:
            raise OutOfRange(
                f"{symbol} can be played from {known.starts_at:%Y-%m-%dT%H:%M:%SZ}"
                f" to {known.ends_at:%Y-%m-%dT%H:%M:%SZ}."
            )


def _require_room(player: Player) -> None:
    """The player's row is held, so that two requests do not both take the last place."""
    Player.objects.select_for_update().filter(pk=player.pk).values_list("pk").first()
    if TimeRun.objects.filter(player=player).count() >= settings.TIME_MACHINE_RUNS:
        raise TooManyRuns(f"A player has at most {settings.TIME_MACHINE_RUNS}: end one first.")


def _round(run: TimeRun, slot: Slot) -> TimeRound:
    is_open = slot.opens_at <= run.now_at
    return TimeRound(
        run=run,
        asset_id=slot.asset,
        horizon=slot.horizon,
        opens_at=slot.opens_at,
        locks_at=slot.locks_at,
        settles_at=slot.settles_at,
        status=Status.OPEN if is_open else Status.SCHEDULED,
        version=int(is_open),
    )

"""A challenger a week for every horizon that is played; whatever fails, who serves goes on.

One training at a time, whatever the horizon: entering the built-in players' words needs a hand,
too.
"""

import logging
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from django.db.models import F

from league import departure, operations
from league.horizons import TABLE
from league.models import Season
from markets import bars
from predictions import succession, versions
from predictions.backtest import validation
from predictions.models import Apprenticeship
from predictions.training import candidates, lessons
from predictions.versions import Course

logger = logging.getLogger(__name__)
EVERY: Final = timedelta(days=7)
LEASE: Final = timedelta(minutes=10)  # longer than the task may take
TOO_YOUNG: Final = timedelta(minutes=10)
FIRST_PAUSE: Final = timedelta(minutes=5)
LONGEST_PAUSE: Final = timedelta(days=1)
MOST_DOUBLINGS: Final = 10


def retrain(*, now: datetime) -> int:
    """Train what is due. Returns the versions made."""
    return sum(_attend(course, symbols, now=now) for course, symbols in _courses(now=now))


def ask(turn: Apprenticeship, *, reason: str, actor: str, now: datetime) -> bool:
    """An operator wants a challenger at the next look.

    :raises league.operations.ReasonTooShort:
    """
    operations.require_reason(reason)
    extra = {"horizon": turn.horizon, "actor": actor, "reason": reason}
    logger.info("training asked for", extra=extra)
    return bool(Apprenticeship.objects.filter(pk=turn.pk).update(next_at=now, failures=0))


def _courses(*, now: datetime) -> Iterator[tuple[Course, list[str]]]:
    """Every horizon of every season being played, with the assets its models must serve.

    A sandbox teaches nobody, and no model tells what a private league plays.
    """
    wanted: dict[tuple[str, str], set[str]] = defaultdict(set)
    for season in Season.objects.running(now=now).counted().public().order_by("pk"):
        try:
            names, symbols = list(season.pinned["horizons"]), set(season.pinned["assets"])
        except (KeyError, TypeError):  # whoever plays it complains; nobody waits for it
            logger.warning("no models for a season", extra={"season": str(season.pk)})
            continue
        for name in names:
            wanted[season.price_mode, name] |= symbols
    for (price_mode, name), symbols in sorted(wanted.items()):
        yield Course(TABLE[name], price_mode), sorted(symbols)


def _attend(course: Course, symbols: list[str], *, now: datetime) -> int:
    """Train one horizon, if it is due and nobody is training.

    A turn counts as failed until it has not: whoever is killed in it is not tried at once again.
    """
    turn, _ = Apprenticeship.objects.get_or_create(
        horizon=course.horizon.name,
        price_mode=course.price_mode,
        defaults={"leased_until": now, "next_at": now},
    )
    if turn.next_at > now or Apprenticeship.objects.filter(leased_until__gt=now).exists():
        return 0
    mine = Apprenticeship.objects.filter(pk=turn.pk)
    retry_at = now + min(FIRST_PAUSE * 2 ** min(turn.failures, MOST_DOUBLINGS), LONGEST_PAUSE)
    if not mine.filter(next_at__lte=now, leased_until__lte=now).update(
        leased_until=now + LEASE, next_at=retry_at, failures=F("failures") + 1
    ):
        return 0
    try:
        for version in versions.living(of=course):
            succession.dismiss_broken(version, now=now)
        made = _train(course, symbols, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("training failed", extra={"horizon": course.horizon.name})
        mine.update(leased_until=now, last_error=f"{type(error).__name__}: {error}"[:300])
        return 0
    is_full = not any(succession.has_room(course, family=one) for one in candidates.FAMILIES)
    pause = EVERY if made or is_full else TOO_YOUNG
    mine.update(leased_until=now, failures=0, last_error="")
    mine.filter(next_at=retry_at).update(next_at=now + pause)  # unless somebody asked for another
    return made


def _train(course: Course, symbols: list[str], *, now: datetime) -> int:
    families = [one for one in candidates.FAMILIES if succession.has_room(course, family=one)]
    if not families:
        return 0
    closes = {
        symbol: bars.closes(
            symbol=symbol,
            price_mode=course.price_mode,
            interval=course.horizon.bar_s,
            until=now,
            count=lessons.MOST_BARS,
        )
        for symbol in symbols
    }
    taught = lessons.gather(list(closes.values()), horizon=course.horizon)
    if taught is None:
        return 0
    made = 0
    digest = candidates.data_digest(closes)
    for one in candidates.train(taught, horizon=course.horizon, digest=digest, families=families):
        unseen = validation.measure(taught, family=one.family, horizon=course.horizon)
        judged = replace(one, metrics={**one.metrics, "validation": unseen})
        made += succession.register(judged, course, now=now, assets=symbols)
    return made

"""How far a run's clock is to move: to an instant, by seconds, or to whatever comes next."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Min

from predictions.models import TimeRound, TimeRun


class BackInTime(Exception):
    """A run's clock only moves forward."""


@dataclass(frozen=True, slots=True)
class Wish:
    """By `seconds`, or to an instant; with neither to the next one at which anything happens."""

    to: datetime | None = None
    seconds: int | None = None


def until(run: TimeRun, wish: Wish) -> datetime:
    """The virtual instant wished for, the run's end at the latest. :raises BackInTime:"""
    if wish.seconds is not None:
        return min(run.now_at + timedelta(seconds=wish.seconds), run.ends_at)
    to = wish.to or _next(run)
    if to < run.now_at:
        raise BackInTime(f"It is {run.now_at:%Y-%m-%dT%H:%M:%SZ} in this run already.")
    return min(to, run.ends_at)


def _next(run: TimeRun) -> datetime:
    """When something opens, locks or settles next; the end when nothing does any more."""
    found: list[datetime] = []
    for field in ("opens_at", "locks_at", "settles_at"):
        later = TimeRound.objects.filter(**{"run": run, f"{field}__gt": run.now_at})
        at = later.aggregate(at=Min(field))["at"]
        if at is not None:
            found.append(at)
    return min([*found, run.ends_at])

"""Who is at work: each queue leaves a row every few seconds, by way of beat and a worker."""

from datetime import datetime, timedelta
from typing import Final

from league.models import Heartbeat

BEAT: Final = "beat"
LONGEST: Final = timedelta(seconds=60)


def record(queue: str, *, now: datetime) -> None:
    """A worker of `queue` is alive, and so was the beat that sent it here a moment ago.

    One statement. The beat's row always comes first, so that no two workers wait for each other.
    """
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, at=now) for name in (BEAT, queue)],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["at"],
    )


def ages(*, now: datetime) -> dict[str, int]:
    """Whole seconds since each part was seen, by name; only of parts that ever were."""
    rows = Heartbeat.objects.order_by("name").values_list("name", "at")
    return {name: round((now - at).total_seconds()) for name, at in rows}


def is_late(age_s: float) -> bool:
    return age_s > LONGEST.total_seconds()

"""The calendar sweep: every running season has its rounds, a little ahead of their opening."""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from league import cadence, departure, sandbox
from league.models import Round, Season

logger = logging.getLogger(__name__)
LOOKAHEAD = timedelta(hours=1)
STEP = timedelta(microseconds=1)


def schedule(*, now: datetime) -> int:
    """Create the missing rounds that lock after `now` and open within the next hour.

    And the sandbox's next season, when its time has come.
    """
    opened = _keep_sandbox(now=now)
    seasons = Season.objects.running(now=now).filter(is_paused=False)
    return opened + sum(_try(season, now=now) for season in seasons)


def _keep_sandbox(*, now: datetime) -> int:
    """Nobody's rounds wait for a place to practise."""
    try:
        return sandbox.keep(now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("sandbox not kept open")
        return 0


def _try(season: Season, *, now: datetime) -> int:
    """One poisoned season must not keep the others from having rounds."""
    try:
        return _fill(season, now=now)
    except Exception as error:
        departure.heed(error)
        logger.exception("rounds not scheduled", extra={"season": str(season.pk)})
        return 0


def _fill(season: Season, *, now: datetime) -> int:
    window = cadence.Window(
        first_lock=max(season.starts_at, now + STEP),
        last_settlement=season.ends_at,
        opens_by=now + LOOKAHEAD,
    )
    present = set(
        Round.objects.filter(season=season, locks_at__gt=now).values_list(
            "asset_id", "horizon", "opens_at"
        )
    )
    missing = [
        slot
        for slot in cadence.slots(rules=season.pinned, window=window)
        if (slot.asset, slot.horizon, slot.opens_at) not in present
    ]
    create(season, missing)
    return len(missing)


def create(season: Season, slots: Sequence[cadence.Slot]) -> None:
    """The rounds of these slots; those that exist stay as they are."""
    rounds = [
        Round(
            season=season,
            asset_id=slot.asset,
            horizon=slot.horizon,
            opens_at=slot.opens_at,
            locks_at=slot.locks_at,
            settles_at=slot.settles_at,
        )
        for slot in slots
    ]
    # Two schedulers may race: the unique slot makes the second one's rows disappear.
    Round.objects.bulk_create(rounds, ignore_conflicts=True)

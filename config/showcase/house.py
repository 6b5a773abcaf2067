"""The house forecast of open rounds, measured a few times a minute for all visitors."""

import logging
from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from django.core.cache import cache
from redis.exceptions import RedisError

from league import frames, lookups
from league.frames import Frame
from league.models import Round

logger = logging.getLogger(__name__)
KEPT_S = 30
SLOT_S = 15


def of(rounds: Sequence[Round], *, now: datetime) -> dict[UUID, Frame | None]:
    """Provisional frames by round; None where there is too little history.

    Rounds of one season, asset and horizon share theirs, and so do the visitors of 15 seconds.
    """
    keys = {round_.pk: _key(round_, now) for round_ in rounds}
    known = _kept(sorted(set(keys.values())))
    fresh: dict[str, Frame | None] = {}
    for round_ in rounds:
        key = keys[round_.pk]
        if key not in known and key not in fresh:
            fresh[key] = _measured(round_, now)
    lookups.count("house", is_found=True, times=len(known))
    lookups.count("house", is_found=False, times=len(fresh))
    _keep(fresh)
    found = known | fresh
    return {pk: found[key] for pk, key in keys.items()}


def _key(round_: Round, now: datetime) -> str:
    slot = int(now.timestamp()) // SLOT_S
    return f"showcase:house:{round_.season_id}:{round_.asset_id}:{round_.horizon}:{slot}"


def _measured(round_: Round, now: datetime) -> Frame | None:
    try:
        return frames.provisional(round_, now=now)
    except frames.NoFrame:
        return None


def _kept(keys: list[str]) -> dict[str, Frame | None]:
    try:
        kept: dict[str, Frame | None] = cache.get_many(keys) if keys else {}
    except (OSError, RedisError):
        return {}  # the page is only slower without a cache
    return kept


def _keep(fresh: dict[str, Frame | None]) -> None:
    try:
        if fresh:
            cache.set_many(fresh, timeout=KEPT_S)
    except (OSError, RedisError):
        logger.warning("house forecasts not kept")

"""How a model does on what it has not seen: a twin learns four fifths of the window. Pure."""

from dataclasses import asdict
from typing import Any, Final

import numpy as np

from league.horizons import Horizon
from predictions.backtest import skill
from predictions.training import candidates, lessons
from predictions.training.features import Flags
from predictions.training.lessons import Lessons

LEARNED: Final = 0.8


def measure(taught: Lessons, *, family: str, horizon: Horizon) -> dict[str, Any]:
    """Skill, in sigmas, of a twin on the last fifth; empty without enough history."""
    first, last = int(taught.closed_at.min()), int(taught.closed_at.max())
    split = int(first + LEARNED * (last - first))
    held = _where(taught, taught.closed_at >= split)
    seen = _where(taught, taught.closed_at + horizon.length_s <= split)
    if min(seen.outcomes.size, held.outcomes.size) < lessons.LEAST_ROWS:
        return {}
    twin = candidates.fit(seen, family=family, horizon=horizon)
    if twin is None:
        return {}
    halves = twin.half_widths(held.rows)
    sigmas = np.ones_like(halves)
    lost = skill.Lost(
        mine=skill.losses(skill.symmetric(halves), held.outcomes),
        house=skill.losses(skill.house(sigmas, width=horizon.width), held.outcomes),
        sigmas_bp=sigmas,
        inside=np.abs(held.outcomes) <= halves,
        locks=held.closed_at,
    )
    return asdict(skill.measure(lost)) | {"from": split}


def _where(taught: Lessons, chosen: Flags) -> Lessons:
    return Lessons(
        taught.rows[chosen],
        taught.realised[chosen],
        taught.outcomes[chosen],
        taught.closed_at[chosen],
    )

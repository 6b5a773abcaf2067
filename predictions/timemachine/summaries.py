"""How a run went so far: the entries' points, and their skill against the house."""

from collections import Counter
from dataclasses import dataclass

import numpy as np

from league.models.round import Status
from league.volatility import house_quantiles_bp
from predictions.backtest import skill
from predictions.backtest.skill import Lost, Skill
from predictions.models import TimeRound, TimeRun, TimeWord
from predictions.scoring import rules
from predictions.timemachine import passages


@dataclass(frozen=True, slots=True)
class Summary:
    """Rounds by status; points in milli over the scored entries; `skill` is None without any."""

    rounds: int
    statuses: dict[str, int]
    scored: int
    points_milli: int
    skill: Skill | None


def of(run: TimeRun) -> Summary:
    statuses = TimeRound.objects.filter(run=run).values_list("status", flat=True)
    counts = Counter(statuses)
    words = TimeWord.objects.filter(round__run=run, points_milli__isnull=False)
    scored = list(words.select_related("round").order_by("round__locks_at", "pk"))
    return Summary(
        rounds=counts.total(),
        statuses={name: counts[name] for name in Status.values if counts[name]},
        scored=len(scored),
        points_milli=sum(word.points_milli or 0 for word in scored),
        skill=_skill(scored) if scored else None,
    )


def _skill(scored: list[TimeWord]) -> Skill:
    """predictions.backtest.skill over the entries."""
    quantiles = np.array([passages.resolved(word, row=word.round) for word in scored])
    outcomes = np.array([word.round.outcome_bp or 0.0 for word in scored])
    house = [
        rules.wis(
            house_quantiles_bp(word.round.sigma_bp or 0.0, width=word.round.width or 0.0),
            word.round.outcome_bp or 0.0,
        )
        for word in scored
    ]
    return skill.measure(
        Lost(
            mine=skill.losses(quantiles, outcomes),
            house=np.array(house),
            sigmas_bp=np.array([word.round.sigma_bp or 0.0 for word in scored]),
            inside=(quantiles[:, 0] <= outcomes) & (outcomes <= quantiles[:, 2]),
            locks=np.array(
                [int(word.round.locks_at.timestamp()) for word in scored], dtype=np.int64
            ),
        )
    )

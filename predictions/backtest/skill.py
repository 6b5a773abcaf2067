"""How much better than the house, and how sure: WIS skill with a block bootstrap. Pure.

WIS skill = 100 * (1 - sum of WIS / sum of the house's WIS), both in basis points as the scoring
rule defines them, so a volatile asset weighs more; points weigh every asset the same. Blocks of
fourteen days are drawn with replacement, because what happens within two weeks hangs together.
Source: Kuensch (1989), "The Jackknife and the Bootstrap for General Stationary Observations".
"""

from dataclasses import dataclass
from typing import Any, Final

import numpy as np

from league.horizons import DAY
from league.volatility import house_quantiles_bp
from predictions.scoring import rules
from predictions.training.features import Flags, Floats, Times

BLOCK_S: Final = 14 * DAY
DRAWS: Final = 2_000
SEED: Final = 14
BOUNDS: Final = (2.5, 97.5)


@dataclass(frozen=True, slots=True)
class Skill:
    """Percent of the house's loss saved, its 95 % interval, and points a round."""

    rounds: int
    wis_skill_pct: float
    low: float
    high: float
    coverage80: float
    mean_points: float


def losses(quantiles: Floats, outcomes_bp: Floats) -> Floats:
    """The scoring rule's WIS of quantiles (n, 3), all in basis points: (n,)."""
    low, middle, high = quantiles.T
    moves: Any = outcomes_bp  # the rule is written for a number, a column or an array alike
    found: Floats = rules.wis((low, middle, high), moves, larger=np.maximum)
    return found


def house(sigmas_bp: Floats, *, width: float) -> Floats:
    """The baseline's quantiles (n, 3)."""
    return np.outer(sigmas_bp, house_quantiles_bp(1.0, width=width))


def symmetric(halves: Floats) -> Floats:
    """Quantiles (n, 3) around zero from half widths (n,)."""
    return np.column_stack([-halves, np.zeros_like(halves), halves])


@dataclass(frozen=True, slots=True, eq=False)
class Lost:
    """Losses (n,), the house's, sigmas in basis points, outcomes inside, and lock times."""

    mine: Floats
    house: Floats
    sigmas_bp: Floats
    inside: Flags
    locks: Times

    def where(self, chosen: Flags) -> "Lost":
        return Lost(
            self.mine[chosen],
            self.house[chosen],
            self.sigmas_bp[chosen],
            self.inside[chosen],
            self.locks[chosen],
        )


def measure(lost: Lost) -> Skill:
    """The skill over all these rounds."""
    mine, theirs = lost.mine, lost.house
    low, high = _interval(mine, theirs, locks=lost.locks)
    return Skill(
        rounds=int(mine.size),
        wis_skill_pct=round(float(_skill(mine.sum(), theirs.sum())), 3),
        low=round(low, 3),
        high=round(high, 3),
        coverage80=round(100.0 * float(lost.inside.mean()), 2),
        mean_points=round(100.0 * float(((theirs - mine) / (lost.sigmas_bp / 2.0)).mean()), 3),
    )


def _interval(mine: Floats, theirs: Floats, *, locks: Times) -> tuple[float, float]:
    _, block = np.unique(locks // BLOCK_S, return_inverse=True)
    sums = np.stack([np.bincount(block, weights=mine), np.bincount(block, weights=theirs)])
    draws = np.random.default_rng(SEED).integers(0, sums.shape[1], (DRAWS, sums.shape[1]))
    drawn = sums[:, draws].sum(axis=2)
    low, high = np.percentile(_skill(drawn[0], drawn[1]), BOUNDS)
    return float(low), float(high)


def _skill(mine: Floats, theirs: Floats) -> Floats:
    found: Floats = 100.0 * (1.0 - mine / theirs)
    return found

"""Calibration: how often outcomes fell where somebody's quantiles said they would. Pure.

Over the rounds a player entered that became final; an outcome equal to a quantile counts as at or
below it. Rounds that lock together, or overlap, share their news: as evidence they count as one
observation, the most they can depend on each other.
"""

import math
from dataclasses import dataclass
from itertools import pairwise

from leaderboard.statistics import Z95
from predictions.scoring.rules import TAUS

BAND, BAND_SHARE = "p10_to_p90", TAUS[2] - TAUS[0]
LEVELS = tuple(f"p{round(100 * tau)}" for tau in TAUS)
BINS = ("up_to_p10", "p10_to_p50", "p50_to_p90", "above_p90")
NARROW, WIDE, FITTING, UNKNOWN = "too_narrow", "too_wide", "fitting", "unknown"
VERDICTS = {
    NARROW: "the bands are too narrow",
    WIDE: "the bands are too wide",
    FITTING: "nothing speaks against them",
}


@dataclass(frozen=True, slots=True)
class Counts:
    """Final rounds a player entered, their locks, and the sum of the locks' squared sizes.

    hits: in how many of the rounds the outcome was at or below p10, p50 and p90.
    """

    rounds: int
    locks: int
    squares: int
    hits: tuple[int, int, int]


@dataclass(frozen=True, slots=True)
class Share:
    """`count` of the entered rounds against what a calibrated player has in the long run.

    `low` and `high` are the 95 % Wilson bounds of the share; None while there is no round.
    """

    name: str
    expected: float
    count: int
    share: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Calibration:
    """`evidence` is how many independent rounds the dependent ones are worth at least."""

    rounds: int
    locks: int
    evidence: float
    levels: list[Share]
    band: Share
    bins: list[Share]
    finding: str
    text: str


def calibrate(counts: Counts, *, shared: int) -> Calibration:
    """`shared`: the most locks within one horizon, 1 where rounds follow one another."""
    worth = evidence(counts, shared=shared)
    below = list(counts.hits)
    steps = [0, *below, counts.rounds]
    between = [upper - lower for lower, upper in pairwise(steps)]
    edges = [0.0, *TAUS, 1.0]
    masses = [round(upper - lower, 6) for lower, upper in pairwise(edges)]

    def share(name: str, expected: float, count: int) -> Share:
        return _share(name, expected, count, of=counts.rounds, evidence=worth)

    band = share(BAND, BAND_SHARE, counts.hits[2] - counts.hits[0])
    return Calibration(
        rounds=counts.rounds,
        locks=counts.locks,
        evidence=worth,
        levels=list(map(share, LEVELS, TAUS, below)),
        band=band,
        bins=list(map(share, BINS, masses, between)),
        finding=_finding(band),
        text=_say(band, rounds=counts.rounds, locks=counts.locks),
    )


def evidence(counts: Counts, *, shared: int) -> float:
    """Kish's effective size, were everything within a lock, and across `shared` locks, one."""
    return counts.rounds**2 / (counts.squares * shared) if counts.squares else 0.0


def wilson(share: float, *, evidence: float) -> tuple[float, float]:
    """The 95 % score interval of a share seen in that many independent trials."""
    weight = Z95**2 / evidence
    centre = (share + weight / 2) / (1 + weight)
    margin = math.sqrt(weight * (share * (1 - share) + weight / 4)) / (1 + weight)
    return max(0.0, centre - margin), min(1.0, centre + margin)


def _share(name: str, expected: float, count: int, *, of: int, evidence: float) -> Share:
    if not of:
        return Share(name, expected, count, None, None, None)
    low, high = wilson(count / of, evidence=evidence)
    return Share(name, expected, count, count / of, low, high)


def _finding(band: Share) -> str:
    if band.low is None or band.high is None:
        return UNKNOWN
    if band.high < band.expected:
        return NARROW
    return WIDE if band.low > band.expected else FITTING


def _say(band: Share, *, rounds: int, locks: int) -> str:
    if band.share is None or band.low is None or band.high is None:
        return "No entered round is final yet."
    seen, low, high = (f"{100 * share:.0f} %" for share in (band.share, band.low, band.high))
    return (
        f"{seen} of {rounds} outcomes over {locks} locks fell between p10 and p90, where 80 % "
        f"belong; plausible are {low} to {high}: {VERDICTS[_finding(band)]}."
    )

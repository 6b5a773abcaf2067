"""The horizon table of the scoring rule: what a round of each length measures volatility with."""

from dataclasses import dataclass
from datetime import timedelta

MINUTE = 60
HOUR = 3600
DAY = 86_400


@dataclass(frozen=True, slots=True)
class Horizon:
    """`length_s` seconds from lock to settlement, measured in `bars` bars of `bar_s` seconds.

    `half_life` is in bars, `width` is the house's c, `shrinkage` is k in locks and `cadence_s`
    the default spacing of locks on the UTC grid, shifted by `offset_s`.
    """

    name: str
    length_s: int
    bar_s: int
    half_life: int
    width: float
    shrinkage: int
    cadence_s: int
    offset_s: int = 0

    @property
    def bars(self) -> int:
        return self.length_s // self.bar_s

    @property
    def length(self) -> timedelta:
        return timedelta(seconds=self.length_s)

    @property
    def memory(self) -> int:
        """Bars that matter: 40 half-lives (what is older weighs less than 1e-12), and the seed."""
        return 40 * self.half_life + 720


# The Unix epoch fell on a Thursday: four days later the weekly grid meets Monday 00:00 UTC.
TABLE = {
    horizon.name: horizon
    for horizon in (
        Horizon("5m", 5 * MINUTE, MINUTE, 120, 0.85, 100, 5 * MINUTE),
        Horizon("1h", HOUR, HOUR, 24, 0.85, 100, HOUR),
        Horizon("24h", DAY, HOUR, 72, 0.90, 30, DAY),
        Horizon("7d", 7 * DAY, HOUR, 264, 0.90, 30, 7 * DAY, 4 * DAY),
    )
}
NAMES = tuple(TABLE)

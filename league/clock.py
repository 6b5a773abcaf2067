"""Which clock decides that an entry came before its lock.

The web edge always passes DATABASE. A sweep over a replayed or simulated season passes the virtual
instant it is carrying the season to.
"""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True)
class FixedClock:
    at: datetime


@dataclass(frozen=True, slots=True)
class DatabaseClock:
    pass


DATABASE = DatabaseClock()
Clock = FixedClock | DatabaseClock

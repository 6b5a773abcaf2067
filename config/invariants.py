"""What may never be otherwise, checked against the rows: DOMAIN's I1 to I22, as far as rows tell.

Not here, because no row can show them: I11 and I12 (hints and repetition change nothing), I13's
punctuality, I15, I19 (no signer yet) and I21 (no correction yet); tests prove those that apply.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from chain import invariants as of_chain
from leaderboard import invariants as of_leaderboard
from league import departure
from league import invariants as of_league
from league.cadence import EPOCH
from league.models import InvariantReport
from league.webhooks import invariants as of_webhooks
from markets import invariants as of_markets
from predictions import invariants as of_predictions

logger = logging.getLogger(__name__)
Check = Callable[[datetime], int]
EVERYTHING: Final = EPOCH
RECENT: Final = timedelta(hours=6)

_apps: Final = (
    of_markets.CHECKS, of_chain.CHECKS, of_league.CHECKS, of_webhooks.CHECKS,
    of_predictions.CHECKS, of_leaderboard.CHECKS,
)  # fmt: skip
IDS: Final = tuple(sorted({id_ for app in _apps for id_ in app}, key=lambda id_: int(id_[1:])))
CHECKS: Final[tuple[tuple[str, Check], ...]] = tuple(
    (id_, check) for id_ in IDS for app in _apps for check in app.get(id_, ())
)
OBLIGATIONS: Final = {
    **of_league.WAITING,
    **of_webhooks.WAITING,
    **of_predictions.WAITING,
    **of_leaderboard.WAITING,
    **of_chain.WAITING,
}


@dataclass(frozen=True, slots=True)
class Finding:
    """`violations` is None where the check itself broke, as without a database."""

    id: str
    name: str
    violations: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Obligation:
    """Rows that wait for something to be done (I22), and how long the oldest has."""

    name: str
    count: int
    age_s: float


def look(*, since: datetime, only: Collection[str] = IDS) -> Iterator[Finding]:
    """Run the checks by id, one after another, on what happened `since`."""
    for id_, check in CHECKS:
        if id_ in only:
            began_s = time.perf_counter()
            violations = _try(check, since)
            yield Finding(id_, name_of(check), violations, time.perf_counter() - began_s)


def record(*, now: datetime) -> int:
    """Keep what a look at the recent past finds, for the metrics. Returns the violations.

    Recent is what settled in the last six hours or will: `manage.py check_invariants` looks at
    everything. A check that broke keeps its former row, and its age tells.
    """
    InvariantReport.objects.exclude(name__in=[name_of(check) for _, check in CHECKS]).delete()
    since, found = now - RECENT, 0
    for finding in look(since=since):
        if finding.violations is None:
            continue
        found += finding.violations
        InvariantReport.objects.update_or_create(
            name=finding.name,
            defaults={
                "invariant": finding.id,
                "violations": finding.violations,
                "since": since,
                "checked_at": now,
            },
        )
    return found


def obligations(*, now: datetime) -> list[Obligation]:
    """What waits now. Most of it is a moment old: only the age says whether something is stuck."""
    waiting = [(name, *count(now)) for name, count in OBLIGATIONS.items()]
    return [
        Obligation(name, count, max(0.0, (now - oldest).total_seconds()) if oldest else 0.0)
        for name, count, oldest in waiting
    ]


def name_of(check: Check) -> str:
    return check.__name__.replace("_", " ")


def _try(check: Check, since: datetime) -> int | None:
    """One broken check must not hide what the others find."""
    try:
        violations = check(since)
    except Exception as error:
        departure.heed(error)
        logger.exception("invariant not checked", extra={"check": check.__name__})
        return None
    if violations:
        logger.error("invariant violated", extra={"check": check.__name__, "rows": violations})
    return violations

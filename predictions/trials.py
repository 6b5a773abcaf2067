"""Every living version forecasts every round, and is scored like anybody: the evidence on models.

Trials are entered with the built-in players' last words, from the same inputs, and rank nowhere.
"""

import logging
from collections import Counter, defaultdict
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Final, Protocol

from django.db import connection, transaction
from django.db.models import F

from league import departure
from league.models import Round
from league.models.round import Status
from league.volatility import Z90
from predictions import versions
from predictions.forecasters import base, volatility
from predictions.forecasters.base import Inputs
from predictions.models import Calibration, ModelVersion, Trial
from predictions.scoring import rules
from predictions.training.drift import Settled
from predictions.training.gate import Met

logger = logging.getLogger(__name__)
BATCH: Final = 500
KEPT: Final = timedelta(days=180)  # longer than anybody is watched


class Desk(Protocol):
    @property
    def now(self) -> datetime: ...
    def inputs_of(self, round_: Round) -> Inputs | None: ...


def enter(rounds: Sequence[Round], *, desk: Desk) -> int:
    """The forecasts of the living versions for the rounds that lack them. Returns how many."""
    if not rounds:
        return 0
    known = set(Trial.objects.filter(round__in=rounds).values_list("version_id", "round_id"))
    made = 0
    for version in versions.living():
        waiting = [
            r
            for r in rounds
            if (r.horizon, r.season.price_mode) == (version.horizon, version.price_mode)
            and (version.pk, r.pk) not in known
        ]
        made += _try(version, waiting, desk=desk)
    return made


def _try(version: ModelVersion, waiting: Sequence[Round], *, desk: Desk) -> int:
    """A sick version keeps none of the others from trying."""
    try:
        return _enter(version, waiting, desk=desk)
    except Exception as error:
        departure.heed(error)
        logger.exception("model not tried", extra={"version": str(version)})
        connection.close_if_unusable_or_obsolete()
        return 0


def _enter(version: ModelVersion, waiting: Sequence[Round], *, desk: Desk) -> int:
    asked = [(r, found) for r in waiting if (found := desk.inputs_of(r)) is not None]
    if not asked:
        return 0
    serving = versions.served(version)
    if serving is None:
        return 0
    widths = volatility.widths([found for _, found in asked], lambda _: serving)
    halves = [
        (width.half_bp if width else base.house_half_width_bp(found), width is None)
        for (_, found), width in zip(asked, widths, strict=True)
    ]
    rows = [
        Trial(
            version=version, round=round_, entered_at=desk.now,
            low_bp=-half, middle_bp=0.0, high_bp=half, is_cold=is_cold,
        )
        for (round_, _), (half, is_cold) in zip(asked, halves, strict=True)
    ]  # fmt: skip
    return len(Trial.objects.bulk_create(rows, ignore_conflicts=True))


def score(*, now: datetime) -> int:
    """Score the trials of rounds that are final, and count what lay outside. Returns how many.

    Trials of void rounds go.
    """
    del now
    unscored = Trial.objects.filter(points_milli__isnull=True)
    gone = unscored.filter(round__status=Status.VOID)
    if gone.exists():
        gone.delete()
    final = unscored.filter(round__status=Status.FINAL).select_related("round").order_by("pk")
    due = list(final[:BATCH])
    if not due:
        return 0
    with transaction.atomic(durable=True):
        scored = [trial for trial in due if _score(trial)]
        _count([trial for trial in scored if not trial.is_cold])
    return len(scored)


def forget(*, now: datetime) -> int:
    """Remove a batch of those that nobody judges by any more. Returns how many."""
    old = Trial.objects.filter(round__locks_at__lt=now - KEPT).order_by("pk")
    gone, _ = Trial.objects.filter(pk__in=list(old.values_list("pk", flat=True)[:BATCH])).delete()
    return gone


def _score(trial: Trial) -> bool:
    round_ = trial.round
    outcome_bp, sigma_bp, width = round_.outcome_bp, round_.sigma_bp, round_.width
    if outcome_bp is None or sigma_bp is None or width is None:
        return False
    quantiles = (trial.low_bp, trial.middle_bp, trial.high_bp)
    points = rules.points_milli(quantiles, outcome_bp=outcome_bp, sigma_bp=sigma_bp, width=width)
    trial.pit_bin = sum(outcome_bp > quantile for quantile in quantiles)
    unscored = Trial.objects.filter(pk=trial.pk, points_milli__isnull=True)
    return bool(
        unscored.update(points_milli=points, outcome=outcome_bp / sigma_bp, pit_bin=trial.pit_bin)
    )


def _count(scored: Sequence[Trial]) -> None:
    """In one order, after all trials: two sweeps at once must never wait for each other."""
    found = Counter((t.version_id, t.round.asset_id) for t in scored)
    missed = Counter((t.version_id, t.round.asset_id) for t in scored if t.pit_bin in {0, 3})
    for version_id, asset in sorted(found):
        counts, _ = Calibration.objects.get_or_create(version_id=version_id, asset=asset)
        Calibration.objects.filter(pk=counts.pk).update(
            settled=F("settled") + found[version_id, asset],
            missed=F("missed") + missed[version_id, asset],
        )


def met(
    version: ModelVersion, *, rival: ModelVersion | None, since: datetime | None = None
) -> list[Met]:
    """How a version did at each lock, beside its rival, or the house where there is none."""
    own = _scored(version, since=since)
    first = min((row.round.locks_at for row in own), default=since)
    theirs = {row.round_id: row for row in _scored(rival, since=first)} if rival else None
    locks: dict[datetime, list[tuple[Trial, float, float]]] = defaultdict(list)
    for mine in own:
        if theirs is None:
            house = 2 * Z90 * (mine.round.width or 0.0) * (mine.round.sigma_bp or 0.0)
            locks[mine.round.locks_at].append((mine, 0.0, house))
        elif mine.round_id in theirs:
            other = theirs[mine.round_id]
            points = (other.points_milli or 0) / 1e3
            locks[mine.round.locks_at].append((mine, points, other.high_bp - other.low_bp))
    return [_met(rows) for _, rows in sorted(locks.items())]


def settled(version: ModelVersion, *, locks: int) -> list[Settled]:
    """A version's scored trials of its newest locks, as drift is measured from them."""
    rows = Trial.objects.filter(version=version, points_milli__isnull=False)
    newest = rows.order_by("-round__locks_at").values_list("round__locks_at", flat=True).distinct()
    since = min(newest[:locks], default=None)
    return [
        Settled(
            lock=int(row.round.locks_at.timestamp()),
            points=(row.points_milli or 0) / 1e3,
            size=row.outcome or 0.0,
            pit_bin=row.pit_bin or 0,
            is_cold=row.is_cold,
        )
        for row in _scored(version, since=since)
    ]


def count_locks(version: ModelVersion) -> int:
    """Locks with a scored trial."""
    rows = Trial.objects.filter(version=version, points_milli__isnull=False)
    return rows.values("round__locks_at").distinct().count()


def _scored(version: ModelVersion, *, since: datetime | None) -> list[Trial]:
    rows = Trial.objects.filter(version=version, points_milli__isnull=False)
    if since is not None:
        rows = rows.filter(round__locks_at__gte=since)
    return list(rows.select_related("round").order_by("pk"))


def _met(rows: Sequence[tuple[Trial, float, float]]) -> Met:
    count = len(rows)
    return Met(
        points=sum((mine.points_milli or 0) / 1e3 for mine, _, _ in rows) / count,
        rival=sum(points for _, points, _ in rows) / count,
        width=sum(mine.high_bp - mine.low_bp for mine, _, _ in rows) / count,
        rival_width=sum(width for _, _, width in rows) / count,
        inside=sum(mine.pit_bin in {1, 2} for mine, _, _ in rows),
        rounds=count,
        is_crossed=any(not m.low_bp <= m.middle_bp <= m.high_bp for m, _, _ in rows),
    )

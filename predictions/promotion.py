"""Who follows whom: decided by the gate, from settled trials alone."""

from datetime import datetime, timedelta
from typing import Final

from predictions import succession, trials, versions
from predictions.models import ModelVersion
from predictions.models.model_version import Standing
from predictions.training import drift, gate

# Thirty days, or longer where they hold too few locks to say anything.
WATCHED: Final = {
    "5m": timedelta(days=30),
    "1h": timedelta(days=30),
    "24h": timedelta(days=45),
    "7d": timedelta(days=120),
}
HOUR_S: Final = 3600


def decide(*, now: datetime) -> int:
    """Judge every shadow that has met enough locks, and watch every champion: once an hour, as
    short rounds settle often and one more lock changes nobody's mind.

    Returns how many versions changed their standing.
    """
    living = [one for one in versions.living() if one.drift.get("hour") != _hour(now)]
    changed = sum(_watch(one, now=now) for one in living if one.status == Standing.CHAMPION)
    shadows = sorted((v for v in living if v.status == Standing.SHADOW), key=lambda v: v.number)
    return changed + sum(_judge(one, now=now) for one in shadows)


def measure(*, now: datetime) -> int:
    """Write down how each living version drifts. Returns how many there are."""
    living = [one for one in versions.living() if one.drift.get("hour") != _hour(now)]
    for version in living:
        found = drift.measure(trials.settled(version, locks=drift.LATEST))
        if found is not None:
            told = found.as_json() | {"hour": _hour(now)}
            ModelVersion.objects.filter(pk=version.pk).update(drift=told)
    return len(living)


def _hour(now: datetime) -> int:
    return int(now.timestamp()) // HOUR_S


def _judge(shadow: ModelVersion, *, now: datetime) -> bool:
    if succession.dismiss_broken(shadow, now=now):
        return True
    if trials.count_locks(shadow) < gate.LEAST_LOCKS[shadow.horizon]:
        return False
    rivals = versions.of(versions.course_of(shadow), family=shadow.family)
    rival = rivals.filter(status=Standing.CHAMPION).first()
    decision = gate.judge(
        trials.met(shadow, rival=rival),
        horizon=shadow.horizon,
        seconds_per_thousand=float(shadow.metrics.get("seconds_per_thousand", gate.SLOWEST_S)),
    )
    if decision.verdict == "promote":
        return succession.promote(shadow, actor=succession.GATE, reason=decision.reason, now=now)
    if decision.verdict == "refuse":
        return succession.retire(
            shadow, actor=succession.GATE, reason=f"refused: {decision.reason}", now=now
        )
    return False


def _watch(champion: ModelVersion, *, now: datetime) -> bool:
    """A champion goes when it cannot be served, or when it loses beyond chance."""
    if succession.dismiss_broken(champion, now=now):
        return True
    since = now - WATCHED[champion.horizon]
    decision = gate.watch(trials.met(champion, rival=None, since=since), horizon=champion.horizon)
    if decision.verdict != "refuse":
        return False
    return succession.retire(
        champion, actor=succession.GATE, reason=f"demoted: {decision.reason}", now=now
    )

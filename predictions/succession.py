"""Who follows whom among the models: verbs for the gate, the trainer and operators."""

import logging
from datetime import UTC, datetime
from typing import Any, Final

from django.db import transaction
from django.db.models import Max

from league import operations
from predictions import versions
from predictions.models import ModelVersion
from predictions.models.model_version import Standing
from predictions.training import artifacts
from predictions.training.candidates import Candidate
from predictions.versions import Course

logger = logging.getLogger(__name__)
MOST_SHADOWS: Final = 4
GATE: Final = "gate"


class NotServing(operations.NotPossible):
    """The version is not what the verb needs: no champion, or none before it."""


def has_room(course: Course, *, family: str) -> bool:
    """Whether one more shadow may wait for its verdict."""
    waiting = versions.of(course, family=family).filter(status=Standing.SHADOW)
    return waiting.count() < MOST_SHADOWS


def register(candidate: Candidate, course: Course, *, now: datetime, assets: list[str]) -> bool:
    """Store a candidate: the family's first one serves, any other follows as a shadow.

    Returns False while enough shadows wait for their verdict.
    """
    with transaction.atomic(durable=True):
        if not has_room(course, family=candidate.family):
            return False
        known = versions.of(course, family=candidate.family)
        newest = known.aggregate(newest=Max("number"))["newest"] or 0
        standing: dict[str, Any] = {"status": Standing.SHADOW}
        if not newest:
            standing = {"status": Standing.CHAMPION, "promoted_by": "first", "promoted_at": now}
        ModelVersion.objects.create(
            number=newest + 1,
            parent=known.filter(status=Standing.CHAMPION).first(),
            trained_at=now,
            assets=assets,
            **standing,
            **_columns(candidate, course),
        )
    extra = {"family": candidate.family, "horizon": course.horizon.name, "rows": candidate.rows}
    logger.info("model trained", extra=extra)
    return True


def promote(version: ModelVersion, *, reason: str, actor: str, now: datetime) -> bool:
    """A shadow takes over from the champion, which retires; older shadows go with it.

    Returns whether this call did it.
    :raises NotServing: when nobody could forecast with it.
    :raises league.operations.ReasonTooShort:
    """
    operations.require_reason(reason)
    _require_served(version)
    with transaction.atomic(durable=True):
        rivals = versions.of(versions.course_of(version), family=version.family)
        # Two promotions at once: the second one sees what the first one left.
        list(rivals.select_for_update().order_by("pk").values_list("pk"))
        before = rivals.filter(status=Standing.CHAMPION).first()
        rivals.filter(status=Standing.CHAMPION).update(
            status=Standing.RETIRED, retired_at=now, reason=f"followed by {version}"
        )
        rivals.filter(status=Standing.SHADOW, number__lt=version.number).update(
            status=Standing.RETIRED, retired_at=now, reason=f"overtaken by {version}"
        )
        done = ModelVersion.objects.filter(pk=version.pk, status=Standing.SHADOW).update(
            status=Standing.CHAMPION,
            promoted_by=actor,
            promoted_at=now,
            reason=reason[:300],
            parent=before or version.parent,  # whom rolling back brings back
        )
        if not done:
            transaction.set_rollback(True)
    _tell("model promoted", version, actor=actor, reason=reason, is_done=bool(done))
    return bool(done)


def retire(version: ModelVersion, *, reason: str, actor: str, now: datetime) -> bool:
    """A shadow refused, or a champion demoted. Returns whether this call did it.

    :raises league.operations.ReasonTooShort:
    """
    operations.require_reason(reason)
    done = (
        ModelVersion.objects.filter(pk=version.pk, status=version.status)
        .exclude(status=Standing.RETIRED)
        .update(status=Standing.RETIRED, retired_at=now, reason=reason[:300])
    )
    _tell("model retired", version, actor=actor, reason=reason, is_done=bool(done))
    return bool(done)


def dismiss_broken(version: ModelVersion, *, now: datetime) -> bool:
    """Retire a version whose bytes are not its own, or no model of this release.

    Returns whether it had to go.
    """
    try:
        versions.check(version)
        versions.model_of(version)
    except versions.TamperedArtifact:
        reason = "demoted: its bytes changed"
    except artifacts.BrokenArtifact as error:
        reason = f"demoted: {error}"
    else:
        return False
    return retire(version, reason=reason, actor=GATE, now=now)


def roll_back(version: ModelVersion, *, reason: str, actor: str, now: datetime) -> bool:
    """The champion retires and the one before it serves again.

    :raises NotServing: when it is no champion, or there was none before it.
    :raises league.operations.ReasonTooShort:
    """
    operations.require_reason(reason)
    parent = version.parent
    if parent is not None:
        _require_served(parent)
    with transaction.atomic(durable=True):
        done = ModelVersion.objects.filter(pk=version.pk, status=Standing.CHAMPION).update(
            status=Standing.RETIRED, retired_at=now, reason=f"rolled back: {reason}"[:300]
        )
        if not done or parent is None:
            raise NotServing(f"{version} is no champion with one before it.")
        back = ModelVersion.objects.filter(pk=parent.pk, status=Standing.RETIRED).update(
            status=Standing.CHAMPION,
            promoted_by=actor,
            promoted_at=now,
            retired_at=None,
            reason=f"back for {version}: {reason}"[:300],
        )
        if not back:
            raise NotServing(f"{parent} is not there to come back.")
    _tell("model rolled back", version, actor=actor, reason=reason, is_done=True)
    return True


def _require_served(version: ModelVersion) -> None:
    """:raises NotServing: for bytes that nobody could forecast with."""
    if versions.served(version) is None:
        raise NotServing(f"{version} cannot be served.")


def _columns(candidate: Candidate, course: Course) -> dict[str, Any]:
    first, last = (datetime.fromtimestamp(at, tz=UTC) for at in candidate.window)
    packed = candidate.artifact
    return {
        "family": candidate.family,
        "horizon": course.horizon.name,
        "price_mode": course.price_mode,
        "window_start": first,
        "window_end": last,
        "rows": candidate.rows,
        "data_sha256": candidate.data_sha256,
        "features": list(candidate.features),
        "features_sha256": artifacts.digest("\n".join(candidate.features).encode()),
        "params": dict(candidate.params),
        "seed": candidate.seed,
        "libraries": dict(candidate.libraries),
        "format": packed.format,
        "size": len(packed.data),
        "sha256": packed.sha256,
        "probe_sha256": packed.probe,
        "artifact": packed.data,
        "metrics": dict(candidate.metrics),
    }


def _tell(what: str, version: ModelVersion, *, actor: str, reason: str, is_done: bool) -> None:
    if is_done:
        logger.info(what, extra={"version": str(version), "actor": actor, "reason": reason})

"""The registry of models: who serves, and whether its bytes can be believed."""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from django.db.models import QuerySet

from league.horizons import TABLE, Horizon
from predictions.models import Calibration, ModelVersion
from predictions.models.model_version import Standing
from predictions.training import artifacts
from predictions.training.artifacts import Model
from predictions.training.calibration import Record

logger = logging.getLogger(__name__)
KEPT: Final = 32
_models: "dict[tuple[str, str], Model]" = {}


class TamperedArtifact(Exception):
    """Never: the stored bytes are not those that were trained."""


@dataclass(frozen=True, slots=True)
class Course:
    """What a model is for: rounds of this length, of seasons whose prices are of this kind."""

    horizon: Horizon
    price_mode: str


@dataclass(frozen=True, slots=True, eq=False)
class Serving:
    """A version ready to forecast, and how its intervals of each asset have done."""

    version: ModelVersion
    model: Model
    records: Mapping[str, Record]

    @property
    def label(self) -> str:
        return str(self.version)


def of(course: Course, *, family: str | None = None) -> QuerySet[ModelVersion]:
    """The versions of a course, without their bytes."""
    found = ModelVersion.objects.defer("artifact").filter(
        horizon=course.horizon.name, price_mode=course.price_mode
    )
    return found.filter(family=family) if family else found


def living(*, of: Course | None = None) -> QuerySet[ModelVersion]:
    """The versions that forecast, as champion or shadow, without their bytes."""
    found = ModelVersion.objects.defer("artifact").exclude(status=Standing.RETIRED)
    if of is None:
        return found
    return found.filter(horizon=of.horizon.name, price_mode=of.price_mode)


def course_of(version: ModelVersion) -> Course:
    return Course(TABLE[version.horizon], version.price_mode)


def champion(course: Course, *, family: str) -> Serving | None:
    """Who forecasts for a family today; None while there is nobody, or only broken bytes."""
    version = of(course, family=family).filter(status=Standing.CHAMPION).first()
    return served(version) if version else None


def served(version: ModelVersion) -> Serving | None:
    """A version with its model; None, and a log entry, when its bytes cannot be believed."""
    try:
        model = model_of(version)
    except (TamperedArtifact, artifacts.BrokenArtifact) as error:
        extra = {"version": str(version), "reason": f"{type(error).__name__}: {error}"}
        logger.error("model not served", extra=extra)  # noqa: TRY400 -- the reason says it all
        return None
    rows = Calibration.objects.filter(version=version).values_list("asset", "settled", "missed")
    return Serving(version, model, {asset: Record(n, missed) for asset, n, missed in rows})


def model_of(version: ModelVersion) -> Model:
    """The model, kept by its hash in this process.

    :raises TamperedArtifact: or predictions.training.artifacts.BrokenArtifact, ForbiddenType.
    """
    key = (version.sha256, version.horizon)
    if key not in _models:
        data = check(version)
        while len(_models) >= KEPT:
            _models.pop(next(iter(_models)), None)
        horizon = TABLE[version.horizon]
        _models[key] = artifacts.unpack(data, kind=version.format, horizon=horizon)
    return _models[key]


def check(version: ModelVersion) -> bytes:
    """The stored bytes. :raises TamperedArtifact: when their hash is not the version's."""
    data = bytes(ModelVersion.objects.values_list("artifact", flat=True).get(pk=version.pk))
    if artifacts.digest(data) != version.sha256 or len(data) != version.size:
        raise TamperedArtifact(str(version))
    return data

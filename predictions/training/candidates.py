"""Training one horizon: a HAR and a forest on everything the past has to teach. Pure."""

import hashlib
import platform
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from typing import Any, Final

import numpy as np

from league.horizons import Horizon
from predictions.training import artifacts, boosting, features, har
from predictions.training.artifacts import Artifact
from predictions.training.boosting import Forest
from predictions.training.features import Closes
from predictions.training.har import Har
from predictions.training.lessons import Lessons

HAR, FOREST = "har", "forest"
FAMILIES: Final = (HAR, FOREST)
SEED: Final = 7
LIBRARIES: Final = ("numpy", "scikit-learn", "skops")


class Unusable(Exception):
    """Never: what came out of the training is no model anybody should serve."""


@dataclass(frozen=True, slots=True)
class Candidate:
    """A trained model as bytes, and everything needed to train it again."""

    family: str
    artifact: Artifact
    rows: int
    window: tuple[int, int]
    data_sha256: str
    features: tuple[str, ...]
    params: Mapping[str, Any]
    metrics: Mapping[str, Any]
    libraries: Mapping[str, str]
    seed: int = SEED


def train(
    taught: Lessons, *, horizon: Horizon, digest: str, families: Sequence[str] = FAMILIES
) -> list[Candidate]:
    """A candidate of each family that has enough lessons. `digest` is of the bars they come from.

    :raises Unusable: when a fit gives widths that are not positive numbers.
    """
    fitted = [(family, fit(taught, family=family, horizon=horizon)) for family in families]
    return [
        _candidate(family, model, taught, horizon=horizon, digest=digest)
        for family, model in fitted
        if model is not None
    ]


def fit(taught: Lessons, *, family: str, horizon: Horizon) -> Har | Forest | None:
    """One model of one family; None when the lessons are too few for it."""
    if family == HAR:
        return har.fit(taught)
    return boosting.fit(taught, horizon=horizon, seed=SEED)


def data_digest(assets: Mapping[str, Closes]) -> str:
    """SHA-256 over every asset's times and closes, in the order of their names."""
    digest = hashlib.sha256()
    for symbol in sorted(assets):
        digest.update(symbol.encode())
        digest.update(np.ascontiguousarray(assets[symbol].opened_at, dtype="<i8").tobytes())
        digest.update(np.ascontiguousarray(assets[symbol].close, dtype="<f8").tobytes())
    return digest.hexdigest()


def _candidate(
    family: str, model: Har | Forest, taught: Lessons, *, horizon: Horizon, digest: str
) -> Candidate:
    packed = artifacts.pack(model, horizon=horizon)
    try:  # what will be served is what the bytes say
        served = artifacts.unpack(packed.data, kind=packed.format, horizon=horizon)
    except artifacts.BrokenArtifact as error:
        raise Unusable(f"{family}: {error}") from error
    seconds = artifacts.seconds_per_thousand(served, horizon=horizon)
    return Candidate(
        family=family,
        artifact=packed,
        rows=int(taught.outcomes.size),
        window=(int(taught.closed_at.min()), int(taught.closed_at.max()) + horizon.length_s),
        data_sha256=digest,
        features=features.names(horizon),
        params={"penalty": har.PENALTY} if family == HAR else boosting.PARAMETERS,
        metrics={"seconds_per_thousand": round(seconds, 4)},
        libraries={name: version(name) for name in LIBRARIES}
        | {"python": platform.python_version()},
    )

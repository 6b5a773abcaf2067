"""Models as bytes and back: JSON for HAR, skops with one allowed type for trees. Never pickle.

Whoever loads has compared the SHA-256 of the bytes with the version's; here nothing is executed
that is not listed, and nothing is believed that is not of the right shape.
"""

import hashlib
import json
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np

from league.horizons import Horizon
from predictions.training import boosting, features
from predictions.training.boosting import Forest
from predictions.training.features import Floats
from predictions.training.har import Har

HAR, FOREST = "har-1", "forest-1"
# The only type beyond plain data and scikit-learn's own estimators that may be built.
TREES: Final = "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor"
LARGEST: Final = 32 * 1024 * 1024
PROBE_ROWS: Final = 100
PROBE_SEED: Final = 20_261_126
PLACES: Final = 9


class BrokenArtifact(Exception):
    """Never: bytes that are no model of the format, or not of the horizon's features."""


class ForbiddenType(BrokenArtifact):
    """Never: the bytes ask for a type that is not allowed."""


class Model(Protocol):
    def half_widths(self, rows: Floats) -> Floats:
        """Half the distance from p10 to p90, in sigmas, of rows (n, len(features.names))."""


@dataclass(frozen=True, slots=True)
class Artifact:
    """`sha256` is of `data`; `probe` of the predictions on a fixed probe, rounded to 1e-9."""

    format: str
    data: bytes
    sha256: str
    probe: str


def pack(model: Har | Forest, *, horizon: Horizon) -> Artifact:
    """The model as bytes with their hashes."""
    kind, data = (HAR, _har(model)) if isinstance(model, Har) else (FOREST, _forest(model))
    return Artifact(kind, data, digest(data), probe(model, horizon=horizon))


def unpack(data: bytes, *, kind: str, horizon: Horizon) -> Har | Forest:
    """The model in bytes that `pack` made.

    :raises BrokenArtifact: or ForbiddenType.
    """
    readers: dict[str, Callable[[bytes, Horizon], Har | Forest]]
    readers = {HAR: _read_har, FOREST: _read_forest}
    if kind not in readers or len(data) > LARGEST:
        raise BrokenArtifact(f"unknown format {kind!r}, or {len(data)} bytes are too many")
    model = readers[kind](data, horizon)
    try:
        widths = model.half_widths(_probe_rows(horizon))
    except Exception as error:  # trees of another release may lack anything
        raise BrokenArtifact(f"it forecasts nothing: {type(error).__name__}") from error
    if not (np.isfinite(widths).all() and (widths > 0).all()):
        raise BrokenArtifact("its widths are not positive numbers")
    return model


def digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def probe(model: Model, *, horizon: Horizon) -> str:
    """SHA-256 of the widths on a hundred fixed invented rows: equal models have equal probes."""
    widths = np.round(model.half_widths(_probe_rows(horizon)), PLACES) + 0.0
    return digest(widths.astype("<f8").tobytes())


def seconds_per_thousand(model: Model, *, horizon: Horizon) -> float:
    """How long a thousand assets take at once."""
    rows = np.resize(_probe_rows(horizon), (1000, len(features.names(horizon))))
    began = time.perf_counter()
    model.half_widths(rows)
    return time.perf_counter() - began


def _probe_rows(horizon: Horizon) -> Floats:
    count = len(features.names(horizon))
    noise = np.random.default_rng(PROBE_SEED)
    rows = noise.normal(0.0, 0.5, (PROBE_ROWS, count))
    rows[:, 0] = 1.0
    rows[:, -31:-7] = np.eye(24)[noise.integers(0, 24, PROBE_ROWS)]
    rows[:, -7:] = np.eye(7)[noise.integers(0, 7, PROBE_ROWS)]
    return rows


def _har(model: Har) -> bytes:
    content = {"coefficients": model.coefficients, "spread": model.spread}
    return json.dumps(content, sort_keys=True, allow_nan=False).encode()


def _read_har(data: bytes, horizon: Horizon) -> Har:
    try:
        content = json.loads(data)
        numbers = [float(number) for number in content["coefficients"]]
        spread = float(content["spread"])
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise BrokenArtifact(f"not a HAR model: {type(error).__name__}") from error
    if len(numbers) != len(features.names(horizon)):
        raise BrokenArtifact(f"{len(numbers)} coefficients for {len(features.names(horizon))}")
    if not all(map(math.isfinite, [*numbers, spread])):
        raise BrokenArtifact("a coefficient is not finite")
    return Har(tuple(numbers), spread)


def _forest(model: Forest) -> bytes:
    from skops import io  # noqa: PLC0415 -- heavy: only who trains

    data: bytes = io.dumps(model.regressor)
    return data


def _read_forest(data: bytes, horizon: Horizon) -> Forest:
    regressor = _regressor(data)
    columns = boosting.seen_columns(features.names(horizon))
    if getattr(regressor, "n_features_in_", None) != len(columns) + 2:
        raise BrokenArtifact("not trees over the horizon's features")
    return Forest(regressor, columns)


def _regressor(data: bytes) -> Any:
    from sklearn.ensemble import HistGradientBoostingRegressor  # noqa: PLC0415 -- heavy
    from skops import io  # noqa: PLC0415 -- heavy: only who loads trees

    try:
        asked = set(io.get_untrusted_types(data=data)) - {TREES}
        regressor = None if asked else io.loads(data, trusted=[TREES])
    except Exception as error:  # whatever a reader of broken archives may raise
        raise BrokenArtifact(f"not a skops archive: {type(error).__name__}") from error
    if asked:
        raise ForbiddenType(", ".join(sorted(asked)))
    if type(regressor) is not HistGradientBoostingRegressor:
        raise BrokenArtifact(f"a {type(regressor).__name__} where trees were expected")
    return regressor

"""Forest: boosted trees for the logarithm of the 80 % quantile of the move, pooled over assets.

Quantiles commute with the logarithm, so the quantile of log |move / sigma| is the log of the
half-width the scoring rule rewards; fitting it directly beat fitting realised volatility
(docs/forecasters.md). scikit-learn is imported by whoever trains or loads one, not before.
"""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final

import numpy as np

from league.horizons import Horizon
from predictions.training import features
from predictions.training.features import Floats
from predictions.training.lessons import COVERED, Lessons

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

# Fewer lessons than this give a handful of leaves: HAR alone does better.
LEAST_ROWS: Final = 4_000
# One motionless hour is no reason to look for ever smaller moves.
SMALLEST: Final = 1e-3
PARAMETERS: Final[dict[str, Any]] = {
    "loss": "quantile",
    "quantile": COVERED,
    "max_iter": 200,
    "learning_rate": 0.06,
    "max_leaf_nodes": 15,
    "min_samples_leaf": 400,
    "early_stopping": False,
}


@dataclass(frozen=True, slots=True)
class Forest:
    """`columns`: which of a row's columns the trees see, hour and weekday as one number each."""

    regressor: Any
    columns: tuple[int, ...]

    def half_widths(self, rows: Floats) -> Floats:
        """Half the distance from p10 to p90, in sigmas, of rows (n, len(features.names))."""
        with _one_thread():
            widths: Floats = np.exp(self.regressor.predict(_seen(rows, columns=self.columns)))
        return widths


def fit(lessons: Lessons, *, horizon: Horizon, seed: int) -> Forest | None:
    """One model for all the assets; None with too few lessons. The same seed, the same trees."""
    if lessons.outcomes.size < LEAST_ROWS:
        return None
    from sklearn.ensemble import (  # noqa: PLC0415 -- heavy: only who trains
        HistGradientBoostingRegressor,
    )

    columns = seen_columns(features.names(horizon))
    sizes = np.log(np.maximum(np.abs(lessons.outcomes), SMALLEST))
    regressor = HistGradientBoostingRegressor(**PARAMETERS, random_state=seed)
    with _one_thread():
        regressor.fit(_seen(lessons.rows, columns=columns), sizes)
    return Forest(regressor, columns)


def _one_thread() -> AbstractContextManager[object]:
    """Threads that wait for each other spin: on cores with other work to do, two of them need many
    times the CPU of one, and longer.
    """
    limited: AbstractContextManager[object] = _threads().limit(limits=1, user_api="openmp")
    return limited


@lru_cache(maxsize=1)
def _threads() -> "ThreadpoolController":
    """Finds the libraries that are loaded by now, scikit-learn's among them."""
    from threadpoolctl import ThreadpoolController  # noqa: PLC0415 -- with scikit-learn

    return ThreadpoolController()


def seen_columns(names: Sequence[str]) -> tuple[int, ...]:
    """A tree finds sizes and calendar steps by itself: neither |trend| nor dummies are needed."""
    wanted = ("log_", "trend_")
    return tuple(place for place, name in enumerate(names) if name.startswith(wanted))


def _seen(rows: Floats, *, columns: tuple[int, ...]) -> Floats:
    hours, weekdays = rows[:, -31:-7].argmax(axis=1), rows[:, -7:].argmax(axis=1)
    return np.column_stack([rows[:, columns], hours, weekdays])

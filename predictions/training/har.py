"""HAR: ridge on log realised volatility, pooled over assets, with an empirical residual width.

The normal equations have under sixty unknowns, so numpy solves them in milliseconds; the Ridge
of scikit-learn would give the same numbers after a nine-second import. Pure numpy.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np

from predictions.training.features import Floats
from predictions.training.lessons import COVERED, QUIETEST, Lessons

PENALTY: Final = 10.0
FARTHEST: Final = 50.0  # in logarithms: no width is that far off, and none overflows


@dataclass(frozen=True, slots=True)
class Har:
    """Coefficients as in features.names; `spread` is the 80 % quantile of what they leave over."""

    coefficients: tuple[float, ...]
    spread: float

    def half_widths(self, rows: Floats) -> Floats:
        """Half the distance from p10 to p90, in sigmas, of rows (n, len(features.names))."""
        logs = np.clip(rows @ np.asarray(self.coefficients), -FARTHEST, FARTHEST)
        widths: Floats = np.exp(logs) * self.spread
        return widths


def fit(lessons: Lessons) -> Har:
    """One model for all the assets."""
    targets = np.log(np.maximum(lessons.realised, QUIETEST))
    coefficients = _ridge(lessons.rows, targets)
    left_over = np.abs(lessons.outcomes) / np.exp(lessons.rows @ coefficients)
    return Har(tuple(coefficients.tolist()), float(np.quantile(left_over, COVERED)))


def _ridge(rows: Floats, targets: Floats) -> Floats:
    """The level, column 0, is not penalised."""
    penalty = PENALTY * np.eye(rows.shape[1])
    penalty[0, 0] = 0.0
    solution = np.linalg.solve(rows.T @ rows + penalty, rows.T @ targets)
    return np.asarray(solution, dtype=np.float64)

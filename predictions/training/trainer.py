"""The model that serves a horizon today: trained once per UTC day, on bars closed before it.

A later version takes promoted models from their registry here; nothing else needs to know.
"""

import logging
from dataclasses import dataclass
from datetime import datetime

from league.horizons import Horizon
from markets import bars
from predictions.training import har
from predictions.training.har import Model

logger = logging.getLogger(__name__)
HISTORY_BARS = 12_000
KEPT = 32
_models: "dict[Course, Model]" = {}


@dataclass(frozen=True, slots=True)
class Course:
    """What to learn from: the bars of these assets closed at or before `until`."""

    horizon: Horizon
    price_mode: str
    symbols: tuple[str, ...]
    until: datetime


def champion(course: Course) -> Model | None:
    """The model of a course, trained at its first use; None while history is too short.

    That answer is not kept: history may still be on its way.
    """
    if course not in _models:
        model = _train(course)
        if model is None:
            return None
        while len(_models) >= KEPT:
            _models.pop(next(iter(_models)), None)
        _models[course] = model
    return _models[course]


def forget() -> None:
    """Drop every model, as when the process turns to another database."""
    _models.clear()


def _train(course: Course) -> Model | None:
    closes = [
        bars.closes(
            symbol=symbol,
            price_mode=course.price_mode,
            interval=course.horizon.bar_s,
            until=course.until,
            count=HISTORY_BARS,
        )
        for symbol in course.symbols
    ]
    model = har.fit(closes, horizon=course.horizon)
    extra = {"horizon": course.horizon.name, "rows": model.rows if model else 0}
    logger.info("volatility model trained", extra=extra)
    return model

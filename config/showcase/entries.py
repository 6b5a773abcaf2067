"""A locked round's entries as prices, each drawn as a band on the common scale."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import F

from config.showcase import drawing
from config.showcase.drawing import Scale
from config.showcase.fans import Quantiles
from league.frames import Frame
from league.models import Round
from league.visibility import Viewer
from predictions import queries
from predictions.models import Prediction
from predictions.scoring import derivation

MOST = 100
WIDTH = 240.0


@dataclass(frozen=True, slots=True)
class Band:
    """x values of a drawing WIDTH wide."""

    low_x: float
    middle_x: float
    high_x: float


@dataclass(frozen=True, slots=True)
class Row:
    """`prices` are p10, p50, p90 as they count; None until the reference price is fixed."""

    prediction: Prediction
    points_milli: int | None
    quantiles: Quantiles | None
    prices: tuple[Decimal, ...] | None
    band: Band | None


@dataclass(frozen=True, slots=True)
class Entries:
    rows: list[Row]
    outcome_x: float | None
    is_cut: bool


def of(round_: Round, *, frame: Frame | None, viewer: Viewer, now: datetime) -> Entries:
    """Best first once scored, else in the order they were committed.

    :raises predictions.queries.EntriesSealed: before the lock.
    """
    best_first = F("points_milli").desc(nulls_last=True)
    found = queries.of_round(round_.pk, viewer=viewer, now=now).order_by(best_first, "pk")
    predictions = list(found[: MOST + 1])
    shown = predictions[:MOST]
    quantiles = [derivation.resolved(one, round_=round_) for one in shown] if frame else []
    scale = _scale(quantiles, round_.outcome_bp)
    rows = [
        _row(one, levels=quantiles[place] if frame else None, frame=frame, scale=scale)
        for place, one in enumerate(shown)
    ]
    outcome_x = None if round_.outcome_bp is None else scale.at(round_.outcome_bp)
    return Entries(rows, outcome_x, len(predictions) > MOST)


def _scale(quantiles: Sequence[Quantiles], outcome_bp: float | None) -> Scale:
    levels = [level for each in quantiles for level in each]
    return drawing.spanning([*levels, 0.0, outcome_bp or 0.0], width=WIDTH)


def _row(
    prediction: Prediction, *, levels: Quantiles | None, frame: Frame | None, scale: Scale
) -> Row:
    points: int | None = getattr(prediction, "points_milli", None)
    if levels is None or frame is None:
        return Row(prediction, points, None, None, None)
    prices = tuple(frame.price_at(level) for level in levels)
    low, middle, high = (scale.at(level) for level in levels)
    return Row(prediction, points, levels, prices, Band(low, middle, high))

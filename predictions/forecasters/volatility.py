"""How far prices will move, as the models see it: shared by every forecaster without a view on
direction, and by the versions that only watch.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from predictions.forecasters import base
from predictions.forecasters.base import Inputs
from predictions.training import calibration, features
from predictions.training.calibration import Record
from predictions.versions import Course, Serving

# A pooled model meeting an asset unlike any it has seen: never further than this from the house.
NARROWEST: Final = 0.25
WIDEST: Final = 4.0
Serve = Callable[[Course], Serving | None]


@dataclass(frozen=True, slots=True)
class Width:
    """Half the 80 % interval in basis points, whose it is, and what led to it.

    `ratio` is to the house's; `roughness` are realised over usual volatility by window in bars.
    """

    half_bp: float
    ratio: float
    label: str
    rows: int
    record: Record
    factor: float
    roughness: dict[int, float]


def widths(batch: Sequence[Inputs], serve: Serve) -> list[Width | None]:
    """One width an input, in order; None without a model or without 721 closes."""
    found: list[Width | None] = [None] * len(batch)
    places: dict[Course, list[int]] = {}
    for place, inputs in enumerate(batch):
        places.setdefault(Course(inputs.horizon, inputs.price_mode), []).append(place)
    for course, chosen in places.items():
        serving = serve(course)
        if serving is not None:
            part = _widths([batch[place] for place in chosen], serving, course=course)
            for place, width in zip(chosen, part, strict=True):
                found[place] = width
    return found


def _widths(batch: Sequence[Inputs], serving: Serving, *, course: Course) -> list[Width | None]:
    rows, known = features.newest(
        [inputs.bars for inputs in batch],
        horizon=course.horizon,
        sigmas_bp=[inputs.sigma_bp for inputs in batch],
    )
    sigmas = np.full(len(batch), np.nan)
    if known.any():
        sigmas[known] = serving.model.half_widths(rows[known])
    return [
        _width(inputs, row, half_sigmas=half, serving=serving) if np.isfinite(half) else None
        for inputs, row, half in zip(batch, rows, sigmas.tolist(), strict=True)
    ]


def _width(inputs: Inputs, row: features.Floats, *, half_sigmas: float, serving: Serving) -> Width:
    record = serving.records.get(inputs.symbol, Record())
    factor = calibration.factor(record, horizon=inputs.horizon.name)
    house = base.house_half_width_bp(inputs)
    wanted = half_sigmas * factor * inputs.sigma_bp
    half = held(wanted, house=house)
    windows = features.RECIPES[inputs.horizon.name].windows
    return Width(
        half_bp=half,
        ratio=half / house,
        label=serving.label,
        rows=serving.version.rows,
        record=record,
        factor=factor,
        roughness={bars: float(np.exp(row[1 + place])) for place, bars in enumerate(windows)},
    )


def held(half: float, *, house: float) -> float:
    """A half width, near enough to the house's."""
    return min(max(half, NARROWEST * house), WIDEST * house)


def told(inputs: Inputs, width: Width, *, who: str) -> str:
    """What the model saw, how wide it answers, and why."""
    hours = inputs.horizon.bar_s / 3600
    seen = ", ".join(
        f"{width.roughness[bars]:.2f} over {_span(bars * hours)}" for bars in (1, 24, 168, 720)
    )
    change = f"{100 * abs(width.ratio - 1):.0f} % {'wider' if width.ratio >= 1 else 'narrower'}"
    return (
        f"No view on direction. {inputs.symbol}'s moves against their usual size: {seen}. {who} "
        f"({width.label}, {width.rows:,} past cases) sets the 80 % interval at "
        f"{width.half_bp:.0f} bp either side, {change} than the house's.{_recalibrated(width)}"
    )


def _span(hours: float) -> str:
    return f"{hours:g} h" if hours >= 1 else f"{60 * hours:.0f} min"


def _recalibrated(width: Width) -> str:
    if not width.record.settled:
        return ""
    missed = width.record.missed / width.record.settled
    return (
        f" Of {width.record.settled} settled rounds {missed:.0%} fell outside, so widths are "
        f"multiplied by {width.factor:.3f}."
    )

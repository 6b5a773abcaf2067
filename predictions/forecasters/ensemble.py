"""Ensemble: the mean of the quantiles of the regression and the trees; the AI side's champion."""

from collections.abc import Sequence
from dataclasses import replace

from predictions.forecasters import volatility
from predictions.forecasters.base import Forecast, Inputs
from predictions.forecasters.forest import trees
from predictions.forecasters.vol_scholar import answer, regression
from predictions.forecasters.volatility import Serve, Width


class Ensemble:
    """Of one that is missing, the other alone."""

    handle = "ensemble"

    def __init__(self, serves: Sequence[Serve] = (regression, trees)) -> None:
        self._serves = tuple(serves)

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        members = [volatility.widths(batch, serve) for serve in self._serves]
        return [
            _answer(inputs, [width for width in said if width is not None])
            for inputs, said in zip(batch, zip(*members, strict=True), strict=True)
        ]


def mean(widths: Sequence[Width]) -> Width | None:
    """The width halfway between; None of none."""
    if not widths:
        return None
    count = len(widths)
    return replace(
        widths[0],
        half_bp=sum(width.half_bp for width in widths) / count,
        ratio=sum(width.ratio for width in widths) / count,
        label=" and ".join(width.label for width in widths),
    )


def _answer(inputs: Inputs, widths: Sequence[Width]) -> Forecast:
    said = " and ".join(f"{width.half_bp:.0f} bp" for width in widths)
    who = f"The mean of {said}" if len(widths) > 1 else "The only model there is"
    return answer(inputs, mean(widths), who=who)

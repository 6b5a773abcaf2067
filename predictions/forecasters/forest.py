"""Forest: the same question as Vol Scholar's, answered by boosted trees."""

from collections.abc import Sequence
from functools import partial

from predictions import versions
from predictions.forecasters import volatility
from predictions.forecasters.base import Forecast, Inputs
from predictions.forecasters.vol_scholar import answer, regression
from predictions.forecasters.volatility import Serve, Width
from predictions.models.model_version import Family

trees: Serve = partial(versions.champion, family=Family.FOREST)


class Forest:
    """Without trees of its own it says what the regression says, and that it does."""

    handle = "forest"

    def __init__(self, serve: Serve = trees, fallback: Serve = regression) -> None:
        self._serve, self._fallback = serve, fallback

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        own = volatility.widths(batch, self._serve)
        spare = volatility.widths(batch, self._fallback) if None in own else own
        return [
            _answer(inputs, mine, instead=other)
            for inputs, mine, other in zip(batch, own, spare, strict=True)
        ]


def _answer(inputs: Inputs, mine: Width | None, *, instead: Width | None) -> Forecast:
    if mine is not None:
        return answer(inputs, mine, who="A forest of boosted trees")
    return answer(inputs, instead, who="In place of trees that are not there, a regression")

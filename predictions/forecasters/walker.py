"""House Walker: the baseline itself. No drift, EWMA volatility, so it always scores zero."""

from collections.abc import Sequence

from predictions.forecasters import base
from predictions.forecasters.base import Forecast, Inputs


class HouseWalker:
    handle = "house-walker"

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        """A point at no return has exactly the house's shape."""
        return [Forecast(base.house(), _reasoning(inputs)) for inputs in batch]


def _reasoning(inputs: Inputs) -> str:
    return (
        f"No drift; {inputs.symbol} moves {inputs.sigma_bp:.0f} bp (one sigma) over "
        f"{inputs.horizon.name}, so 80 % of outcomes should lie within "
        f"{base.house_half_width_bp(inputs):.0f} bp of the reference price."
    )

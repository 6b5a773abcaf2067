"""Vol Scholar: no view on direction, a learned view on how far the price will move."""

from collections.abc import Callable, Sequence

from predictions.forecasters import base
from predictions.forecasters.base import Forecast, Inputs
from predictions.training import features, trainer
from predictions.training.har import Model
from predictions.training.trainer import Course

# A pooled model meeting an asset unlike any it has seen: never further than this from the house.
NARROWEST, WIDEST = 0.25, 4.0


class VolScholar:
    handle = "vol-scholar"

    def __init__(self, champion: Callable[[Course], Model | None] = trainer.champion) -> None:
        self._champion = champion

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        courses = [_course(inputs) for inputs in batch]
        models = {course: self._champion(course) for course in dict.fromkeys(courses)}
        return [
            _forecast(inputs, models[course])
            for inputs, course in zip(batch, courses, strict=True)
        ]


def _course(inputs: Inputs) -> Course:
    """Models are trained on whole UTC days, so that every process has the same one all day."""
    midnight = inputs.as_of.replace(hour=0, minute=0, second=0, microsecond=0)
    return Course(inputs.horizon, inputs.price_mode, inputs.peers, midnight)


def _forecast(inputs: Inputs, model: Model | None) -> Forecast:
    row = features.latest(inputs.bars, horizon=inputs.horizon, sigma_bp=inputs.sigma_bp)
    if model is None or row is None:
        reasoning = "Too little history to learn volatility from: the house's forecast stands in."
        return Forecast(base.house(), reasoning, is_cold_start=True)
    house = base.house_half_width_bp(inputs)
    learned = model.half_width(row) * inputs.sigma_bp
    half_width = min(max(learned, NARROWEST * house), WIDEST * house)
    entry = base.interval(0.0, half_width_bp=half_width, sigma_bp=inputs.sigma_bp)
    return Forecast(entry, _reasoning(inputs, model, half_width / house))


def _reasoning(inputs: Inputs, model: Model, ratio: float) -> str:
    return (
        f"No view on direction. From {inputs.symbol}'s volatility over 1, 24, 168 and 720 bars, "
        f"the hour and the weekday, learned on {model.rows} past cases, the 80 % interval is "
        f"{100 * abs(ratio - 1):.0f} % {'wider' if ratio >= 1 else 'narrower'} than the house's."
    )

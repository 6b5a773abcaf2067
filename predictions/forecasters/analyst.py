"""Gemini Analyst: a statistical forecast that leans as a language model's mood suggests."""

from collections.abc import Callable, Sequence

from predictions.commentary import base as commentary
from predictions.commentary import registry
from predictions.commentary.base import Commentator
from predictions.forecasters import base
from predictions.forecasters.base import Forecast, Forecaster, Inputs

# Hard cap: the model at its most certain moves the forecast by a twentieth of sigma.
LEAN_SIGMAS = 0.05


class GeminiAnalyst:
    handle = "gemini-analyst"

    def __init__(
        self,
        model: Forecaster,
        commentator: Callable[[str], Commentator] = registry.commentator,
    ) -> None:
        self._model = model
        self._commentator = commentator

    def forecast(self, batch: Sequence[Inputs]) -> list[Forecast]:
        """Shifts the model's quantiles; their width is untouched."""
        plain = self._model.forecast(batch)
        return [
            self._lean(inputs, forecast) for inputs, forecast in zip(batch, plain, strict=True)
        ]

    def _lean(self, inputs: Inputs, plain: Forecast) -> Forecast:
        facts = commentary.observe(
            inputs.hourly, symbol=inputs.symbol, horizon=inputs.horizon.name
        )
        comment = self._commentator(inputs.price_mode).comment(facts)
        sentiment = min(max(comment.sentiment, -1.0), 1.0)
        lean = sentiment * LEAN_SIGMAS * inputs.sigma_bp
        effect = f" Sentiment {sentiment:+.2f} moves the forecast {lean:+.1f} bp."
        return Forecast(
            base.shifted(plain.entry, by_bp=lean, sigma_bp=inputs.sigma_bp),
            comment.reasoning + ("" if comment.is_simulated else effect),
            is_cold_start=plain.is_cold_start,
            is_simulated=comment.is_simulated,
            usage=comment.usage,
        )

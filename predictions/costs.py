"""Recording what a built-in player's word took to make, in the word's own transaction."""

from predictions.models import Cost, Prediction
from predictions.usage import Usage

COLUMNS = ("seconds", "tokens_in", "tokens_out", "micro_usd", "is_cached")


def record(prediction: Prediction, usage: Usage) -> None:
    """In place of what an earlier word took; one statement."""
    columns = {name: getattr(usage, name) for name in COLUMNS}
    Cost.objects.bulk_create(
        [Cost(prediction=prediction, **columns)],
        update_conflicts=True,
        unique_fields=["prediction"],
        update_fields=list(COLUMNS),
    )

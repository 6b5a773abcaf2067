from predictions.models.aggregate import Aggregate
from predictions.models.commitment import Commitment
from predictions.models.prediction import Prediction, Revision
from predictions.models.score import Score, Tally
from predictions.models.settlement import Settlement
from predictions.models.tree import Tree

__all__ = [
    "Aggregate", "Commitment", "Prediction", "Revision", "Score", "Settlement", "Tally", "Tree",
]  # fmt: skip

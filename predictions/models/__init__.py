from predictions.models.commitment import Commitment
from predictions.models.cost import Cost
from predictions.models.prediction import Prediction, Revision
from predictions.models.score import Score, Tally
from predictions.models.settlement import Settlement
from predictions.models.spending import Spending
from predictions.models.tree import Tree

__all__ = [
    "Commitment", "Cost", "Prediction", "Revision", "Score", "Settlement", "Spending", "Tally",
    "Tree",
]  # fmt: skip

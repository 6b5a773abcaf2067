from predictions.models.aggregate import Aggregate
from predictions.models.commitment import Commitment
from predictions.models.cost import Cost
from predictions.models.model_version import ModelVersion
from predictions.models.prediction import Prediction, Revision
from predictions.models.score import Score, Tally
from predictions.models.settlement import Settlement
from predictions.models.spending import Spending
from predictions.models.timemachine import TimeRound, TimeRun, TimeWord
from predictions.models.tree import Tree
from predictions.models.trial import Apprenticeship, Calibration, Trial

__all__ = [
    "Aggregate",
    "Apprenticeship",
    "Calibration",
    "Commitment",
    "Cost",
    "ModelVersion",
    "Prediction",
    "Revision",
    "Score",
    "Settlement",
    "Spending",
    "Tally",
    "TimeRound",
    "TimeRun",
    "TimeWord",
    "Tree",
    "Trial",
]

from predictions.models.commitment import Commitment
from predictions.models.prediction import Prediction, Revision
from predictions.models.score import Score, Tally

__all__ = ["Commitment", "Prediction", "Revision", "Score", "Tally"]

"""Score a pipeline on unseen speakers, and train it on a whole feature table."""

from featser.evaluation import Result
from featser.training.fitting import Fitted, cross_validate, fit

__all__ = ["Fitted", "Result", "cross_validate", "fit"]

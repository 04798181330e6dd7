"""Score a pipeline on unseen speakers, and train it on a whole feature table."""

from featser.evaluation import Result
from featser.training.adapting import Adapted, adapt
from featser.training.fitting import Fitted, cross_validate, fit
from featser.training.label_maps import LABEL_MAPS, find_label_map, relabelled

__all__ = [
    "LABEL_MAPS",
    "Adapted",
    "Fitted",
    "Result",
    "adapt",
    "cross_validate",
    "find_label_map",
    "fit",
    "relabelled",
]

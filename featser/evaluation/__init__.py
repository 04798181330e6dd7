"""Table in, predictions out; the only place that knows folds."""

from featser.evaluation.cross_validation import (
    NORMALISATIONS,
    CrossValidation,
    Trainer,
    cross_validate,
    fixed,
    prepare,
)
from featser.evaluation.metrics import unweighted_average_recall
from featser.evaluation.protocols import LEAKY, PROTOCOLS, Fold, make_folds, resolve_protocol, short_speaker
from featser.evaluation.runs import Run, read_predictions, read_runs, score, scores_table, write_run

__all__ = [
    "LEAKY",
    "NORMALISATIONS",
    "PROTOCOLS",
    "CrossValidation",
    "Fold",
    "Run",
    "Trainer",
    "cross_validate",
    "fixed",
    "make_folds",
    "prepare",
    "read_predictions",
    "read_runs",
    "resolve_protocol",
    "score",
    "scores_table",
    "short_speaker",
    "unweighted_average_recall",
    "write_run",
]

"""Evaluation: protocols that split a table into folds, leak checks, cross-validation, metrics and recorded runs."""

from featser.evaluation.compare import alike_letters, pair_p_values
from featser.evaluation.conformal import conformal_set, conformal_sets
from featser.evaluation.cross_validation import (
    CrossValidation,
    Progress,
    Trainer,
    fixed,
    predict_folds,
)
from featser.evaluation.folds import Fold, short_speaker
from featser.evaluation.leaks import LEAK_RULES, guard
from featser.evaluation.metrics import unweighted_average_recall
from featser.evaluation.normalisation import NORMALISATIONS, prepare
from featser.evaluation.protocols import (
    LEAKY,
    PROTOCOLS,
    make_folds,
    resolve_protocol,
    usable_rows,
)
from featser.evaluation.results import Result
from featser.evaluation.runs import Run, read_predictions, read_runs, run_name, score, scores_table, write_run
from featser.evaluation.splitter import ProtocolSplitter

__all__ = [
    "LEAKY",
    "LEAK_RULES",
    "NORMALISATIONS",
    "PROTOCOLS",
    "CrossValidation",
    "Fold",
    "Progress",
    "ProtocolSplitter",
    "Result",
    "Run",
    "Trainer",
    "alike_letters",
    "conformal_set",
    "conformal_sets",
    "fixed",
    "guard",
    "make_folds",
    "pair_p_values",
    "predict_folds",
    "prepare",
    "read_predictions",
    "read_runs",
    "resolve_protocol",
    "run_name",
    "score",
    "scores_table",
    "short_speaker",
    "unweighted_average_recall",
    "usable_rows",
    "write_run",
]

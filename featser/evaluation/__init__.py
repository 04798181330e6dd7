"""Evaluation: protocols that split a table into folds, leak checks, cross-validation, metrics and recorded runs."""

from featser.evaluation.compare import Difference, compare_with
from featser.evaluation.conformal import conformal_set, conformal_sets
from featser.evaluation.cross_validation import (
    CrossValidation,
    Progress,
    Trainer,
    fixed,
    predict_folds,
)
from featser.evaluation.environment import outdated
from featser.evaluation.folds import Fold, short_speaker
from featser.evaluation.leaks import LEAK_RULES, guard
from featser.evaluation.metrics import unweighted_average_recall
from featser.evaluation.normalisation import NORMALISATIONS, enrolment_rounds, prepare, voice_ids
from featser.evaluation.protocols import (
    CORPORA_APART,
    LEAKY,
    PROTOCOLS,
    make_folds,
    resolve_protocol,
    usable_rows,
)
from featser.evaluation.records import read_predictions, read_runs, scores_table, write_run
from featser.evaluation.results import Result
from featser.evaluation.runs import Run
from featser.evaluation.scoring import corpus_words, rescored, run_name, score
from featser.evaluation.splitter import ProtocolSplitter

__all__ = [
    "CORPORA_APART",
    "LEAKY",
    "LEAK_RULES",
    "NORMALISATIONS",
    "PROTOCOLS",
    "CrossValidation",
    "Difference",
    "Fold",
    "Progress",
    "ProtocolSplitter",
    "Result",
    "Run",
    "Trainer",
    "compare_with",
    "conformal_set",
    "conformal_sets",
    "corpus_words",
    "enrolment_rounds",
    "fixed",
    "guard",
    "make_folds",
    "outdated",
    "predict_folds",
    "prepare",
    "read_predictions",
    "read_runs",
    "rescored",
    "resolve_protocol",
    "run_name",
    "score",
    "scores_table",
    "short_speaker",
    "unweighted_average_recall",
    "usable_rows",
    "voice_ids",
    "write_run",
]

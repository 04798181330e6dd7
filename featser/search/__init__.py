"""Search for parameters and features of a pipeline on inner folds by speaker."""

from featser.search.choices import pipeline_of_trial, resolve_space
from featser.search.objective import Search, SearchProgress, check_inner_folds, inner_folds
from featser.search.optimise import TuningResult, find_best, record_of, tune
from featser.search.storage import default_journal, open_storage
from featser.search.tuned import selection_optimism, tuned

__all__ = [
    "Search",
    "SearchProgress",
    "TuningResult",
    "check_inner_folds",
    "default_journal",
    "find_best",
    "inner_folds",
    "open_storage",
    "pipeline_of_trial",
    "record_of",
    "resolve_space",
    "selection_optimism",
    "tune",
    "tuned",
]

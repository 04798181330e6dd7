"""Searching for parameters and features on inner folds by speaker; `tuned` is a trainer like any other."""

from featser.search.choices import pipeline_of_trial, resolve_space
from featser.search.optimise import Found, find_best
from featser.search.storage import open_storage
from featser.search.task import Progressed, Search, check_inner_folds, inner_folds
from featser.search.tuned import selection_optimism, tuned

__all__ = [
    "Found",
    "Progressed",
    "Search",
    "check_inner_folds",
    "find_best",
    "inner_folds",
    "open_storage",
    "pipeline_of_trial",
    "resolve_space",
    "selection_optimism",
    "tuned",
]

"""Search for the best pipeline on a table."""

import math
import time
from dataclasses import dataclass

import pandas as pd

from featser.evaluation.cross_validation import Features
from featser.features import FeatureSet
from featser.models.shared import sharing
from featser.pipeline import (
    Specification,
)
from featser.search.objective import Objective, Search, SearchProgress, inner_folds, pooled_uar
from featser.search.trials import Trials, open_trials


@dataclass(frozen=True)
class TuningResult:
    """Result of a search.

    Attributes
    ----------
    specification : Specification
        the best pipeline
    uar : float
        its pooled UAR on the inner folds; optimistic, because it chose the pipeline
    protocol : str
        protocol of the inner folds
    n_trials, n_pruned : int
        finished trials, and those of them that ended after the first fold
    """

    specification: Specification
    uar: float
    protocol: str
    n_trials: int
    n_pruned: int


def find_best(
    specification: Specification, feature_set: FeatureSet, search: Search, features: Features, manifest: pd.DataFrame
) -> TuningResult:
    """Search for the best parameters and features of a pipeline on inner folds of the given speakers.

    Parameters
    ----------
    specification : Specification
        pipeline with which the search starts
    feature_set : FeatureSet
        of the table
    search : Search
    features : Features [shape=(n_utterances, n_features)]
        columns from `select_features`
    manifest : DataFrame
        same rows

    Returns
    -------
    TuningResult

    Raises
    ------
    InputError
        unknown speakers, or fewer than two
    """
    protocol, folds = inner_folds(manifest, search)
    objective = Objective(specification, feature_set, search, features, manifest, folds)
    trials = open_trials(objective)
    deadline = math.inf if search.seconds is None else time.monotonic() + search.seconds
    with sharing():
        while trials.n_finished < search.n_trials and not (trials.n_finished and time.monotonic() >= deadline):
            trials.run_one()
            _report(trials, search)
        winner = trials.best[0]
        uar = pooled_uar(objective.predictions(winner, folds, search.jobs))
    return TuningResult(winner, uar, protocol, trials.n_finished, trials.n_pruned)


def _report(trials: Trials, search: Search) -> None:
    if search.watch:
        best = trials.best[1]
        search.watch(SearchProgress(trials.name, search.n_searches, trials.n_finished, search.n_trials, best))

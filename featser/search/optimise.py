"""One search: the best of many pipelines on inner folds by speaker."""

import math
import time
from dataclasses import dataclass

import pandas as pd

from featser.evaluation.cross_validation import Features
from featser.features import FeatureSet
from featser.models.shared import sharing
from featser.pipeline import Specification
from featser.search.task import Progressed, Search, Task, inner_folds, pooled_uar
from featser.search.trials import Trials, open_trials


@dataclass(frozen=True)
class Found:
    """What a search found.

    Attributes
    ----------
    specification : Specification
        the best pipeline
    inner_uar : float
        its pooled UAR on the inner folds: the best of many, therefore optimistic
    protocol : str
        of the inner folds
    n_trials, n_pruned : int
        finished trials, and those of them that ended after the first fold
    speakers : tuple of str
        speakers that the search was given, where `tuned` recorded them
    """

    specification: Specification
    inner_uar: float
    protocol: str
    n_trials: int
    n_pruned: int
    speakers: tuple[str, ...] = ()


def find_best(
    specification: Specification, feature_set: FeatureSet, search: Search, features: Features, manifest: pd.DataFrame
) -> Found:
    """Search parameters and features of a pipeline on inner folds of whatever speakers it is handed.

    Parameters
    ----------
    features : Features [shape=(n_utterances, n_features)]
        columns as `select_features` names them for the pipeline

    Raises
    ------
    InputError
        fewer than two speakers, or unknown ones
    """
    protocol, folds = inner_folds(manifest, search)
    task = Task(specification, feature_set, search, features, manifest, folds)
    trials = open_trials(task)
    deadline = math.inf if search.seconds is None else time.monotonic() + search.seconds
    with sharing():
        while trials.n_finished < search.n_trials and not (trials.n_finished and time.monotonic() >= deadline):
            trials.run_one()
            _tell(trials, search)
        winner = trials.best[0]
        inner_uar = pooled_uar(task.predictions(winner, folds, search.jobs))
    return Found(winner, inner_uar, protocol, trials.n_finished, trials.n_pruned)


def _tell(trials: Trials, search: Search) -> None:
    if search.watch:
        best = trials.best[1]
        search.watch(Progressed(trials.name, search.n_searches, trials.n_finished, search.n_trials, best))

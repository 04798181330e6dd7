"""What is searched, on what, and how a pipeline is scored there: on inner folds by speaker."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from featser.errors import InputError
from featser.evaluation import Fold, Trainer, make_folds, predict_folds, unweighted_average_recall
from featser.evaluation.cross_validation import Features, fit_classifier
from featser.features import FeatureSet
from featser.models import Calibrated, default_parameters
from featser.models.spaces import draft
from featser.pipeline import Specification, select_features

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


@dataclass(frozen=True)
class Progressed:
    """How far one search is.

    Attributes
    ----------
    study : str
        which of several searches
    n_searches : int
        how many there are in all
    """

    study: str
    n_searches: int
    n_done: int
    n_trials: int
    best: float


@dataclass(frozen=True)
class Search:
    """How to search.

    Attributes
    ----------
    n_trials : int
        finished trials in all, those of an earlier, interrupted search among them
    n_folds : int
        inner folds by speaker; fewer where there are fewer speakers
    seconds : float, optional
        time budget, after one trial at least; a search that it ends depends on the machine
    storage : optuna storage, optional
        as `open_storage` returns it; without it trials are forgotten
    watch : callable, optional
        called with a `Progressed` after each trial, from the thread that searches
    n_searches : int
        how many searches there are beside this one, and it, for ``watch``
    jobs : int, optional
        inner folds at a time, all cores by default; results do not depend on it
    """

    n_trials: int
    seed: int = 0
    n_folds: int = 3
    seconds: float | None = None
    storage: "BaseStorage | None" = None
    watch: Callable[[Progressed], None] | None = None
    n_searches: int = 1
    jobs: int | None = None


@dataclass(frozen=True, eq=False)
class Task:
    """What is searched, on what."""

    specification: Specification
    feature_set: FeatureSet
    search: Search
    features: Features
    manifest: pd.DataFrame
    folds: tuple[Fold, ...]

    def predictions(self, specification: Specification, folds: Sequence[Fold], jobs: int | None) -> pd.DataFrame:
        """Out-of-fold predictions of one pipeline on some of the inner folds."""
        features = self.features[:, columns_of(specification, self.specification, self.feature_set)]
        train = _labels_only(specification, self.search.seed)
        return predict_folds(train, features, self.manifest, folds, jobs=jobs).predictions

    def drafted(self, specification: Specification) -> Specification:
        """Return the pipeline in the cheaper form in which trials are run."""
        known = default_parameters(specification.model)
        return replace(specification, parameters=draft(specification.model, specification.parameters, known))


def inner_folds(manifest: pd.DataFrame, search: Search, outer: str = "") -> tuple[str, tuple[Fold, ...]]:
    """Split the speakers that a search is handed; return the protocol and its folds.

    Parameters
    ----------
    outer : str, optional
        name of the fold whose training speakers they are, for the message

    Raises
    ------
    InputError
        fewer than two speakers, unknown ones, or an emotion that some inner fold cannot train on
    """
    protocol = _inner_protocol(manifest, search.n_folds)
    try:
        return protocol, tuple(make_folds(protocol, manifest, search.seed))
    except InputError as error:
        raise InputError(_about_inner_folds(str(error), outer)) from error


def check_inner_folds(manifest: pd.DataFrame, folds: Sequence[Fold], search: Search) -> None:
    """Split what nested searches will split, before any of them begins: the training part of each fold, then all.

    Searches run beside each other; which of them would fail first is chance, and may take hours to come out.

    Raises
    ------
    InputError
        as `inner_folds`, for the first fold in order
    """
    for fold in folds:
        inner_folds(manifest.iloc[fold.train], search, fold.name)
    inner_folds(manifest, search)


def columns_of(specification: Specification, within: Specification, feature_set: FeatureSet) -> NDArray[np.int64]:
    """Places of a pipeline's features among those of another that uses more."""
    places = {name: at for at, name in enumerate(select_features(within, feature_set))}
    return np.array([places[name] for name in select_features(specification, feature_set)], dtype=np.int64)


def pooled_uar(predictions: pd.DataFrame) -> float:
    """UAR of all rows together."""
    return unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))


def _labels_only(specification: Specification, seed: int) -> Trainer:
    """Return a trainer that leaves calibration out: one temperature changes no label, and takes three more fits."""

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        classifier = specification.build(seed)
        if isinstance(classifier, Calibrated) and classifier.method == "temperature":
            classifier.set_params(n_folds=0)
        return fit_classifier(classifier, features, manifest)

    return train


def _about_inner_folds(complaint: str, outer: str) -> str:
    """Say of which folds a complaint speaks, and what helps there."""
    what = complaint.partition(". ")[0]
    return (
        f"Tuning chooses by inner folds of the training speakers{f' of fold {outer}' if outer else ''}, where "
        f"{what[0].lower()}{what[1:].rstrip('.')}. Every emotion needs speakers in two inner folds: "
        "leave it out, give more speakers of it, or do not tune."
    )


def _inner_protocol(manifest: pd.DataFrame, n_folds: int) -> str:
    unknown = int(manifest["speaker"].isna().sum())
    if unknown:
        raise InputError(
            f"Tuning splits the training speakers again, and the speaker of {unknown} utterances is not known. "
            "Give a manifest with a 'speaker' column, or do not tune."
        )
    n_speakers = manifest["speaker"].nunique()
    if n_speakers < 2:
        raise InputError(
            f"Tuning splits the training speakers again, and here there is {n_speakers}. "
            "Give a table of three speakers at least, or do not tune."
        )
    return f"{min(n_folds, n_speakers)}-fold-by-speaker"

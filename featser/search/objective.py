"""The objective of a search: the UAR of a pipeline on inner folds by speaker."""

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
from featser.models import Calibrated, find_model
from featser.pipeline import Specification, select_features

if TYPE_CHECKING:
    from optuna.storages import BaseStorage


@dataclass(frozen=True)
class SearchProgress:
    """Progress of one search.

    Attributes
    ----------
    study : str
        name of the search
    n_searches : int
        number of searches of the command
    n_done, n_trials : int
        finished trials, and all trials of the search
    best : float
        highest UAR so far
    """

    study: str
    n_searches: int
    n_done: int
    n_trials: int
    best: float


@dataclass(frozen=True)
class Search:
    """Settings of a search.

    Attributes
    ----------
    n_trials : int
        number of finished trials, including those of an earlier, interrupted search
    seed : int
        seed of the sampler, the inner folds and the models
    n_folds : int
        number of inner folds by speaker; fewer if there are fewer speakers
    seconds : float, optional
        time limit; at least one trial is finished. The result then depends on the machine
    storage : optuna storage, optional
        from `open_storage`; trials are kept in memory if it is omitted
    watch : callable, optional
        called with a `SearchProgress` after each trial, in the thread of the search
    n_searches : int
        number of searches of the command, for ``watch``
    jobs : int, optional
        number of inner folds in parallel, by default that of all cores; results do not depend on it
    """

    n_trials: int
    seed: int = 0
    n_folds: int = 3
    seconds: float | None = None
    storage: "BaseStorage | None" = None
    watch: Callable[[SearchProgress], None] | None = None
    n_searches: int = 1
    jobs: int | None = None


@dataclass(frozen=True, eq=False)
class Objective:
    """Data and folds on which a search compares pipelines.

    Attributes
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
    folds : tuple of Fold
        inner folds
    """

    specification: Specification
    feature_set: FeatureSet
    search: Search
    features: Features
    manifest: pd.DataFrame
    folds: tuple[Fold, ...]

    def predictions(self, specification: Specification, folds: Sequence[Fold], jobs: int | None) -> pd.DataFrame:
        """Return out-of-fold predictions of a pipeline.

        Parameters
        ----------
        specification : Specification
        folds : sequence of Fold
            some of the inner folds
        jobs : int, optional
            number of folds in parallel

        Returns
        -------
        DataFrame
        """
        features = self.features[:, columns_of(specification, self.specification, self.feature_set)]
        train = _labels_only(specification, self.search.seed)
        return predict_folds(train, features, self.manifest, folds, jobs=jobs).predictions

    def drafted(self, specification: Specification) -> Specification:
        """Return the cheaper form of a pipeline with which its trial is run.

        Parameters
        ----------
        specification : Specification

        Returns
        -------
        Specification
        """
        model = find_model(specification.model)
        if model.draft is None:
            return specification
        cheaper = model.draft({**model.defaults, **specification.parameters})
        return replace(specification, parameters={**specification.parameters, **cheaper})


def inner_folds(manifest: pd.DataFrame, search: Search, outer: str = "") -> tuple[str, tuple[Fold, ...]]:
    """Split the speakers of a search.

    Parameters
    ----------
    manifest : DataFrame
    search : Search
    outer : str, optional
        name of the fold whose training part this is, for messages

    Returns
    -------
    protocol : str
    folds : tuple of Fold

    Raises
    ------
    InputError
        unknown speakers, fewer than two of them, or an emotion that an inner fold cannot train on
    """
    protocol = _inner_protocol(manifest, search.n_folds)
    try:
        return protocol, tuple(make_folds(protocol, manifest, search.seed))
    except InputError as error:
        raise InputError(_about_inner_folds(str(error), outer)) from error


def check_inner_folds(manifest: pd.DataFrame, folds: Sequence[Fold], search: Search) -> None:
    """Check the inner folds of all nested searches before the first of them starts.

    Parameters
    ----------
    manifest : DataFrame
    folds : sequence of Fold
        outer folds
    search : Search

    Raises
    ------
    InputError
        as `inner_folds`, for the first outer fold in order
    """
    for fold in folds:
        inner_folds(manifest.iloc[fold.train], search, fold.name)
    inner_folds(manifest, search)


def columns_of(specification: Specification, within: Specification, feature_set: FeatureSet) -> NDArray[np.int64]:
    """Return the column numbers of a pipeline's features among those of another pipeline.

    Parameters
    ----------
    specification : Specification
    within : Specification
        pipeline with the same features and more
    feature_set : FeatureSet
        of the table

    Returns
    -------
    NDArray [shape=(n_features,)]
    """
    numbers = {name: number for number, name in enumerate(select_features(within, feature_set))}
    return np.array([numbers[name] for name in select_features(specification, feature_set)], dtype=np.int64)


def pooled_uar(predictions: pd.DataFrame) -> float:
    """Return the UAR over all rows.

    Parameters
    ----------
    predictions : DataFrame
        with ``truth`` and ``predicted``

    Returns
    -------
    float
        0 to 1
    """
    return unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))


def _labels_only(specification: Specification, seed: int) -> Trainer:
    """Return a trainer without calibration by temperature, which changes no label and takes three more fits."""

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        classifier = specification.build(seed)
        if isinstance(classifier, Calibrated) and classifier.method == "temperature":
            classifier.set_params(n_folds=0)
        return fit_classifier(classifier, features, manifest)

    return train


def _about_inner_folds(complaint: str, outer: str) -> str:
    """Say in a message about folds that inner folds are meant, and what to do."""
    what = complaint.partition(". ")[0]
    return (
        f"Tuning uses inner folds of the training speakers{f' of fold {outer}' if outer else ''}, where "
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
            f"Tuning splits the training speakers again, and there is only {n_speakers}. "
            "Give a table of three speakers or more, or do not tune."
        )
    return f"{min(n_folds, n_speakers)}-fold-by-speaker"

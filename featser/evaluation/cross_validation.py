"""Out-of-fold predictions: train on some speakers, predict the emotions of the others."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from joblib import Parallel, delayed
from numpy.typing import NDArray
from sklearn import config_context
from sklearn.base import ClassifierMixin
from sklearn.utils.validation import has_fit_parameter
from threadpoolctl import threadpool_limits

from featser.evaluation.calibration import probability_columns
from featser.evaluation.folds import Fold
from featser.models import Decision, decide
from featser.pipeline import Specification

Features = NDArray[np.float64]
"""Shape ``(n_utterances, n_features)``; NaN where a feature is undefined. Double precision makes the predictions of an
utterance independent of the others that are predicted with it."""
Trainer = Callable[[Features, pd.DataFrame], ClassifierMixin]
"""Function of features and manifest of the training utterances that returns a fitted classifier."""

Progress = Callable[[int, int], None]
"""Function that is called with the number of finished steps and the number of all steps."""


@dataclass(frozen=True)
class CrossValidation:
    """Predictions of all tested utterances by models that were not trained on their speakers, and computing times.

    Attributes
    ----------
    predictions : DataFrame
        columns ``utterance, corpus, speaker, fold, truth, predicted`` and ``p_<emotion>``; sorted by utterance
    fit_seconds, predict_seconds : float
        sums over all folds
    """

    predictions: pd.DataFrame
    fit_seconds: float
    predict_seconds: float


def fixed(specification: Specification, seed: int) -> Trainer:
    """Return a trainer that fits a pipeline with its parameters.

    Parameters
    ----------
    specification : Specification
    seed : int
        seed of all random numbers

    Returns
    -------
    Trainer
    """

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        return fit_classifier(specification.build(seed), features, manifest)

    return train


def fit_classifier(classifier: ClassifierMixin, features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
    """Fit a classifier, with the speakers if they are known and its ``fit`` has the parameter ``groups``.

    Parameters
    ----------
    classifier : classifier
    features : Features [shape=(n_utterances, n_features)]
    manifest : DataFrame
        same rows, with ``emotion`` and ``speaker``

    Returns
    -------
    classifier
        the same classifier, fitted
    """
    emotions = manifest["emotion"].to_numpy(dtype=np.str_)
    if has_fit_parameter(classifier, "groups") and manifest["speaker"].notna().all():
        return classifier.fit(features, emotions, groups=manifest["speaker"].to_numpy(dtype=np.str_))
    return classifier.fit(features, emotions)


def predict_folds(
    train: Trainer,
    features: Features,
    manifest: pd.DataFrame,
    folds: Sequence[Fold],
    jobs: int | None = None,
    progress: Progress | None = None,
) -> CrossValidation:
    """Train on the training part of each fold and predict the emotions of its test part.

    Parameters
    ----------
    train : Trainer
        called with the rows of the training part only
    features : Features [shape=(n_utterances, n_features)]
        from `featser.evaluation.prepare`
    manifest : DataFrame
        same rows
    folds : sequence of Fold
    jobs : int, optional
        number of folds in parallel, by default that of all cores; the predictions do not depend on it
    progress : callable, optional
        called after each fold with the number of finished folds and the number of all folds

    Returns
    -------
    CrossValidation
    """
    parallel = Parallel(n_jobs=jobs or -1, prefer="threads", return_as="generator")
    with threadpool_limits(1):
        results = []
        for result in parallel(delayed(_run_fold)(train, features, manifest, fold) for fold in folds):
            results.append(result)
            if progress:
                progress(len(results), len(folds))
    tables, fit_seconds, predict_seconds = zip(*results, strict=True)
    return CrossValidation(joined_predictions(tables), sum(fit_seconds), sum(predict_seconds))


def joined_predictions(tables: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join the predictions of all folds.

    Parameters
    ----------
    tables : sequence of DataFrame
        of each fold, from `predictions_of`

    Returns
    -------
    DataFrame
        sorted by utterance; the probability of an emotion that a fold was not trained on is 0
    """
    joined = pd.concat(tables).sort_values("utterance", ignore_index=True)
    columns = sorted(probability_columns(joined))
    others = [column for column in joined.columns if column not in columns]
    return joined[others + columns].fillna(dict.fromkeys(columns, 0.0))


def _run_fold(
    train: Trainer, features: Features, manifest: pd.DataFrame, fold: Fold
) -> tuple[pd.DataFrame, float, float]:
    start = time.perf_counter()
    with config_context(skip_parameter_validation=True):
        classifier = train(features[fold.train], manifest.iloc[fold.train])
    trained = time.perf_counter()
    decision = decide(classifier, features[fold.test])
    decided = time.perf_counter()
    return predictions_of(decision, manifest.iloc[fold.test], fold), trained - start, decided - trained


def predictions_of(decision: Decision, manifest: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    """Return the rows of the predictions table of one fold.

    Parameters
    ----------
    decision : Decision
        on the tested utterances
    manifest : DataFrame
        their rows
    fold : Fold

    Returns
    -------
    DataFrame
        columns as in `CrossValidation`
    """
    table = manifest[["utterance", "corpus", "speaker"]].assign(
        fold=fold.name, truth=manifest["emotion"], predicted=decision.labels
    )
    columns = [f"p_{emotion}" for emotion in decision.classes]
    return pd.concat([table, pd.DataFrame(decision.probabilities, index=table.index, columns=columns)], axis=1)

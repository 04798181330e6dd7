"""Table in, out-of-fold predictions out: trained on one part of the speakers, asked about the other."""

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

from featser.evaluation.folds import Fold
from featser.models import Decision, decide
from featser.pipeline import Specification

Features = NDArray[np.float64]
"""Shape ``(n_utterances, n_features)``; NaN = undefined. Double precision, so that sums over features do not depend
on how many utterances are asked about at once."""
Trainer = Callable[[Features, pd.DataFrame], ClassifierMixin]
"""(features, manifest) of the training utterances -> fitted classifier."""

Progress = Callable[[int, int], None]


@dataclass(frozen=True)
class CrossValidation:
    """Predictions of every utterance by a model that did not train on it, and what they cost.

    Attributes
    ----------
    predictions : DataFrame
        ``utterance, corpus, speaker, fold, truth, predicted`` and ``p_<emotion>`` per class, by utterance
    fit_seconds, predict_seconds : float
        summed over folds
    """

    predictions: pd.DataFrame
    fit_seconds: float
    predict_seconds: float


def fixed(specification: Specification, seed: int) -> Trainer:
    """Return a trainer that fits one pipeline with one set of parameters."""

    def train(features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        return fit_classifier(specification.build(seed), features, manifest)

    return train


def fit_classifier(classifier: ClassifierMixin, features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
    """Fit a classifier, and tell it the speakers where it asks for them and they are known."""
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
    """Train on each fold's training speakers and decide on its test utterances.

    Parameters
    ----------
    features : Features [shape=(n_utterances, n_features)]
        as `featser.evaluation.prepare` returns them
    manifest : DataFrame
        same rows; what is handed to ``train`` never holds a row of the fold's test part
    jobs : int, optional
        folds at a time, all cores by default; the predictions do not depend on it
    """
    parallel = Parallel(n_jobs=jobs or -1, prefer="threads", return_as="generator")
    with threadpool_limits(1):
        results = []
        for result in parallel(delayed(_run_fold)(train, features, manifest, fold) for fold in folds):
            results.append(result)
            if progress:
                progress(len(results), len(folds))
    tables, fit_seconds, predict_seconds = zip(*results, strict=True)
    predictions = pd.concat(tables).sort_values("utterance", ignore_index=True)
    return CrossValidation(predictions, sum(fit_seconds), sum(predict_seconds))


def _run_fold(
    train: Trainer, features: Features, manifest: pd.DataFrame, fold: Fold
) -> tuple[pd.DataFrame, float, float]:
    start = time.perf_counter()
    with config_context(skip_parameter_validation=True):  # the same parameters as in every other fold
        classifier = train(features[fold.train], manifest.iloc[fold.train])
    trained = time.perf_counter()
    decision = decide(classifier, features[fold.test])
    decided = time.perf_counter()
    return _predictions(decision, manifest.iloc[fold.test], fold), trained - start, decided - trained


def _predictions(decision: Decision, manifest: pd.DataFrame, fold: Fold) -> pd.DataFrame:
    table = manifest[["utterance", "corpus", "speaker"]].assign(
        fold=fold.name, truth=manifest["emotion"], predicted=decision.labels
    )
    columns = [f"p_{emotion}" for emotion in decision.classes]
    return pd.concat([table, pd.DataFrame(decision.probabilities, index=table.index, columns=columns)], axis=1)

"""Enrolment curve: the score of a speaker-normalised model by the number of unlabelled recordings of a new voice."""

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import ClassifierMixin

from featser.evaluation import Fold, Trainer, enrolment_rounds, unweighted_average_recall, voice_ids
from featser.evaluation.conformal import conformal_summary
from featser.evaluation.cross_validation import Features, joined_predictions, predictions_of
from featser.evaluation.metrics import uar_interval
from featser.models import average_speaker, decide, normalise_by_others, shared_measures

SIZES = (3, 5, 10, 30)
"""Numbers of recordings at which the curve is measured."""


class KeptClassifiers:
    """Trainer that keeps the classifier of each fold.

    Parameters
    ----------
    train : Trainer
        the trainer that is called
    """

    def __init__(self, train: Trainer):
        self._train = train
        self._kept: dict[bytes, ClassifierMixin] = {}

    def __call__(self, features: Features, manifest: pd.DataFrame) -> ClassifierMixin:
        """Train, and keep the classifier under the rows that it was trained on."""
        classifier = self._train(features, manifest)
        self._kept[manifest.index.to_numpy(np.int64).tobytes()] = classifier
        return classifier

    def of(self, fold: Fold, manifest: pd.DataFrame) -> ClassifierMixin:
        """Return the classifier of a fold; ``manifest`` is that of the whole table."""
        return self._kept[manifest.index[fold.train].to_numpy(np.int64).tobytes()]


def enrolment_curve(
    kept: KeptClassifiers,
    features: Features,
    names: Sequence[str],
    manifest: pd.DataFrame,
    folds: Sequence[Fold],
    n_own: int,
    seed: int,
) -> dict[str, dict[str, Any]]:
    """Score the classifiers of the folds on tested voices of which only some unlabelled recordings are known.

    Each tested utterance is normalised by the next K of its speaker, in an order that depends on names only.

    Parameters
    ----------
    kept : KeptClassifiers
        classifiers of each fold, trained with normalisation by speaker
    features : Features [shape=(n_utterances, n_features)]
        not normalised
    names : sequence of str
        of the features
    manifest : DataFrame
        same rows
    folds : sequence of Fold
    n_own : int
        rows of the own corpora, which come first; voices of other corpora are trained on only
    seed : int
        of the interval

    Returns
    -------
    dict
        K, as a string -> ``uar``, ``uar_low``, ``uar_high`` and ``conformal`` as of a run; only those of `SIZES` that
        every voice has more recordings than
    """
    rounds = enrolment_rounds(manifest.iloc[:n_own])
    fewest = min(len(rows) for rows in rounds)
    measures = shared_measures(names)
    voices = voice_ids(manifest)
    trained = [fold.train[fold.train < n_own] for fold in folds]
    averages = [average_speaker(features[rows], voices[rows], measures) for rows in trained]
    curve = {}
    for size in (size for size in SIZES if size < fewest):
        tables = []
        for fold, average in zip(folds, averages, strict=True):
            tested = [rows for rows in rounds if np.isin(rows, fold.test).any()]
            normalised = normalise_by_others(features, tested, size, measures, average)
            decision = decide(kept.of(fold, manifest), normalised[fold.test])
            tables.append(predictions_of(decision, manifest.iloc[fold.test], fold))
        curve[str(size)] = _scores(joined_predictions(tables), seed)
    return curve


def _scores(predictions: pd.DataFrame, seed: int) -> dict[str, Any]:
    low, high = uar_interval(predictions, seed) or (None, None)
    uar = unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))
    return {"uar": uar, "uar_low": low, "uar_high": high, "conformal": conformal_summary(predictions)}

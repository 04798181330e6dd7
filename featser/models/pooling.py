"""A vote of the model of one's own corpus and the model of that corpus together with others."""

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.utils import get_tags

from featser.models.classifier import Classifier
from featser.models.probabilities import Calibrated, Probabilities, best_temperature, fit_with_groups, scores_of
from featser.models.splits import split_by_speaker

Matrix = NDArray[np.float64]
Rows = NDArray[np.int64]

_N_FOLDS = 3

STORES = ("featser.models.pooling.PooledVote",)
"""Full name of the class, for the list of classes in model files."""


class PooledVote(Classifier):
    """Sum of the log probabilities of two classifiers: one of the own rows, one of all rows.

    Each classifier's log probabilities are first divided by their standard deviation over own utterances that it was
    not trained on, so that both have the same weight. These deviations, and the temperature of the sum, are learnt on
    inner folds of the own rows, split by speaker; the other rows are in the training part of each.

    Parameters
    ----------
    estimator : classifier
        unfitted; if it is `Calibrated`, the classifier inside it is used, since the sum has its own temperature
    seed : int
        seed of the inner folds

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
        those of the own rows
    members_ : list of classifiers
        the one of the own rows, then the one of all rows
    scales_ : list of float
        standard deviation of each member's log probabilities
    temperature_ : float
        temperature of the sum
    """

    @property
    def _allow_nan(self) -> bool:
        return bool(get_tags(self.estimator).input_tags.allow_nan)

    def __init__(self, estimator: Any, seed: int = 0):
        self.estimator = estimator
        self.seed = seed

    def fit(
        self,
        X: Matrix,
        y: NDArray[np.str_],
        groups: NDArray[Any] | None = None,
        own: NDArray[np.bool_] | None = None,
    ) -> Self:
        """Learn deviations and temperature on inner folds, then fit both members.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : NDArray [shape=(n_utterances,)]
            emotions; those of the other rows also occur in the own rows
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner folds are stratified by emotion only
        own : NDArray of bool [shape=(n_utterances,)], optional
            rows of the own corpus, by default all

        Returns
        -------
        PooledVote
            the fitted instance

        Raises
        ------
        ValueError
            an emotion has no own row
        """
        X, y = self._check_training(X, y)
        own = np.ones(len(y), dtype=bool) if own is None else np.asarray(own, dtype=bool)
        foreign = sorted(set(y[~own]) - set(y[own]))
        if foreign:
            raise ValueError(f"No own row has the emotion {foreign[0]}. Leave out the other rows that have it.")
        held_out = self._held_out(X, y, groups, own)
        self.scales_, self.temperature_ = [1.0, 1.0], 1.0
        if held_out is not None:
            logs, truth = held_out
            self.scales_ = [float(_centred(each).std()) or 1.0 for each in logs]
            self.temperature_ = best_temperature(self._sum(logs), truth)
        self.members_ = self._pair(X, y, groups, np.flatnonzero(own), np.flatnonzero(~own))
        return self

    def predict_proba(self, X: Matrix) -> Probabilities:
        """Return the probabilities of the vote.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Probabilities [shape=(n_utterances, n_classes)]
        """
        X = self._check_rows(X)
        return softmax(self._sum([_logs(member, X) for member in self.members_]) / self.temperature_, axis=1)

    def _pair(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None, own: Rows, others: Rows) -> list[Any]:
        """Fit a classifier on own rows, and one on these and the other rows."""
        bare = self.estimator.estimator if isinstance(self.estimator, Calibrated) else self.estimator
        parts = (own, np.concatenate([own, others]))
        return [
            fit_with_groups(clone(bare), X[rows], y[rows], None if groups is None else groups[rows]) for rows in parts
        ]

    def _held_out(
        self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None, own: NDArray[np.bool_]
    ) -> tuple[list[Matrix], NDArray[np.int64]] | None:
        """Log probabilities of both members on own rows of held-out speakers, and the columns of the true classes."""
        rows, others = np.flatnonzero(own), np.flatnonzero(~own)
        speakers = None if groups is None else groups[rows]
        tested, logs = [], []
        for train, test in split_by_speaker(y[rows], speakers, _N_FOLDS, self.seed):
            if set(y[rows[train]]) == set(self.classes_):
                pair = self._pair(X, y, groups, rows[train], others)
                logs.append([_logs(member, X[rows[test]]) for member in pair])
                tested.append(rows[test])
        if not tested:
            return None
        truth = np.searchsorted(self.classes_, y[np.concatenate(tested)])
        return [np.concatenate(each) for each in zip(*logs, strict=True)], truth

    def _sum(self, logs: Sequence[Matrix]) -> Matrix:
        total: Matrix = sum(each / scale for each, scale in zip(logs, self.scales_, strict=True))  # type: ignore[assignment]
        return total


def _logs(member: Any, X: Matrix) -> Matrix:
    logs: Matrix = log_softmax(scores_of(member, X), axis=1)
    return logs


def _centred(logs: Matrix) -> Matrix:
    """Log probabilities minus their mean over the classes, which does not change the vote."""
    centred: Matrix = logs - logs.mean(axis=1, keepdims=True)
    return centred

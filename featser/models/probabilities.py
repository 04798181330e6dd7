"""Calibrated probabilities from the scores of a classifier."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import clone
from sklearn.isotonic import IsotonicRegression
from sklearn.utils import get_tags
from sklearn.utils.validation import has_fit_parameter

from featser.models.classifier import Classifier
from featser.models.splits import split_by_speaker

Matrix = NDArray[np.float64]
Probabilities = NDArray[np.float64]
"""Shape ``(n_utterances, n_classes)``; each row sums to 1."""

CALIBRATIONS = ("temperature", "isotonic", "none")

_LOG_TEMPERATURES = (-5.0, 5.0)
_ENOUGH_FOR_ISOTONIC = 1000
SMALLEST_PROBABILITY = 1e-6
"""Lower bound of probabilities, so that their logarithms are finite."""


class Calibrated(Classifier):
    """A classifier with probabilities that are calibrated on inner folds split by speaker.

    ``temperature`` divides the scores by one number, which maximises the likelihood of the held-out emotions, and
    applies a softmax; the order of the emotions does not change. ``isotonic`` then maps each emotion's probability
    through a step function learnt on the same folds; with fewer than 1000 held-out utterances it equals
    ``temperature``.

    Parameters
    ----------
    estimator : classifier
        with ``decision_function`` or ``predict_proba``
    method : str
        ``temperature`` or ``isotonic``
    n_folds : int
        number of inner folds; 0 to leave the scores uncalibrated (temperature 1)
    seed : int
        seed of the inner folds

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    estimator_ : classifier
        the classifier, fitted on all utterances
    temperature_ : float
    steps_ : list or None
        corners of the step function of each class

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017, sec. 4.2.
    Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability estimates, KDD 2002.
    """

    @property
    def _allow_nan(self) -> bool:
        return bool(get_tags(self.estimator).input_tags.allow_nan)

    def __init__(self, estimator: Any, method: str = "temperature", n_folds: int = 3, seed: int = 0):
        self.estimator = estimator
        self.method = method
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn the calibration on inner folds, then fit the classifier on all utterances.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : NDArray [shape=(n_utterances,)]
            emotions
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner folds are stratified by emotion only

        Returns
        -------
        Calibrated
            the fitted instance
        """
        X, y = self._check_training(X, y)
        held_out = out_of_fold_scores(self.estimator, X, y, groups, self.n_folds, self.seed)
        self.temperature_ = 1.0 if held_out is None else best_temperature(*held_out)
        self.steps_ = None
        if held_out is not None and self.method == "isotonic" and len(held_out[1]) >= _ENOUGH_FOR_ISOTONIC:
            self.steps_ = _step_functions(softmax(held_out[0] / self.temperature_, axis=1), held_out[1])
        self.estimator_ = fit_with_groups(clone(self.estimator), X, y, groups)
        return self

    def predict_proba(self, X: Matrix) -> Probabilities:
        """Return calibrated probabilities of the emotions in ``classes_``.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Probabilities [shape=(n_utterances, n_classes)]
        """
        X = self._check_rows(X)
        probabilities: Probabilities = softmax(scores_of(self.estimator_, X) / self.temperature_, axis=1)
        if self.steps_ is None:
            return probabilities
        columns = [np.interp(probabilities[:, column], *step) for column, step in enumerate(self.steps_)]
        stepped = np.maximum(np.stack(columns, axis=1), SMALLEST_PROBABILITY)
        return stepped / stepped.sum(axis=1, keepdims=True)


def out_of_fold_scores(
    estimator: Any, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None, n_folds: int, seed: int
) -> tuple[Matrix, NDArray[np.int64]] | None:
    """Score utterances by classifiers that were fitted without their speakers.

    Parameters
    ----------
    estimator : classifier
        unfitted
    X : Matrix [shape=(n_utterances, n_features)]
    y : NDArray [shape=(n_utterances,)]
    groups : NDArray [shape=(n_utterances,)], optional
        speakers
    n_folds, seed : int
        as `split_by_speaker`

    Returns
    -------
    scores : Matrix [shape=(n_scored, n_classes)]
    truth : NDArray [shape=(n_scored,)]
        column of the true class. Folds whose training part lacks a class are left out; None in place of both if no
        fold is left.
    """
    classes = np.unique(y)
    scores, truth = [], []
    for train, test in split_by_speaker(y, groups, n_folds, seed):
        if set(y[train]) == set(classes):
            speakers = None if groups is None else groups[train]
            scores.append(scores_of(fit_with_groups(clone(estimator), X[train], y[train], speakers), X[test]))
            truth.append(np.searchsorted(classes, y[test]))
    return (np.concatenate(scores), np.concatenate(truth)) if scores else None


def fit_with_groups(estimator: Any, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None) -> Any:
    """Fit an estimator, with the speakers if they are given and its ``fit`` has the parameter ``groups``.

    Parameters
    ----------
    estimator : classifier
    X : Matrix [shape=(n_utterances, n_features)]
    y : NDArray [shape=(n_utterances,)]
    groups : NDArray [shape=(n_utterances,)], optional
        speakers

    Returns
    -------
    classifier
        the same estimator, fitted
    """
    known = {"groups": groups} if groups is not None and has_fit_parameter(estimator, "groups") else {}
    return estimator.fit(X, y, **known)


def best_temperature(scores: Matrix, truth: NDArray[np.int64]) -> float:
    """Find the temperature that minimises the log loss of ``softmax(scores / temperature)``.

    Parameters
    ----------
    scores : Matrix [shape=(n_utterances, n_classes)]
    truth : NDArray [shape=(n_utterances,)]
        column of the true class

    Returns
    -------
    float
        between exp(-5) and exp(5)
    """

    def log_loss(log_temperature: float) -> float:
        return -float(log_softmax(scores / np.exp(log_temperature), axis=1)[np.arange(len(truth)), truth].mean())

    found = minimize_scalar(log_loss, bounds=_LOG_TEMPERATURES, method="bounded")
    return float(np.exp(found.x))


def scores_of(estimator: Any, X: Matrix) -> Matrix:
    """Return a classifier's margins, or its log probabilities if it has no ``decision_function``.

    Parameters
    ----------
    estimator : classifier
        fitted
    X : Matrix [shape=(n_utterances, n_features)]

    Returns
    -------
    Matrix [shape=(n_utterances, n_classes)]
        one column per class, also for two classes
    """
    if not hasattr(estimator, "decision_function"):
        probabilities = np.asarray(estimator.predict_proba(X), dtype=np.float64)
        return np.log(np.maximum(probabilities, SMALLEST_PROBABILITY))
    scores: Matrix = np.asarray(estimator.decision_function(X), dtype=np.float64)
    return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


def _step_functions(probabilities: Probabilities, truth: NDArray[np.int64]) -> list[tuple[Matrix, Matrix]]:
    """Corners of an increasing step function per class, from probability to relative frequency."""
    found = []
    for column in range(probabilities.shape[1]):
        curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip")
        curve.fit(probabilities[:, column], truth == column)
        found.append((curve.X_thresholds_, curve.y_thresholds_))
    return found

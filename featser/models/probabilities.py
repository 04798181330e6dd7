"""From scores to probabilities, and from probabilities to a label: the one decision rule of featser."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.isotonic import IsotonicRegression
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, has_fit_parameter

Probabilities = NDArray[np.float64]
"""Shape ``(n_utterances, n_classes)``, rows sum to 1."""

CALIBRATIONS = ("temperature", "isotonic", "none")

_LOG_TEMPERATURES = (-5.0, 5.0)
_ENOUGH_FOR_STEPS = 1000
_LEAST = 1e-6
"""No emotion is impossible; the logarithm of its probability has to stay finite."""


@dataclass(frozen=True)
class Decision:
    """What a classifier says of some utterances.

    Attributes
    ----------
    classes : tuple of str
        emotions in the order of the columns of ``probabilities``
    labels : NDArray [shape=(n_utterances,)]
    probabilities : Probabilities
    """

    classes: tuple[str, ...]
    labels: NDArray[np.str_]
    probabilities: Probabilities


def decide(classifier: ClassifierMixin, features: NDArray[np.float64]) -> Decision:
    """Label each utterance with its most probable emotion.

    Cross-validation and prediction both come through here, so the rule that was scored is the rule in use.
    Of equally probable emotions the first in alphabetical order is taken.
    """
    probabilities = classifier.predict_proba(features).astype(np.float64)
    classes = np.asarray(classifier.classes_, dtype=np.str_)
    return Decision(tuple(map(str, classes)), classes[probabilities.argmax(axis=1)], probabilities)


class Calibrated(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier made to give probabilities that hold, by what inner folds of speakers it was not trained on say.

    ``temperature``: the scores of inner folds, split by speaker, are divided by the one number that makes the true
    emotions most likely, and go through a softmax; the order of the emotions stays. ``isotonic``: each emotion's
    probability goes through a step function learnt on the same folds, which needs at least a thousand utterances; with
    fewer, the temperature is taken.

    Parameters
    ----------
    estimator : classifier with ``decision_function`` or ``predict_proba``
    method : str
        one of `CALIBRATIONS`, not ``none``
    n_folds : int
        inner folds
    seed : int
        of the inner folds

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017, sec. 4.2.
    Zadrozny and Elkan, Transforming classifier scores into accurate multiclass probability estimates, KDD 2002.
    """

    def __init__(self, estimator: Any, method: str = "temperature", n_folds: int = 3, seed: int = 0):
        self.estimator = estimator
        self.method = method
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn the calibration on inner folds, then the estimator on everything.

        Parameters
        ----------
        X : NDArray [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner folds are stratified only
        """
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        heard = out_of_fold_scores(self.estimator, X, np.asarray(y), groups, self.n_folds, self.seed)
        self.temperature_ = 1.0 if heard is None else best_temperature(*heard)
        self.steps_ = None
        if heard is not None and self.method == "isotonic" and len(heard[1]) >= _ENOUGH_FOR_STEPS:
            self.steps_ = _steps(softmax(heard[0] / self.temperature_, axis=1), heard[1])
        self.estimator_ = fit_knowing(clone(self.estimator), X, y, groups)
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> Probabilities:
        """Probabilities of the emotions in ``classes_``."""
        check_is_fitted(self)
        probabilities: Probabilities = softmax(scores_of(self.estimator_, X) / self.temperature_, axis=1)
        if self.steps_ is None:
            return probabilities
        columns = [np.interp(probabilities[:, at], *step) for at, step in enumerate(self.steps_)]
        stepped = np.maximum(np.stack(columns, axis=1), _LEAST)
        return stepped / stepped.sum(axis=1, keepdims=True)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        probabilities = self.predict_proba(X)
        labels: NDArray[np.str_] = self.classes_[probabilities.argmax(axis=1)]
        return labels


def out_of_fold_scores(
    estimator: Any, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None, n_folds: int, seed: int
) -> tuple[NDArray[np.float64], NDArray[np.int64]] | None:
    """Scores of utterances by models that did not hear their speakers, and the columns of the true classes.

    Inner folds whose training part lacks a class are left out; None where none is left.
    """
    classes = np.unique(y)
    scores, truth = [], []
    for train, test in inner_folds(y, groups, n_folds, seed):
        if set(y[train]) == set(classes):
            known = None if groups is None else groups[train]
            scores.append(scores_of(fit_knowing(clone(estimator), X[train], y[train], known), X[test]))
            truth.append(np.searchsorted(classes, y[test]))
    return (np.concatenate(scores), np.concatenate(truth)) if scores else None


def fit_knowing(estimator: Any, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None) -> Any:
    """Fit an estimator, telling it who speaks where it asks for that."""
    knows = {"groups": groups} if groups is not None and has_fit_parameter(estimator, "groups") else {}
    return estimator.fit(X, y, **knows)


def inner_folds(
    y: NDArray[np.str_], groups: NDArray[Any] | None, n_folds: int, seed: int
) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
    """Split by speaker where each fold can have one, else by utterance; nothing where a class is too small.

    Returns
    -------
    list of (train, test)
        numbers of rows
    """
    if n_folds < 2:
        return []
    placeholder = np.zeros(len(y))
    n_groups = 0 if groups is None else len(set(groups))
    if n_groups >= 2:
        n_folds = min(n_folds, n_groups)
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        return list(splitter.split(placeholder, strata(y, n_folds), groups))
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if smallest < 2:
        return []
    splitter = StratifiedKFold(min(n_folds, smallest), shuffle=True, random_state=seed)
    return list(splitter.split(placeholder, y))


def best_temperature(scores: NDArray[np.float64], truth: NDArray[np.int64]) -> float:
    """Temperature that minimises the log loss of ``softmax(scores / temperature)``.

    Parameters
    ----------
    scores : NDArray [shape=(n_utterances, n_classes)]
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


def scores_of(estimator: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Margins per class, or log probabilities where there are no margins; two classes get a column each."""
    if not hasattr(estimator, "decision_function"):
        return np.log(np.maximum(np.asarray(estimator.predict_proba(X), dtype=np.float64), _LEAST))
    scores: NDArray[np.float64] = np.asarray(estimator.decision_function(X), dtype=np.float64)
    return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


def _steps(
    probabilities: Probabilities, truth: NDArray[np.int64]
) -> list[tuple[NDArray[np.float64], NDArray[np.float64]]]:
    """Corners of a rising step function per class, from probability to share of right answers."""
    found = []
    for at in range(probabilities.shape[1]):
        curve = IsotonicRegression(y_min=0, y_max=1, out_of_bounds="clip").fit(probabilities[:, at], truth == at)
        found.append((curve.X_thresholds_, curve.y_thresholds_))
    return found


def strata(y: NDArray[np.str_], n_folds: int) -> NDArray[np.str_]:
    """Classes, of which the smallest share one stratum until it has as many utterances as there are folds.

    A splitter complains of smaller ones.
    """
    names, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    order = np.argsort(counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    rare = order[(counts[order] < n_folds) | ((before < n_folds) & (counts.min() < n_folds))]
    merged: NDArray[np.str_] = np.where(np.isin(np.arange(len(names)), rare), "", names)[inverse]
    return merged

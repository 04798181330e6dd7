"""From scores to probabilities, and from probabilities to a label: the one decision rule of featser."""

from dataclasses import dataclass
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, clone
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted

Probabilities = NDArray[np.float64]
"""Shape ``(n_utterances, n_classes)``, rows sum to 1."""

_LOG_TEMPERATURES = (-5.0, 5.0)


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


class TemperatureScaled(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A classifier with margins, made to give probabilities by one number learnt on speakers it was not trained on.

    The scores of inner folds, split by speaker, are divided by the temperature that makes the true emotions most
    likely, and go through a softmax. Dividing by one number never changes the order of the emotions.

    Parameters
    ----------
    estimator : classifier with ``decision_function``
    n_folds : int
        inner folds
    seed : int
        of the inner folds

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017, sec. 4.2.
    """

    def __init__(self, estimator: Any, n_folds: int = 3, seed: int = 0):
        self.estimator = estimator
        self.n_folds = n_folds
        self.seed = seed

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Learn the temperature on inner folds, then the estimator on everything.

        Parameters
        ----------
        X : NDArray [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]
        groups : NDArray [shape=(n_utterances,)], optional
            speakers; without them the inner folds are stratified only
        """
        check_classification_targets(y)
        self.classes_ = np.unique(y)
        self.temperature_ = self._learn_temperature(X, np.asarray(y), groups)
        self.estimator_ = clone(self.estimator).fit(X, y)
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> Probabilities:
        """Probabilities of the emotions in ``classes_``."""
        check_is_fitted(self)
        probabilities: Probabilities = softmax(_scores(self.estimator_, X) / self.temperature_, axis=1)
        return probabilities

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        probabilities = self.predict_proba(X)
        labels: NDArray[np.str_] = self.classes_[probabilities.argmax(axis=1)]
        return labels

    def _learn_temperature(self, X: NDArray[np.float64], y: NDArray[np.str_], groups: NDArray[Any] | None) -> float:
        scores, truth = [], []
        for train, test in self._inner_folds(y, groups):
            if set(y[train]) == set(self.classes_):
                scores.append(_scores(clone(self.estimator).fit(X[train], y[train]), X[test]))
                truth.append(np.searchsorted(self.classes_, y[test]))
        return best_temperature(np.concatenate(scores), np.concatenate(truth)) if scores else 1.0

    def _inner_folds(
        self, y: NDArray[np.str_], groups: NDArray[Any] | None
    ) -> list[tuple[NDArray[np.int64], NDArray[np.int64]]]:
        """Split by speaker where each fold can have one, else by utterance; nothing where a class is too small."""
        placeholder = np.zeros(len(y))
        n_groups = 0 if groups is None else len(set(groups))
        if n_groups >= 2:
            n_folds = min(self.n_folds, n_groups)
            splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=self.seed)
            return list(splitter.split(placeholder, _enough(y, n_folds), groups))
        smallest = int(np.unique(y, return_counts=True)[1].min())
        if smallest < 2:
            return []
        splitter = StratifiedKFold(min(self.n_folds, smallest), shuffle=True, random_state=self.seed)
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


def _scores(estimator: Any, X: NDArray[np.float64]) -> NDArray[np.float64]:
    """Margins per class; two classes get a column each, of opposite signs."""
    scores: NDArray[np.float64] = np.asarray(estimator.decision_function(X), dtype=np.float64)
    return np.column_stack([-scores, scores]) if scores.ndim == 1 else scores


def _enough(y: NDArray[np.str_], n_folds: int) -> NDArray[np.str_]:
    """Classes smaller than the number of folds share one stratum, for which the splitter asks."""
    names, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    strata: NDArray[np.str_] = np.where(counts < n_folds, "", names)[inverse]
    return strata

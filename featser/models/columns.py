"""A classifier that looks at some of the columns it is handed."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted


class OnColumns(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """Hand a fitted classifier the columns that it was trained on.

    A search chooses features as well as parameters; what it returns takes the same rows as every other classifier.

    Parameters
    ----------
    columns : sequence of int
        places of its features in a row
    classifier : fitted classifier
    """

    def __init__(self, columns: Any, classifier: Any):
        self.columns = columns
        self.classifier = classifier

    @property
    def classes_(self) -> NDArray[np.str_]:
        """Emotions in the order of the columns of `predict_proba`."""
        return np.asarray(self.classifier.classes_, dtype=np.str_)

    @property
    def n_parameters_(self) -> int | None:
        """How many weights the classifier says it has."""
        return getattr(self.classifier, "n_parameters_", None)

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Self:
        """Train the classifier on its columns."""
        self.classifier.fit(X[:, self.columns], y)
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the emotions in ``classes_``, shape ``(n_utterances, n_classes)``."""
        check_is_fitted(self.classifier)
        probabilities: NDArray[np.float64] = self.classifier.predict_proba(X[:, self.columns])
        return probabilities

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def without_unused(
    classifiers: Mapping[str, ClassifierMixin], names: Sequence[str]
) -> tuple[dict[str, ClassifierMixin], tuple[str, ...]]:
    """Leave out the features that none of some classifiers looks at; return the classifiers for the others, and those.

    Parameters
    ----------
    classifiers : mapping
        by anything
    names : sequence of str
        features in the order in which the classifiers expect them
    """
    looked_at = [
        set(each.columns) if isinstance(each, OnColumns) else set(range(len(names))) for each in classifiers.values()
    ]
    used = sorted(set().union(*looked_at))
    return {way: _moved(each, used) for way, each in classifiers.items()}, tuple(names[at] for at in used)


def _moved(classifier: ClassifierMixin, used: Sequence[int]) -> ClassifierMixin:
    if not isinstance(classifier, OnColumns):
        return classifier
    if len(classifier.columns) == len(used):
        return classifier.classifier
    return OnColumns(np.searchsorted(used, classifier.columns), classifier.classifier)

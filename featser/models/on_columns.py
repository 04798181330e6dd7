"""A fitted classifier that uses some of the columns that it is given."""

from collections.abc import Mapping, Sequence
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

Matrix = NDArray[np.float64]


class OnColumns(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """A fitted classifier together with the columns that it was trained on.

    A search chooses features as well as parameters; wrapped in this class, its classifier takes the same rows as any
    other classifier.

    Parameters
    ----------
    columns : sequence of int
        column numbers of the classifier's features
    classifier : classifier
        fitted on these columns
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
        """Number of learnt values, or None if the classifier does not count them."""
        return getattr(self.classifier, "n_parameters_", None)

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:  # noqa: ARG002 - as every classifier
        """Return the instance, whose classifier is already fitted.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            ignored
        y : NDArray [shape=(n_utterances,)]
            ignored

        Returns
        -------
        OnColumns
        """
        check_is_fitted(self.classifier)
        return self

    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the classifier's probabilities.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            with all columns

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)]
        """
        check_is_fitted(self.classifier)
        probabilities: Matrix = self.classifier.predict_proba(X[:, self.columns])
        return probabilities

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the most probable emotion of each row, shape ``(n_utterances,)``; parameters as `predict_proba`."""
        labels: NDArray[np.str_] = self.classes_[self.predict_proba(X).argmax(axis=1)]
        return labels


def without_unused(
    classifiers: Mapping[str, ClassifierMixin], names: Sequence[str]
) -> tuple[dict[str, ClassifierMixin], tuple[str, ...]]:
    """Drop the features that no classifier uses.

    Parameters
    ----------
    classifiers : mapping
        fitted classifiers by any name
    names : sequence of str
        features in the order of the columns that the classifiers expect

    Returns
    -------
    classifiers : dict
        the same classifiers for the remaining columns
    names : tuple of str
        the remaining features
    """
    columns = [
        set(each.columns) if isinstance(each, OnColumns) else set(range(len(names))) for each in classifiers.values()
    ]
    used = sorted(set().union(*columns))
    return {name: _on_used(each, used) for name, each in classifiers.items()}, tuple(names[column] for column in used)


def _on_used(classifier: ClassifierMixin, used: Sequence[int]) -> ClassifierMixin:
    if not isinstance(classifier, OnColumns):
        return classifier
    if len(classifier.columns) == len(used):
        return classifier.classifier
    return OnColumns(np.searchsorted(used, classifier.columns), classifier.classifier)

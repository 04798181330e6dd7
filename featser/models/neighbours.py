"""Classification by the nearest utterances."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.file_checks import PartCheck, require
from featser.models.limits import Count, NonNegative
from featser.models.linear import Rotated
from featser.models.preparation import CLIPPED, Preparation

Matrix = NDArray[np.float64]


class NearestUtterances(Classifier):
    """Vote of the nearest utterances by cosine distance, weighted by the inverse of the distance.

    Parameters
    ----------
    n_neighbours : int
        number of voting utterances; all of them if there are fewer

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    neighbours_ : KNeighborsClassifier
    """

    def __init__(self, n_neighbours: int = 15):
        self.n_neighbours = n_neighbours

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Store the utterances.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]

        Returns
        -------
        NearestUtterances
            the fitted instance
        """
        X, y = self._check_training(X, y)
        nearest = KNeighborsClassifier(
            min(self.n_neighbours, len(X)), weights="distance", metric="cosine", algorithm="brute", n_jobs=1
        )
        self.neighbours_ = nearest.fit(X, y)
        return self

    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the share of each class in the vote.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)]
        """
        rows = self._check_rows(X)
        probabilities: Matrix = self.neighbours_.predict_proba(rows)
        return probabilities


def _check_neighbours(neighbours: KNeighborsClassifier) -> None:
    """Allow only the search that checks indices in Python."""
    search = (neighbours.metric, neighbours.effective_metric_, neighbours._fit_method)
    require(search == ("cosine", "cosine", "brute"), "neighbours are searched by an unknown method")


@model(
    "knn",
    search={"n_neighbours": {"low": 3, "high": 50, "log": True}, "n_components": {"low": 20, "high": 300, "log": True}},
    stores=(
        "featser.models.linear.Rotated",
        "featser.models.neighbours.NearestUtterances",
        "sklearn.neighbors._classification.KNeighborsClassifier",
        "sklearn.pipeline.Pipeline",
    ),
    checks=(PartCheck(KNeighborsClassifier, "_fit_method", _check_neighbours),),
)
def knn(
    n_neighbours: Count = 15, n_components: NonNegative = 100, before: Preparation = CLIPPED, seed: int = 0
) -> ClassifierMixin:
    """Vote of the nearest utterances by cosine distance between principal components.

    Parameters
    ----------
    n_neighbours : int
        number of voting utterances
    n_components : int
        number of principal components; 0 for all
    before : Preparation
        steps around the classifier
    seed : int
        seed of these steps

    Returns
    -------
    classifier

    References
    ----------
    Cover and Hart, Nearest neighbor pattern classification, IEEE Transactions on Information Theory 13, 1967.
    """
    return before.then(make_pipeline(Rotated(n_components), NearestUtterances(n_neighbours)), seed)

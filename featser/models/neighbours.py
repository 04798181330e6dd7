"""Classifiers by example: the emotions of the most similar utterances."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline

from featser.models.linear import Rotated
from featser.models.preparation import CLIPPED, Preparation


def knn(
    n_neighbours: int = 15, n_components: int = 100, before: Preparation = CLIPPED, seed: int = 0
) -> ClassifierMixin:
    """Vote of the nearest utterances by the angle between them, on principal components.

    References
    ----------
    Cover and Hart, Nearest neighbor pattern classification, IEEE Transactions on Information Theory 13, 1967.
    """
    return before.then(make_pipeline(Rotated(n_components), NearestUtterances(n_neighbours)), seed)


class NearestUtterances(KNeighborsClassifier):  # type: ignore[misc]
    """The nearest utterances by cosine distance, each with a say that falls with it; all of them where there are fewer.

    Parameters
    ----------
    n_neighbours : int
    """

    def __init__(self, n_neighbours: int = 15):
        super().__init__(weights="distance", metric="cosine", algorithm="brute", n_jobs=1)
        self.n_neighbours = n_neighbours

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Self:
        """Remember the utterances."""
        self.n_neighbors = min(self.n_neighbours, len(X))
        return super().fit(X, y)

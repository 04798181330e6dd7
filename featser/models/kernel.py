"""Support vector machines, with kernels computed as one matrix product."""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit
from sklearn.base import ClassifierMixin
from sklearn.svm import SVC

from featser.models.preparation import CLIPPED, Preparation
from featser.models.shared import shared

Matrix = NDArray[np.float64]

_STEEPNESS = 2.0
"""Of the logistic curve over margins: at the edge of the street it says 0.88; a temperature is learnt after it."""


@dataclass(frozen=True)
class GaussianKernel:
    r"""Gaussian kernel whose width grows with the number of features.

    .. math:: k(x, y) = \exp(-\gamma \lVert x - y \rVert^2 / n_\mathrm{features})

    On standardised features ``gamma=1`` is what scikit-learn calls ``gamma="scale"``; as a product of matrices it
    takes a quarter of the time of the solver's own loop.
    """

    gamma: float = 1.0

    def __call__(self, X: Matrix, Y: Matrix) -> Matrix:
        """Kernel of all pairs of rows, shape ``(len(X), len(Y))``."""
        squares = (X**2).sum(axis=1)[:, None] + (Y**2).sum(axis=1)[None, :]
        distances = np.maximum(squares - 2 * _products(X, Y), 0)
        return np.exp(-self.gamma / X.shape[1] * distances)


@dataclass(frozen=True)
class LinearKernel:
    """Inner product of features; ``C`` then means what it means in the literature."""

    def __call__(self, X: Matrix, Y: Matrix) -> Matrix:
        """Kernel of all pairs of rows, shape ``(len(X), len(Y))``."""
        return _products(X, Y)


def _products(X: Matrix, Y: Matrix) -> Matrix:
    """Inner products of all pairs of rows: the same for every ``C`` and every width of the kernel."""
    route = (X is Y, X.flags.c_contiguous, Y.flags.c_contiguous)  # each rounds in its own way
    return shared("products", lambda: X @ Y.T, X, Y, setting=route)


def svm(C: float = 10.0, gamma: float = 0.3, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Support vector machine with a Gaussian kernel on standardised functionals.

    ``class_weight="balanced"`` because the score that counts is UAR.

    References
    ----------
    Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995.
    """
    return before.then(_machine(GaussianKernel(gamma), C, seed), seed)


def linear_svm(C: float = 0.001, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Linear support vector machine: the classic baseline of the INTERSPEECH challenges.

    References
    ----------
    Schuller, Steidl and Batliner, The INTERSPEECH 2009 emotion challenge, 2009.
    """
    return before.then(_machine(LinearKernel(), C, seed), seed)


class PairwiseSVC(SVC):  # type: ignore[misc]
    """Support vector machines of all pairs of emotions, put together by how sure each is, not by their votes.

    Votes are whole numbers, which order utterances by certainty badly.

    Parameters
    ----------
    kernel : callable
    C : float
        inverse penalty
    """

    def __init__(self, kernel: Any, C: float = 1.0, seed: int = 0):
        super().__init__(C=C, kernel=kernel, class_weight="balanced", decision_function_shape="ovo", random_state=seed)
        self.seed = seed

    def decision_function(self, X: Matrix) -> Matrix:
        """Sum, over the pairs that an emotion is in, of the log probability that a logistic curve gives it.

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)], or (n_utterances,) for two classes
        """
        margins = super().decision_function(X)
        if len(self.classes_) == 2:
            return margins
        scores = np.zeros((len(X), len(self.classes_)))
        for pair, (one, other) in enumerate(combinations(range(len(self.classes_)), 2)):
            scores[:, one] += log_expit(_STEEPNESS * margins[:, pair])
            scores[:, other] += log_expit(-_STEEPNESS * margins[:, pair])
        return scores


def _machine(kernel: GaussianKernel | LinearKernel, C: float, seed: int) -> PairwiseSVC:
    return PairwiseSVC(kernel, C, seed)

"""Support vector machines with kernels that are computed by matrix products."""

from dataclasses import dataclass
from itertools import combinations
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit
from sklearn.base import ClassifierMixin
from sklearn.svm import SVC

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.file_checks import PartCheck, require
from featser.models.limits import Positive
from featser.models.preparation import CLIPPED, Preparation
from featser.models.shared import shared

Matrix = NDArray[np.float64]

STEEPNESS = 2.0
"""Slope of the logistic curve over margins: a margin of 1 becomes 0.88 before calibration."""


@dataclass(frozen=True)
class GaussianKernel:
    r"""Gaussian kernel whose width grows with the number of features.

    .. math:: k(x, y) = \exp(-\gamma \lVert x - y \rVert^2 / n_\mathrm{features})

    For standardised features ``gamma=1`` equals scikit-learn's ``gamma="scale"``. The matrix product takes a quarter
    of the time of the solver's own loop.

    Attributes
    ----------
    gamma : float
        inverse squared width
    """

    gamma: float = 1.0

    def __call__(self, X: Matrix, Y: Matrix) -> Matrix:
        """Return the kernel of all pairs of rows.

        Parameters
        ----------
        X : Matrix [shape=(n, n_features)]
        Y : Matrix [shape=(m, n_features)]

        Returns
        -------
        Matrix [shape=(n, m)]
        """
        squares = (X**2).sum(axis=1)[:, None] + (Y**2).sum(axis=1)[None, :]
        distances = np.maximum(squares - 2 * _products(X, Y), 0)
        return np.exp(-self.gamma / X.shape[1] * distances)


@dataclass(frozen=True)
class LinearKernel:
    """Inner product of feature vectors."""

    def __call__(self, X: Matrix, Y: Matrix) -> Matrix:
        """Return the kernel of all pairs of rows; parameters as those of `GaussianKernel`."""
        return _products(X, Y)


def _products(X: Matrix, Y: Matrix) -> Matrix:
    """Inner products of all pairs of rows, shared between all values of ``C`` and ``gamma``."""
    layout = (X is Y, X.flags.c_contiguous, Y.flags.c_contiguous)  # rounding depends on it
    return shared("products", lambda: X @ Y.T, X, Y, setting=layout)


class PairwiseSVC(Classifier):
    """Support vector machines between all pairs of classes, combined by their margins.

    scikit-learn combines the pairs by votes, which are integers and rank utterances coarsely.

    Parameters
    ----------
    kernel : str
        ``gaussian`` or ``linear``
    gamma : float
        as in `GaussianKernel`; ignored by the linear kernel
    C : float
        inverse strength of the penalty

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    machine_ : SVC
        the fitted machines of all pairs
    """

    def __init__(self, kernel: str = "gaussian", gamma: float = 1.0, C: float = 1.0):
        self.kernel = kernel
        self.gamma = gamma
        self.C = C

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Fit a machine for each pair of classes, with class weights that are inverse to class frequencies.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]
            labels of at least two classes

        Returns
        -------
        PairwiseSVC
            the fitted instance
        """
        X, y = self._check_training(X, y)
        kernel = {"gaussian": GaussianKernel(self.gamma), "linear": LinearKernel()}[self.kernel]
        self.machine_ = SVC(C=self.C, kernel=kernel, class_weight="balanced", decision_function_shape="ovo").fit(X, y)
        return self

    def decision_function(self, X: Matrix) -> Matrix:
        """Sum the log probabilities that logistic curves over the margins give to each class.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)], or the margins (n_utterances,) for two classes
        """
        rows = self._check_rows(X)
        margins = self.machine_.decision_function(rows)
        if len(self.classes_) == 2:
            return margins
        scores = np.zeros((len(rows), len(self.classes_)))
        for pair, (one, other) in enumerate(combinations(range(len(self.classes_)), 2)):
            scores[:, one] += log_expit(STEEPNESS * margins[:, pair])
            scores[:, other] += log_expit(-STEEPNESS * margins[:, pair])
        return scores

    def predict(self, X: Matrix) -> NDArray[np.str_]:
        """Return the class with the highest score of each row, shape ``(n_utterances,)``."""
        scores = self.decision_function(X)
        best = (scores > 0).astype(np.int64) if scores.ndim == 1 else scores.argmax(axis=1)
        labels: NDArray[np.str_] = self.classes_[best]
        return labels


def _check_machine(machine: SVC) -> None:
    """Check the sizes and indices that LIBSVM takes from the fitted arrays without comparing them."""
    training, support = machine._BaseLibSVM__Xfit, machine.support_
    per_class, weights = machine._n_support, machine._dual_coef_
    n_classes, n_vectors = len(per_class), len(support)
    require(
        isinstance(machine.kernel, GaussianKernel | LinearKernel) and training.ndim == 2, "an SVM's kernel is unknown"
    )
    require(machine._sparse is False and "_impl" not in vars(machine), "an SVM is of an unknown kind")
    inside = np.all((support >= 0) & (support < len(training)))
    require(n_vectors > 0 and inside, "an SVM refers to a support vector that does not exist")
    complete = n_classes > 1 and np.all(per_class >= 0) and int(per_class.sum()) == n_vectors
    require(complete, "an SVM has support vectors without a class")
    require(weights.shape == (n_classes - 1, n_vectors), "an SVM has support vectors without weights")
    require(machine._intercept_.shape == (n_classes * (n_classes - 1) // 2,), "an SVM has pairs without intercepts")
    unused = (machine.support_vectors_, machine._probA, machine._probB)
    require(all(isinstance(each, np.ndarray) and each.size == 0 for each in unused), "an SVM is of an unknown kind")


_STORES = ("featser.models.kernel.PairwiseSVC", "sklearn.svm._classes.SVC")
_CHECKS = (PartCheck(SVC, "support_", _check_machine),)


@model(
    "svm",
    search={"C": {"low": 1.0, "high": 100.0, "log": True}, "gamma": {"low": 0.1, "high": 3.0, "log": True}},
    stores=(*_STORES, "featser.models.kernel.GaussianKernel"),
    checks=_CHECKS,
)
def svm(C: Positive = 10.0, gamma: Positive = 0.3, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Support vector machine with a Gaussian kernel on standardised functionals.

    Classes are weighted equally, because UAR weights them equally.

    Parameters
    ----------
    C : float
        inverse strength of the penalty
    gamma : float
        inverse squared width of the kernel, as in `GaussianKernel`
    before : Preparation
        steps around the classifier
    seed : int
        seed of these steps

    Returns
    -------
    classifier

    References
    ----------
    Cortes and Vapnik, Support-vector networks, Machine Learning 20, 1995.
    """
    return before.then(PairwiseSVC("gaussian", gamma, C), seed)


@model(
    "linear-svm",
    search={"C": {"low": 1e-5, "high": 0.1, "log": True}},
    stores=(*_STORES, "featser.models.kernel.LinearKernel"),
    checks=_CHECKS,
)
def linear_svm(C: Positive = 0.001, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Linear support vector machine: the baseline of the INTERSPEECH challenges.

    Parameters
    ----------
    C : float
        inverse strength of the penalty
    before : Preparation
        steps around the classifier
    seed : int
        seed of these steps

    Returns
    -------
    classifier

    References
    ----------
    Schuller, Steidl and Batliner, The INTERSPEECH 2009 emotion challenge, 2009.
    """
    return before.then(PairwiseSVC("linear", C=C), seed)

"""Linear models: logistic regression and discriminant analysis."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

from featser.errors import UsageError
from featser.models.preparation import CLIPPED, Preparation
from featser.models.shared import shared

Matrix = NDArray[np.float64]

_SMALLEST_VARIANCE = 1e-9
"""Directions with less than this share of the largest variance are rounding."""


def logreg(C: float = 0.003, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Multinomial logistic regression with an L2 penalty on standardised functionals.

    References
    ----------
    Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, sec. 4.4.
    """
    classifier = LogisticRegression(C=C, class_weight="balanced", max_iter=2000, random_state=seed)
    return before.then(make_pipeline(Rotated(), classifier), seed)


def lda(
    n_components: int = 300, shrinkage: float = 0.3, before: Preparation = CLIPPED, seed: int = 0
) -> ClassifierMixin:
    """Linear discriminant analysis with a shrunken covariance, on principal components of the functionals.

    Every emotion is taken to be equally frequent, because the score that counts is UAR.

    Raises
    ------
    UsageError
        no such shrinkage

    References
    ----------
    Friedman, Regularized discriminant analysis, Journal of the American Statistical Association 84, 1989.
    """
    if not 0 < shrinkage <= 1:
        raise UsageError(f"lda: shrinkage = {shrinkage}. It would be above 0 and at most 1.")
    return before.then(make_pipeline(Rotated(n_components), EvenDiscriminant(shrinkage)), seed)


class EvenDiscriminant(LinearDiscriminantAnalysis):  # type: ignore[misc]
    """Linear discriminant analysis that takes all classes to be equally frequent.

    scikit-learn's own fit asks for a singular value decomposition of the covariance, which on all principal components
    takes ten times as long as everything else, and keeps other threads waiting. A shrunken covariance is positive
    definite, so one linear system gives the same answer.

    Parameters
    ----------
    shrinkage : float
        share of the identity in the covariance, above 0 up to 1
    """

    def __init__(self, shrinkage: float = 0.3):
        super().__init__(solver="lsqr", shrinkage=shrinkage)

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Learn means and the shared covariance."""
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y, return_inverse=True)
        n_classes = len(self.classes_)
        self.priors_ = np.full(n_classes, 1 / n_classes)
        self.means_ = np.stack([X[codes == code].mean(axis=0) for code in range(n_classes)])
        deviations = (X - self.means_[codes]) / np.sqrt(n_classes * np.bincount(codes))[codes, None]
        covariance = (1 - self.shrinkage) * (deviations.T @ deviations)
        covariance[np.diag_indices_from(covariance)] += self.shrinkage * np.square(deviations).sum() / X.shape[1]
        weights = np.linalg.solve(covariance, self.means_.T).T
        intercepts = np.log(self.priors_) - 0.5 * (self.means_ * weights).sum(axis=1)
        pair = n_classes == 2  # then one plane says it all
        self.coef_ = weights[1:] - weights[:1] if pair else weights
        self.intercept_ = intercepts[1:] - intercepts[:1] if pair else intercepts
        return self


class Rotated(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Principal components by the smaller of the two Gram matrices.

    All of them hold what the features hold, in no more columns than there are utterances: a classifier with an L2
    penalty then finds the same answer several times faster.

    Parameters
    ----------
    n_components : int
        the first so many; 0 for all
    """

    def __init__(self, n_components: int = 0):
        self.n_components = n_components

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: ARG002 - as every transformer
        """Learn the mean and the directions."""
        self.n_features_in_ = X.shape[1]
        self.mean_, self.directions_ = shared(
            "directions", lambda: _directions(X, self.n_components), X, setting=self.n_components
        )
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return features along the directions, shape ``(n_utterances, n_components)``."""
        check_is_fitted(self)
        return (X - self.mean_) @ self.directions_


def _directions(X: Matrix, n_components: int) -> tuple[NDArray[np.float64], Matrix]:
    """Mean, and orthogonal directions of falling variance, shape ``(n_features, n_directions)``; 0 for all of them."""
    mean = X.mean(axis=0)
    centred = X - mean
    wide = X.shape[1] > len(X)
    gram = centred @ centred.T if wide else centred.T @ centred
    values, vectors = np.linalg.eigh(gram)  # SciPy's would keep the other folds waiting: it holds the interpreter
    order = np.argsort(-values, kind="stable")[: n_components or None]
    order = order[values[order] > _SMALLEST_VARIANCE * values.max()]
    vectors, values = vectors[:, order], values[order]
    directions: Matrix = centred.T @ (vectors / np.sqrt(values)) if wide else vectors
    leading = np.abs(directions).argmax(axis=0)
    return mean, directions * np.sign(directions[leading, np.arange(directions.shape[1])])

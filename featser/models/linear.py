"""Linear models: logistic regression and discriminant analysis."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.validation import check_is_fitted

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


def lda(shrinkage: float = 0.5, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Linear discriminant analysis whose covariance is shrunken halfway to one that is the same in every direction.

    Every emotion is taken to be equally frequent, because the score that counts is UAR.

    References
    ----------
    Friedman, Regularized discriminant analysis, Journal of the American Statistical Association 84, 1989.
    """
    return before.then(EvenDiscriminant(shrinkage), seed)


class EvenDiscriminant(LinearDiscriminantAnalysis):  # type: ignore[misc]
    """Linear discriminant analysis that takes all classes to be equally frequent.

    scikit-learn's own fit asks for a singular value decomposition of the covariance of the features. A shrunken
    covariance is positive definite, so one linear system gives the same answer, and where there are more features than
    utterances one that is as large as there are utterances (Woodbury's identity).

    Parameters
    ----------
    shrinkage : float
        share of the identity in the covariance, above 0 up to 1
    """

    def __init__(self, shrinkage: float = 0.5):
        super().__init__(solver="lsqr", shrinkage=shrinkage)

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Learn means and the shared covariance."""
        self.n_features_in_ = X.shape[1]
        self.classes_, codes = np.unique(y, return_inverse=True)
        n_classes = len(self.classes_)
        self.priors_ = np.full(n_classes, 1 / n_classes)
        centre = X.mean(axis=0)
        centred = X - centre
        means = np.stack([centred[codes == code].mean(axis=0) for code in range(n_classes)])
        deviations = (centred - means[codes]) / np.sqrt(n_classes * np.bincount(codes))[codes, None]
        weights = self._weights(deviations, means)
        intercepts = np.log(self.priors_) - 0.5 * (means * weights).sum(axis=1) - weights @ centre
        pair = n_classes == 2  # then one plane says it all
        self.coef_ = weights[1:] - weights[:1] if pair else weights
        self.intercept_ = intercepts[1:] - intercepts[:1] if pair else intercepts
        return self

    def _weights(self, deviations: Matrix, means: Matrix) -> Matrix:
        """Inverse of the shrunken covariance times the means, through whichever of the two Gram matrices is smaller.

        The identity stands for the mean variance over the directions in which the utterances differ at all.
        """
        n_utterances, n_features = deviations.shape
        own = 1 - self.shrinkage
        spread = np.square(deviations).sum() / min(n_utterances - 1, n_features) or 1.0  # one of each does not vary
        common = self.shrinkage * spread
        wide = n_features > n_utterances
        gram = own * (deviations @ deviations.T if wide else deviations.T @ deviations)
        gram[np.diag_indices_from(gram)] += common
        if not wide:
            return np.asarray(np.linalg.solve(gram, means.T).T)
        seen = np.linalg.solve(gram, own * (deviations @ means.T))
        return (means - seen.T @ deviations) / common


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

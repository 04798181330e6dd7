"""Linear models: logistic regression and linear discriminant analysis."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, TransformerMixin
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.utils.extmath import softmax
from sklearn.utils.validation import check_is_fitted, validate_data

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.discriminant_steps import weights_in_steps
from featser.models.limits import Fraction, Positive
from featser.models.preparation import CLIPPED, Preparation
from featser.models.shared import shared

Matrix = NDArray[np.float64]

_ROWS_AT_A_TIME = 64

_LARGE = 2000
"""Systems with more unknowns are solved by `weights_in_steps`."""

_SMALLEST_VARIANCE = 1e-9
"""Principal components with a smaller share of the largest variance are rounding errors."""


@model(
    "logreg",
    search={"C": {"low": 1e-5, "high": 1.0, "log": True}},
    stores=(
        "featser.models.linear.Rotated",
        "sklearn.linear_model._logistic.LogisticRegression",
        "sklearn.pipeline.Pipeline",
    ),
)
def logreg(C: Positive = 0.003, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Multinomial logistic regression with an L2 penalty on standardised functionals.

    Parameters
    ----------
    C : float
        inverse strength of the penalty
    before : Preparation
        steps around the classifier
    seed : int
        seed of the solver and of these steps

    Returns
    -------
    classifier

    References
    ----------
    Hastie, Tibshirani and Friedman, The elements of statistical learning, 2009, sec. 4.4.
    """
    classifier = LogisticRegression(C=C, class_weight="balanced", max_iter=2000, random_state=seed)
    return before.then(make_pipeline(Rotated(), classifier), seed)


@model(
    "lda",
    search={"shrinkage": {"low": 0.1, "high": 0.9}},
    stores=("featser.models.linear.EvenDiscriminant",),
)
def lda(shrinkage: Fraction = 0.5, before: Preparation = CLIPPED, seed: int = 0) -> ClassifierMixin:
    """Linear discriminant analysis with the covariance shrunk halfway (0.5) towards a multiple of the identity.

    All emotions have the same prior probability, because UAR weights them equally.

    Parameters
    ----------
    shrinkage : float
        weight of the identity in the covariance, above 0 up to 1
    before : Preparation
        steps around the classifier
    seed : int
        seed of these steps

    Returns
    -------
    classifier

    References
    ----------
    Friedman, Regularized discriminant analysis, Journal of the American Statistical Association 84, 1989.
    """
    return before.then(EvenDiscriminant(shrinkage), seed)


class EvenDiscriminant(Classifier):
    """Linear discriminant analysis with equal prior probabilities of all classes.

    scikit-learn's own implementation computes a singular value decomposition of the covariance of the features. A
    shrunk covariance is positive definite, so one linear system gives the same result; if there are more features
    than utterances, Woodbury's identity reduces it to as many unknowns as there are utterances.

    Parameters
    ----------
    shrinkage : float
        weight of the identity in the covariance, above 0 up to 1

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    coef_ : Matrix [shape=(n_classes, n_features)]
        one row only for two classes
    intercept_ : NDArray [shape=(n_classes,)]
        one value only for two classes
    """

    def __init__(self, shrinkage: float = 0.5):
        self.shrinkage = shrinkage

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Estimate the means and the shared covariance.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]
            labels of at least two classes

        Returns
        -------
        EvenDiscriminant
            the fitted instance
        """
        X, y = self._check_training(X, y)
        codes = np.searchsorted(self.classes_, y)
        n_classes = len(self.classes_)
        in_steps = weights_in_steps(X, codes, self.shrinkage) if min(X.shape) > _LARGE else None
        means, weights = in_steps or self._weights(X, codes)
        centre = X.mean(axis=0)
        intercepts = np.log(np.full(n_classes, 1 / n_classes)) - 0.5 * (means * weights).sum(axis=1) - weights @ centre
        pair = n_classes == 2  # the difference of both discriminants is enough
        self.coef_ = weights[1:] - weights[:1] if pair else weights
        self.intercept_ = intercepts[1:] - intercepts[:1] if pair else intercepts
        return self

    def decision_function(self, X: Matrix) -> Matrix:
        """Return the discriminant of each class.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)], or their difference (n_utterances,) for two classes
        """
        rows = self._check_rows(X)
        scores: Matrix = rows @ self.coef_.T + self.intercept_
        return scores[:, 0] if len(self.classes_) == 2 else scores

    def predict_proba(self, X: Matrix) -> Matrix:
        """Return posterior probabilities, shape ``(n_utterances, n_classes)``; parameters as `decision_function`."""
        scores = self.decision_function(X)
        if scores.ndim == 1:
            second = expit(scores)
            return np.stack([1 - second, second], axis=1)
        probabilities: Matrix = softmax(scores)
        return probabilities

    def _weights(self, X: Matrix, codes: NDArray[np.int64]) -> tuple[Matrix, Matrix]:
        """Solve for the inverse of the shrunk covariance times the means, by the smaller of the two Gram matrices.

        The identity is scaled to the mean variance over the directions in which the utterances vary.
        """
        n_utterances, n_features = X.shape
        counts = np.bincount(codes)
        centred = X - X.mean(axis=0)
        means = np.stack([centred[codes == code].mean(axis=0) for code in range(len(counts))])
        scale = np.sqrt(len(counts) * counts)[codes, None]
        for start in range(0, n_utterances, _ROWS_AT_A_TIME):  # in place: copies take longer
            rows = slice(start, start + _ROWS_AT_A_TIME)
            centred[rows] = (centred[rows] - means[codes[rows]]) / scale[rows]
        deviations = centred
        own = 1 - self.shrinkage
        spread = np.square(deviations).sum() / min(n_utterances - 1, n_features) or 1.0  # 0 for one utterance per class
        common = self.shrinkage * spread
        wide = n_features > n_utterances
        gram = own * (deviations @ deviations.T if wide else deviations.T @ deviations)
        gram[np.diag_indices_from(gram)] += common
        if not wide:
            return means, np.asarray(np.linalg.solve(gram, means.T).T)
        projected = np.linalg.solve(gram, own * (deviations @ means.T))
        return means, (means - projected.T @ deviations) / common


class Rotated(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Principal components, computed from the smaller of the two Gram matrices.

    All components together contain the same information as the features in at most as many columns as there are
    utterances, so a classifier with an L2 penalty finds the same solution several times faster.

    Parameters
    ----------
    n_components : int
        number of leading components to keep; 0 for all

    Attributes
    ----------
    mean_ : NDArray [shape=(n_features,)]
    directions_ : Matrix [shape=(n_features, n_kept)]
    """

    def __init__(self, n_components: int = 0):
        self.n_components = n_components

    def fit(self, X: Matrix, y: object = None) -> Self:  # noqa: ARG002 - as every transformer
        """Estimate the mean and the directions.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : object
            ignored

        Returns
        -------
        Rotated
            the fitted instance
        """
        X = validate_data(self, X, dtype=np.float64)
        self.mean_, self.directions_ = shared(
            "directions", lambda: _directions(X, self.n_components), X, setting=self.n_components
        )
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Project features on the directions.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_kept)]
        """
        check_is_fitted(self)
        rows: Matrix = validate_data(self, X, dtype=np.float64, reset=False)
        return (rows - self.mean_) @ self.directions_


def _directions(X: Matrix, n_components: int) -> tuple[NDArray[np.float64], Matrix]:
    """Mean, and orthogonal directions of decreasing variance, shape ``(n_features, n_kept)``."""
    mean = X.mean(axis=0)
    centred = X - mean
    wide = X.shape[1] > len(X)
    gram = centred @ centred.T if wide else centred.T @ centred
    values, vectors = np.linalg.eigh(gram)  # SciPy's eigh holds the interpreter lock and blocks the other folds
    order = np.argsort(-values, kind="stable")[: n_components or None]
    order = order[values[order] > _SMALLEST_VARIANCE * values.max()]
    vectors, values = vectors[:, order], values[order]
    directions: Matrix = centred.T @ (vectors / np.sqrt(values)) if wide else vectors
    leading = np.abs(directions).argmax(axis=0)
    return mean, directions * np.sign(directions[leading, np.arange(directions.shape[1])])

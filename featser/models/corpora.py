"""Discriminant analysis of several corpora, for others that were not heard, and its adaptation without labels."""

from copy import copy
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from scipy.linalg import eigh
from sklearn.utils.extmath import randomized_range_finder

from featser.models.definition import model
from featser.models.limits import Count, Fraction
from featser.models.linear import EvenDiscriminant
from featser.models.preparation import CLIPPED, Preparation

Matrix = NDArray[np.float64]

_LEAST_AGREEMENT = 0.02
"""Added to the agreement of every feature, so that none is left out."""

SURE = 0.8
"""Share of the recordings of each predicted class, the surest ones, that adaptation learns from."""
OWN = 0.7
"""Weight of these recordings in means and scatter; the rest is that of training."""
ROUNDS = 4
_DIRECTIONS = 3
"""Discriminant directions in which recordings are compared with the training recordings."""
_SPARE, _ITERATIONS = 50, 4
"""Additional directions and iterations in the search for the leading components."""
_FEWEST = 3
"""Recordings of a predicted class below which its mean stays that of training."""


@model(
    "lda-corpora",
    search={"shrinkage": {"low": 0.1, "high": 0.9}},
    stores=("featser.models.corpora.CorporaDiscriminant",),
)
def lda_corpora(
    shrinkage: Fraction = 0.4, n_components: Count = 400, before: Preparation = CLIPPED, seed: int = 0
) -> Any:
    """Linear discriminant analysis in which every corpus has the same weight, for voices of other corpora.

    Features whose emotions differ between corpora have less weight, and the leading principal components are used.
    It needs several corpora; on one corpus it is discriminant analysis of principal components.

    Parameters
    ----------
    shrinkage : float
        weight of the identity in the covariance, above 0 up to 1
    n_components : int
        number of principal components
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
    Swets and Weng, Using discriminant eigenfeatures for image retrieval, IEEE PAMI 18, 1996 (principal components).
    """
    return before.then(CorporaDiscriminant(shrinkage, n_components), seed)


class CorporaDiscriminant(EvenDiscriminant):
    """Linear discriminant analysis of the leading components of several corpora, with equal weight of each corpus.

    Class means and the scatter within classes are kept; they are all that adaptation needs of the training rows.

    Parameters
    ----------
    shrinkage : float
        weight of the identity in the covariance, above 0 up to 1
    n_components : int
        number of principal components, at most one less than there are utterances

    Attributes
    ----------
    classes_, coef_, intercept_
        as of `EvenDiscriminant`
    centre_ : NDArray of float32 [shape=(n_features,)]
        weighted mean of the features
    basis_ : NDArray of float32 [shape=(n_features, n_kept)]
        components, times the weight of each feature
    means_ : Matrix [shape=(n_classes, n_kept)]
        component means of the classes
    scatter_ : Matrix [shape=(n_kept, n_kept)]
        mean covariance within the classes
    """

    def __init__(self, shrinkage: float = 0.4, n_components: int = 400):
        super().__init__(shrinkage)
        self.n_components = n_components

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Estimate components, means and scatter.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]
            labels of at least two classes
        groups : NDArray [shape=(n_utterances,)], optional
            speakers, as ``<corpus>/<speaker>``; without them all rows are of one corpus

        Returns
        -------
        CorporaDiscriminant
            the fitted instance
        """
        X, y = self._check_training(X, y)
        corpora = np.zeros(len(y)) if groups is None else corpora_of(groups)
        codes = np.searchsorted(self.classes_, y)
        _, corpus, counts = np.unique(corpora, return_inverse=True, return_counts=True)
        weights = len(y) / (len(counts) * counts[corpus])
        self.centre_ = np.average(X, axis=0, weights=weights).astype(np.float32)
        centred = X - self.centre_
        scale = np.sqrt(agreement(centred, codes, corpus) + _LEAST_AGREEMENT)
        scale /= np.sqrt(np.square(scale).mean())
        self.basis_ = scale.astype(np.float32)[:, None] * _components(centred * scale, weights, self.n_components)
        rows = centred @ self.basis_
        return self.solved(*_statistics(rows, codes, weights))

    def adapted(self, X: Matrix) -> Self:
        """Adapt means and scatter to recordings without labels, by anchored self-training.

        The classifier labels the recordings, and the surest of each class move means and scatter towards their own.
        This is repeated. The spread of the scores is kept, so that a temperature still applies.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        CorporaDiscriminant
            a copy with other ``means_``, ``scatter_``, ``coef_`` and ``intercept_``

        References
        ----------
        Amini and Gallinari, Semi-supervised logistic regression, ECAI 2002 (classification EM). Scudder, Probability of
        error of some adaptive pattern-recognition machines, IEEE Transactions on Information Theory 11, 1965.
        """
        rows = self.project(X)
        first = scores = _scores(rows, *_discriminant(self.means_, self.scatter_, self.shrinkage))
        means, scatter = self.means_, self.scatter_
        for _ in range(ROUNDS):
            means, scatter = self._moved(rows, scores, OWN)
            weights, constants = _discriminant(means, scatter, self.shrinkage)
            scores = _scores(rows, weights, constants)
        size = first.std() / (scores.std() or 1.0)
        result = copy(self)
        result.means_, result.scatter_ = means, scatter
        return result._set(weights * size, constants * size)

    def expressiveness(self, X: Matrix) -> float:
        """Compare how much recordings vary in the directions of the emotions with the training recordings.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        float
            share of the variance in each of the three leading discriminant directions, divided by that share in the
            training recordings, and averaged; about 0.6 for recordings of one emotion
        """
        offsets = self.means_ - self.means_.mean(axis=0)
        between = offsets.T @ offsets / len(offsets)
        n_directions = min(_DIRECTIONS, len(offsets) - 1)
        leading = [len(between) - n_directions, len(between) - 1]
        _, directions = eigh(between, _shrunk(self.scatter_, self.shrinkage), subset_by_index=leading)
        here, trained = (
            np.einsum("ij,ik,kj->j", directions, each, directions) / (np.trace(each) or 1.0)
            for each in (np.cov(self.project(X).T, bias=True), self.scatter_ + between)
        )
        return float(np.mean(here / trained))

    def project(self, X: Matrix) -> Matrix:
        """Return the components of rows, shape ``(n_utterances, n_kept)``."""
        components: Matrix = (self._check_rows(X) - self.centre_) @ self.basis_.astype(np.float64)
        return components

    def solved(self, means: Matrix, scatter: Matrix) -> Self:
        """Set the weights for other means and scatter of components; shapes as ``means_`` and ``scatter_``."""
        self.means_, self.scatter_ = means, scatter
        return self._set(*_discriminant(means, scatter, self.shrinkage))

    def _moved(self, rows: Matrix, scores: Matrix, own: float) -> tuple[Matrix, Matrix]:
        """Means and scatter of training, moved towards those of the surest rows of each predicted class."""
        predicted = scores.argmax(axis=1)
        ordered = np.sort(scores, axis=1)
        margins = ordered[:, -1] - ordered[:, -2]
        means, scatters = self.means_.copy(), []
        for code in range(len(means)):
            mine = np.flatnonzero(predicted == code)
            if len(mine) < _FEWEST:
                continue
            mine = mine[np.argsort(-margins[mine], kind="stable")[: max(_FEWEST, int(len(mine) * SURE))]]
            here = rows[mine].mean(axis=0)
            scatters.append((rows[mine] - here).T @ (rows[mine] - here) / len(mine))
            means[code] = (1 - own) * means[code] + own * here
        return means, (1 - own) * self.scatter_ + own * np.mean(scatters, axis=0) if scatters else self.scatter_

    def _set(self, weights: Matrix, constants: Matrix) -> Self:
        """Set ``coef_`` and ``intercept_`` from the discriminants of components."""
        coef = weights @ self.basis_.T.astype(np.float64)
        constants = constants - coef @ self.centre_
        pair = len(coef) == 2  # the difference of both discriminants is enough
        self.coef_ = coef[1:] - coef[:1] if pair else coef
        self.intercept_ = constants[1:] - constants[:1] if pair else constants
        return self


def corpora_of(speakers: NDArray[Any]) -> NDArray[np.str_]:
    """Return the corpus of each speaker: what precedes the first slash, or nothing.

    Parameters
    ----------
    speakers : NDArray [shape=(n_utterances,)]

    Returns
    -------
    NDArray of str [shape=(n_utterances,)]

    Examples
    --------
    >>> corpora_of(["emodb/03", "unknown"]).tolist()
    ['emodb', '']
    """
    return np.array([name.partition("/")[0] if "/" in name else "" for name in map(str, speakers)], dtype=np.str_)


def agreement(X: Matrix, codes: NDArray[np.int64], corpus: NDArray[np.int64]) -> Matrix:
    """Measure how alike the emotions differ in all corpora, for each feature.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    codes, corpus : NDArray of int [shape=(n_utterances,)]
        class and corpus of each utterance, both from 0

    Returns
    -------
    Matrix [shape=(n_features,)]
        share of the variance of class means, over corpora and classes, that all corpora have in common, 0 to 1; 1 for
        one corpus
    """
    n_corpora = corpus.max() + 1
    if n_corpora < 2:
        return np.ones(X.shape[1])
    profiles = np.full((n_corpora, codes.max() + 1, X.shape[1]), np.nan)
    for one in range(n_corpora):
        for code in np.unique(codes[corpus == one]):
            profiles[one, code] = X[(corpus == one) & (codes == code)].mean(axis=0)
    profiles -= np.nanmean(profiles, axis=1, keepdims=True)
    known = np.isfinite(profiles[:, :, 0]).sum(axis=0)  # corpora that have each class
    mean = np.nanmean(profiles, axis=0)
    apart = np.nansum(np.square(profiles - mean), axis=0)[known > 1] / (known[known > 1] - 1)[:, None]
    between = apart.mean(axis=0) if len(apart) else np.zeros(X.shape[1])
    common = np.maximum(np.square(mean).mean(axis=0) - between / n_corpora, 0.0)
    shares: Matrix = np.divide(common, common + between, out=np.ones(X.shape[1]), where=common + between > 0)
    return shares


def _discriminant(means: Matrix, scatter: Matrix, shrinkage: float) -> tuple[Matrix, Matrix]:
    """Weights, shape ``(n_classes, n_kept)``, and constants of the discriminants of components."""
    middle = means.mean(axis=0)
    weights: Matrix = np.linalg.solve(_shrunk(scatter, shrinkage), (means - middle).T).T
    return weights, -0.5 * ((means - middle) * weights).sum(axis=1) - weights @ middle


def _shrunk(scatter: Matrix, shrinkage: float) -> Matrix:
    """Covariance moved towards a multiple of the identity."""
    shrunk: Matrix = (1 - shrinkage) * scatter
    shrunk[np.diag_indices_from(shrunk)] += shrinkage * (np.trace(scatter) / max(len(scatter), 1) or 1.0)
    return shrunk


def _scores(rows: Matrix, weights: Matrix, constants: Matrix) -> Matrix:
    """Centred scores of the classes."""
    scores = rows @ weights.T + constants
    centred: Matrix = scores - scores.mean(axis=1, keepdims=True)
    return centred


def _components(centred: Matrix, weights: Matrix, n_components: int) -> NDArray[np.float32]:
    """Leading directions of weighted rows, shape ``(n_features, n_kept)``, from the Gram matrix of the rows."""
    rows = (centred * np.sqrt(weights)[:, None]).astype(np.float32)
    wide = rows.shape[1] > len(rows)
    gram = rows @ rows.T if wide else rows.T @ rows
    n_kept = max(1, min(n_components, len(rows) - 1, rows.shape[1]))
    if n_kept < len(gram) // 4:
        values, vectors = _leading(gram, n_kept)
    else:
        values, vectors = np.linalg.eigh(gram.astype(np.float64))
    order = np.argsort(-values, kind="stable")[:n_kept]
    order = order[values[order] > 1e-9 * values[order[0]]]
    vectors, values = vectors[:, order], values[order]
    directions = rows.T @ (vectors / np.sqrt(values)) if wide else vectors
    leading = np.abs(directions).argmax(axis=0)
    turned: NDArray[np.float32] = directions * np.sign(directions[leading, np.arange(len(order))])
    return turned.astype(np.float32)


def _leading(gram: NDArray[np.float32], n_kept: int) -> tuple[Matrix, Matrix]:
    """Leading eigenvalues and eigenvectors, by subspace iteration.

    Halko, Martinsson and Tropp, Finding structure with randomness, SIAM Review 53, 2011, algorithm 4.4.
    """
    space = randomized_range_finder(gram, size=n_kept + _SPARE, n_iter=_ITERATIONS, random_state=0)
    values, vectors = np.linalg.eigh((space.T @ (gram @ space)).astype(np.float64))
    return values, space @ vectors


def _statistics(rows: Matrix, codes: NDArray[np.int64], weights: Matrix) -> tuple[Matrix, Matrix]:
    """Weighted class means, and the mean of the weighted covariances within the classes."""
    n_classes = codes.max() + 1
    totals = np.bincount(codes, weights)
    means = (np.eye(n_classes)[codes].T @ (rows * weights[:, None])) / totals[:, None]
    deviations = (rows - means[codes]) * np.sqrt(weights / (n_classes * totals[codes]))[:, None]
    return means, deviations.T @ deviations

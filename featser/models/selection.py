"""Which features a classifier looks at, chosen on training speakers."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import f_classif
from sklearn.svm import LinearSVC
from sklearn.utils.validation import check_is_fitted

Matrix = NDArray[np.float64]
Scores = NDArray[np.float64]

SELECTIONS = ("none", "univariate", "mrmr", "l1", "stability")
"""All features; those whose means differ most between emotions; the same, but little correlated with each other; those
that a sparse linear machine keeps; those that differ whichever speaker is left out."""

_POOL = 5
"""Redundancy is looked at among five times as many features as are kept, the best by themselves."""


_NOISE = 0.1
"""Mean correlations below a tenth are chance at the size of these corpora, and no reason to prefer a feature."""


class Selected(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Keeps the features that rank highest by one of `SELECTIONS`.

    Parameters
    ----------
    selection : str
    n_selected : int
        features kept; all of them where there are no more
    seed : int
        of the sparse linear machine
    """

    def __init__(self, selection: str = "none", n_selected: int = 1000, seed: int = 0):
        self.selection = selection
        self.n_selected = n_selected
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Choose columns.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            scaled, without gaps
        groups : NDArray [shape=(n_utterances,)], optional
            speakers, for ``stability``; without them each tenth of the utterances is left out in turn
        """
        self.n_features_in_ = X.shape[1]
        if self.selection == "none" or self.n_selected >= X.shape[1]:
            self.columns_ = np.arange(X.shape[1])
        elif self.selection == "mrmr":
            self.columns_ = np.sort(least_redundant(X, univariate(X, y), self.n_selected))
        else:
            scores = {
                "univariate": lambda: univariate(X, y),
                "l1": lambda: sparse_weights(X, y, self.seed),
                "stability": lambda: stability(X, y, groups),
            }[self.selection]()
            self.columns_ = np.sort(np.argsort(-scores, kind="stable")[: self.n_selected])
        return self

    def transform(self, X: Matrix) -> Matrix:
        """Return the kept columns."""
        check_is_fitted(self)
        return X if len(self.columns_) == self.n_features_in_ else X[:, self.columns_]


def univariate(X: Matrix, y: NDArray[np.str_]) -> Scores:
    """F statistic of each feature over the emotions; 0 for a feature that does not vary."""
    varies = X.max(axis=0) > X.min(axis=0)
    scores = np.zeros(X.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):  # a feature that varies between emotions only
        scores[varies] = f_classif(X[:, varies], y)[0]
    return np.nan_to_num(scores, posinf=np.finfo(np.float64).max)


def least_redundant(X: Matrix, relevance: Scores, n_selected: int) -> NDArray[np.int64]:
    """Columns that tell emotions apart and repeat each other least, best first (mRMR, F statistic over correlation).

    References
    ----------
    Ding and Peng, Minimum redundancy feature selection from microarray gene expression data, 2005.
    """
    pool = np.argsort(-relevance, kind="stable")[: _POOL * n_selected]
    centred = X[:, pool] - X[:, pool].mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, spread, out=np.zeros_like(centred), where=spread > 0)
    free = np.ones(len(pool), dtype=bool)
    redundancy = np.zeros(len(pool))
    chosen = []
    for n_chosen in range(n_selected):
        worth = np.where(free, relevance[pool] / (np.maximum(redundancy / max(n_chosen, 1), _NOISE)), -1.0)
        best = int(worth.argmax())
        chosen.append(best)
        free[best] = False
        redundancy += np.abs(unit[:, best] @ unit)
    return pool[chosen]


def sparse_weights(X: Matrix, y: NDArray[np.str_], seed: int) -> Scores:
    """Largest weight of each feature in a linear machine with an L1 penalty."""
    machine = LinearSVC(C=0.05, penalty="l1", dual=False, class_weight="balanced", tol=1e-2, random_state=seed)
    return np.abs(machine.fit(X, y).coef_).max(axis=0)


def stability(X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None) -> Scores:
    """How low each feature's rank by `univariate` falls when one speaker is left out: its worst, negative.

    References
    ----------
    Meinshausen and Buehlmann, Stability selection, Journal of the Royal Statistical Society B 72, 2010 (the idea of
    keeping what subsamples agree on; here a subsample lacks a speaker).
    """
    parts = np.arange(len(y)) % 10 if groups is None else groups
    worst = np.zeros(X.shape[1])
    for part in np.unique(parts):
        kept = parts != part
        if len(set(y[kept])) < 2:
            continue
        order = np.argsort(-univariate(X[kept], y[kept]), kind="stable")
        ranks = np.empty(len(order))
        ranks[order] = np.arange(len(order))
        worst = np.maximum(worst, ranks)
    return -worst

"""Feature selection on the training part of a fold."""

from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.feature_selection import f_classif
from sklearn.svm import LinearSVC
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

Matrix = NDArray[np.float64]
Scores = NDArray[np.float64]

SELECTIONS = ("none", "univariate", "mrmr", "l1", "stability")
"""``none``: all features; ``univariate``: highest F statistic over the emotions; ``mrmr``: high F statistic and low
correlation with the features already chosen; ``l1``: largest weights of a linear SVM with an L1 penalty;
``stability``: best F statistic rank in the worst case over leaving out one speaker."""

_POOL = 5
"""mRMR chooses from the best features by F statistic, five times as many as it keeps."""

_NOISE = 0.1
"""Lower bound of the mean correlation in mRMR; smaller correlations are chance at the size of these corpora."""


class Selected(TransformerMixin, BaseEstimator):  # type: ignore[misc]
    """Keep the features that rank highest.

    Parameters
    ----------
    selection : str
        one of `SELECTIONS`
    n_selected : int
        number of features to keep; all are kept if there are fewer
    seed : int
        seed of the linear SVM of ``l1``

    Attributes
    ----------
    columns_ : NDArray [shape=(n_kept,)]
        increasing column numbers of the kept features
    """

    def __init__(self, selection: str = "none", n_selected: int = 1000, seed: int = 0):
        self.selection = selection
        self.n_selected = n_selected
        self.seed = seed

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.target_tags.required = True
        return tags

    def fit(self, X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None = None) -> Self:
        """Choose columns.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            scaled, without undefined values
        y : NDArray [shape=(n_utterances,)]
            emotions
        groups : NDArray [shape=(n_utterances,)], optional
            speakers, for ``stability``; without them it leaves out a tenth of the utterances at a time

        Returns
        -------
        Selected
            the fitted instance
        """
        X, y = validate_data(self, X, y, dtype=np.float64, ensure_min_samples=2)
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
        """Return the kept columns.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]

        Returns
        -------
        Matrix [shape=(n_utterances, n_kept)]
        """
        check_is_fitted(self)
        rows: Matrix = validate_data(self, X, dtype=np.float64, reset=False)
        return rows if len(self.columns_) == self.n_features_in_ else rows[:, self.columns_]


def univariate(X: Matrix, y: NDArray[np.str_]) -> Scores:
    """Compute the F statistic of each feature over the emotions.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    y : NDArray [shape=(n_utterances,)]

    Returns
    -------
    Scores [shape=(n_features,)]
        0 for a constant feature; the largest float for one that is constant within every emotion
    """
    varies = X.max(axis=0) > X.min(axis=0)
    scores = np.zeros(X.shape[1])
    with np.errstate(divide="ignore", invalid="ignore"):  # features that are constant within every emotion
        scores[varies] = f_classif(X[:, varies], y)[0]
    return np.nan_to_num(scores, posinf=np.finfo(np.float64).max)


def least_redundant(X: Matrix, relevance: Scores, n_selected: int) -> NDArray[np.int64]:
    """Choose features one by one by their relevance divided by their mean correlation with those chosen (mRMR).

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    relevance : Scores [shape=(n_features,)]
        F statistic of each feature
    n_selected : int
        number of features to choose

    Returns
    -------
    NDArray [shape=(n_selected,)]
        column numbers in the order of choice

    References
    ----------
    Ding and Peng, Minimum redundancy feature selection from microarray gene expression data, 2005.
    """
    pool = np.argsort(-relevance, kind="stable")[: _POOL * n_selected]
    centred = X[:, pool] - X[:, pool].mean(axis=0)
    norm = np.sqrt((centred**2).sum(axis=0))
    unit = np.divide(centred, norm, out=np.zeros_like(centred), where=norm > 0)
    free = np.ones(len(pool), dtype=bool)
    redundancy = np.zeros(len(pool))
    chosen = []
    for n_chosen in range(n_selected):
        ratio = relevance[pool] / np.maximum(redundancy / max(n_chosen, 1), _NOISE)
        best = int(np.where(free, ratio, -1.0).argmax())
        chosen.append(best)
        free[best] = False
        redundancy += np.abs(unit[:, best] @ unit)
    return pool[chosen]


def sparse_weights(X: Matrix, y: NDArray[np.str_], seed: int) -> Scores:
    """Compute each feature's largest absolute weight over the classes of a linear SVM with an L1 penalty.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    y : NDArray [shape=(n_utterances,)]
    seed : int

    Returns
    -------
    Scores [shape=(n_features,)]
    """
    machine = LinearSVC(C=0.05, penalty="l1", dual=False, class_weight="balanced", tol=1e-2, random_state=seed)
    return np.abs(machine.fit(X, y).coef_).max(axis=0)


def stability(X: Matrix, y: NDArray[np.str_], groups: NDArray[Any] | None) -> Scores:
    """Rank features by F statistic without each speaker in turn, and return each feature's worst rank.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
    y : NDArray [shape=(n_utterances,)]
    groups : NDArray [shape=(n_utterances,)], optional
        speakers; without them a tenth of the utterances is left out in turn

    Returns
    -------
    Scores [shape=(n_features,)]
        minus the worst rank, so that larger is better

    References
    ----------
    Meinshausen and Buehlmann, Stability selection, Journal of the Royal Statistical Society B 72, 2010; here each
    subsample leaves out one speaker.
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

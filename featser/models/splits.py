"""Folds inside training data: by speaker where speakers are known, stratified by emotion."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.model_selection import StratifiedGroupKFold, StratifiedKFold

Rows = NDArray[np.int64]


def split_by_speaker(
    y: NDArray[np.str_], groups: NDArray[Any] | None, n_folds: int, seed: int
) -> Sequence[tuple[Rows, Rows]]:
    """Split training data into folds by speaker, or by utterance if fewer than two speakers are known.

    Parameters
    ----------
    y : NDArray [shape=(n_utterances,)]
        emotions, for stratification
    groups : NDArray [shape=(n_utterances,)], optional
        speakers
    n_folds : int
        number of folds; fewer if there are fewer speakers, or fewer utterances of the smallest class
    seed : int

    Returns
    -------
    list of (train, test)
        row numbers; empty if ``n_folds`` is below 2 or a class has one utterance only
    """
    if n_folds < 2:
        return []
    placeholder = np.zeros(len(y))
    n_groups = 0 if groups is None else len(set(groups))
    if n_groups >= 2:
        n_folds = min(n_folds, n_groups)
        splitter = StratifiedGroupKFold(n_folds, shuffle=True, random_state=seed)
        return list(splitter.split(placeholder, strata(y, n_folds), groups))
    smallest = int(np.unique(y, return_counts=True)[1].min())
    if smallest < 2:
        return []
    splitter = StratifiedKFold(min(n_folds, smallest), shuffle=True, random_state=seed)
    return list(splitter.split(placeholder, y))


def strata(y: NDArray[np.str_], n_folds: int) -> NDArray[np.str_]:
    """Merge the smallest classes into one stratum with at least as many utterances as there are folds.

    scikit-learn's splitters warn about smaller strata.

    Parameters
    ----------
    y : NDArray [shape=(n_utterances,)]
        emotions
    n_folds : int

    Returns
    -------
    NDArray [shape=(n_utterances,)]
        emotions, with the merged ones replaced by the empty text
    """
    names, inverse, counts = np.unique(y, return_inverse=True, return_counts=True)
    order = np.argsort(counts, kind="stable")
    before = np.cumsum(counts[order]) - counts[order]
    rare = order[(counts[order] < n_folds) | ((before < n_folds) & (counts.min() < n_folds))]
    merged: NDArray[np.str_] = np.where(np.isin(np.arange(len(names)), rare), "", names)[inverse]
    return merged

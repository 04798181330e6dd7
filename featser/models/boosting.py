"""Gradient boosting by XGBoost in rounds that each look at one block of the features.

XGBoost's histograms hold every column, also those that a tree may not use, so its own ``colsample_bytree`` saves no
time. Here the columns are dealt into blocks, each block is binned once, and round after round takes the next block:
a round on a twentieth of the columns then takes a tenth of the time, and the model is an ordinary booster.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray
from scipy.sparse import csr_matrix
from scipy.special import softmax

from featser.models.shared import shared

Matrix = NDArray[np.float32]

MAX_BIN = 32
"""Bins of a feature; a corpus of acted speech has some dozens of utterances for each."""

_MIN_HESSIAN = 1e-6
_SETTINGS = {
    "objective": "multi:softprob",
    "base_score": 0,
    "tree_method": "hist",
    "max_bin": MAX_BIN,
    "seed_per_iteration": True,
    "nthread": 1,
}
"""One thread: sums of gradients then have one order, and the model one set of bytes."""


@dataclass(frozen=True)
class Rounds:
    """How many rounds, on how much of the data each.

    Attributes
    ----------
    n_rounds : int
        a round grows a tree per class
    colsample : float
        share of the columns in a block, 0 to 1; all trees of a round see the same block
    seed : int
        of the deal
    """

    n_rounds: int
    colsample: float
    seed: int


def boost(
    X: Matrix, codes: NDArray[np.int64], weights: NDArray[np.float64], rounds: Rounds, parameters: Mapping[str, Any]
) -> xgboost.Booster:
    """Grow trees by the softmax gradient, one block of columns per round, on one thread.

    Parameters
    ----------
    X : Matrix [shape=(n_utterances, n_features)]
        NaN = undefined
    codes : NDArray [shape=(n_utterances,)]
        class of each, from 0
    weights : NDArray [shape=(n_utterances,)]
        how much each utterance counts
    parameters : mapping
        of the trees, in XGBoost's names

    Returns
    -------
    xgboost.Booster
        its prediction is ``(n_utterances, n_classes)`` probabilities

    References
    ----------
    Chen and Guestrin, XGBoost: a scalable tree boosting system, KDD 2016.
    """
    n_classes = int(codes.max()) + 1
    blocks = deal_columns(X.shape[1], rounds)
    binned = shared("binned blocks", lambda: _Binned(X, blocks), X, setting=(len(blocks), rounds.seed))
    sizes = {"num_class": n_classes, "num_feature": X.shape[1]}  # in threads it may not find the latter out by itself
    booster = xgboost.Booster({**parameters, **_SETTINGS, **sizes, "seed": rounds.seed}, [binned.block(0)])
    whole = xgboost.DMatrix(X, nthread=1)
    margins = np.zeros((len(X), n_classes), np.float32)
    truth = np.eye(n_classes, dtype=np.float32)[codes]
    scale = weights.astype(np.float32)[:, None]
    for number in range(rounds.n_rounds):
        shares = softmax(margins, axis=1)
        steepness = np.maximum(2 * shares * (1 - shares), _MIN_HESSIAN)
        gradient, hessian = np.ascontiguousarray((shares - truth) * scale), np.ascontiguousarray(steepness * scale)
        booster.boost(binned.block(number % len(blocks)), number, grad=gradient, hess=hessian)
        margins += booster.predict(whole, output_margin=True, iteration_range=(number, number + 1))
    return booster


def deal_columns(n_features: int, rounds: Rounds) -> list[NDArray[np.int64]]:
    """Deal columns at random into blocks of ``colsample`` of them; every column is in one block.

    >>> [len(block) for block in deal_columns(10, Rounds(5, 0.3, seed=0))]
    [4, 3, 3]
    """
    n_blocks = int(np.clip(round(1 / rounds.colsample), 1, n_features))
    shuffled = np.random.default_rng(rounds.seed).permutation(n_features)
    return [np.sort(block) for block in np.array_split(shuffled, n_blocks)]


class _Binned:
    """Blocks of columns, each binned when it is first asked for; the other columns are undefined in it."""

    def __init__(self, X: Matrix, blocks: list[NDArray[np.int64]]):
        self._X = X
        self._blocks = blocks
        self._binned: dict[int, xgboost.QuantileDMatrix] = {}

    def block(self, number: int) -> xgboost.QuantileDMatrix:
        if number not in self._binned:
            columns = self._blocks[number]
            n_rows = len(self._X)
            places = (np.tile(columns.astype(np.int32), n_rows), np.arange(n_rows + 1, dtype=np.int32) * len(columns))
            block = csr_matrix((self._X[:, columns].ravel(), *places), shape=self._X.shape)
            self._binned[number] = xgboost.QuantileDMatrix(block, max_bin=MAX_BIN, nthread=1)
        return self._binned[number]

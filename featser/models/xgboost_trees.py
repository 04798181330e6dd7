"""Gradient boosting by XGBoost."""

from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.file_checks import PartCheck, require
from featser.models.limits import Depth, Fraction, TreeCount
from featser.models.preparation import UNCALIBRATED, Preparation

Matrix = NDArray[np.float64]

_DRAFT_FACTOR = 6
"""A trial of boosting uses a sixth of the rounds at six times the learning rate."""


class BalancedXGB(Classifier):
    """XGBoost with balanced class weights; undefined features are left to the trees.

    Use it without a scaler: thresholds are in single precision, so scaling would move them by rounding.

    Parameters
    ----------
    n_trees : int
        number of boosting rounds; each grows one tree per class
    max_depth : int
    learning_rate : float
    colsample : float
        share of the features in each round, 0 to 1
    subsample : float
        share of the utterances in each tree, 0 to 1
    seed : int

    Attributes
    ----------
    classes_ : NDArray [shape=(n_classes,)]
    booster_ : xgboost.Booster
    """

    @property
    def _allow_nan(self) -> bool:
        return True

    def __init__(
        self,
        n_trees: int = 300,
        max_depth: int = 3,
        learning_rate: float = 0.1,
        colsample: float = 0.02,
        subsample: float = 0.8,
        seed: int = 0,
    ):
        self.n_trees = n_trees
        self.max_depth = max_depth
        self.learning_rate = learning_rate
        self.colsample = colsample
        self.subsample = subsample
        self.seed = seed

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Grow the trees on one thread, so that equal data gives equal bytes.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined
        y : NDArray [shape=(n_utterances,)]
            labels of at least two classes

        Returns
        -------
        BalancedXGB
            the fitted instance
        """
        from featser.models.boosting import Rounds, boost

        X, y = self._check_training(X, y)
        codes = np.searchsorted(self.classes_, y)
        weights = compute_sample_weight("balanced", codes)
        rounds = Rounds(self.n_trees, self.colsample, self.seed)
        trees = {"max_depth": self.max_depth, "learning_rate": self.learning_rate, "subsample": self.subsample}
        self.booster_ = boost(X.astype(np.float32), codes, weights, rounds, trees)
        return self

    def predict_proba(self, X: Matrix) -> Matrix:
        """Return the softmax of the summed trees.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
            NaN where a feature is undefined

        Returns
        -------
        Matrix [shape=(n_utterances, n_classes)]
        """
        from xgboost import DMatrix

        rows = DMatrix(self._check_rows(X).astype(np.float32), nthread=1)
        probabilities: Matrix = self.booster_.predict(rows).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the trees as arrays."""
        state = dict(super().__getstate__())
        if "booster_" in state:
            from featser.models.booster_arrays import arrays_of

            state["booster_"] = arrays_of(state["booster_"])
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Check the arrays, which may come from an unknown source, before XGBoost gets them."""
        if "booster_" in state:
            from featser.models.booster_arrays import booster_of

            state = state | {"booster_": booster_of(state["booster_"])}
        super().__setstate__(state)


def _check_boosted(trees: BalancedXGB) -> None:
    """Check that classifier and trees, which `booster_of` has checked, are of one size."""
    from xgboost import Booster

    booster = trees.booster_
    fits = isinstance(booster, Booster) and booster.num_features() == trees.n_features_in_
    require(fits, "a booster has another number of features")


def _fewer_rounds(parameters: Mapping[str, Any]) -> dict[str, Any]:
    n_trees = max(1, round(parameters["n_trees"] / _DRAFT_FACTOR))
    rate = parameters["learning_rate"] * parameters["n_trees"] / n_trees
    return {"n_trees": n_trees, "learning_rate": min(1.0, rate)}


@model(
    "xgb",
    search={
        "max_depth": {"low": 1, "high": 4},
        "learning_rate": {"low": 0.03, "high": 0.2, "log": True},
        "colsample": [0.01, 0.02, 0.05, 0.1],
        "subsample": {"low": 0.4, "high": 1.0},
    },
    stores=("featser.models.xgboost_trees.BalancedXGB",),
    checks=(PartCheck(BalancedXGB, "booster_", _check_boosted),),
    draft=_fewer_rounds,
)
def xgb(
    n_trees: TreeCount = 300,
    max_depth: Depth = 3,
    learning_rate: Fraction = 0.1,
    colsample: Fraction = 0.02,
    subsample: Fraction = 0.8,
    before: Preparation = UNCALIBRATED,
    seed: int = 0,
) -> ClassifierMixin:
    """Gradient-boosted trees by XGBoost, each round on its share of the functionals.

    Parameters
    ----------
    n_trees : int
        number of boosting rounds; each grows one tree per emotion
    max_depth : int
    learning_rate : float
    colsample : float
        share of the features in each round
    subsample : float
        share of the utterances in each tree
    before : Preparation
        steps around the classifier
    seed : int
        seed of the trees and of these steps

    Returns
    -------
    classifier

    References
    ----------
    Chen and Guestrin, XGBoost: a scalable tree boosting system, KDD 2016.
    """
    trees = BalancedXGB(n_trees, max_depth, learning_rate, colsample, subsample, seed)
    return trees if before == UNCALIBRATED else before.then(trees, seed)

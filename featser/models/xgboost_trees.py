"""Gradient boosting by XGBoost."""

import json
from collections.abc import Mapping
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.utils.class_weight import compute_sample_weight

from featser.models.classifier import Classifier
from featser.models.definition import model
from featser.models.file_checks import PartCheck, check_tree_nodes, require
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


def _check_boosted(trees: BalancedXGB) -> None:
    """Check the trees that XGBoost itself read from the file."""
    learner = json.loads(trees.booster_.save_raw("json"))["learner"]
    size, boosted = learner["learner_model_param"], learner["gradient_booster"]
    n_features, n_classes, content = int(size["num_feature"]), int(size["num_class"]), boosted["model"]
    require(boosted["name"] == "gbtree" and int(size["num_target"]) == 1, "a booster is of an unknown kind")
    same = int(learner["objective"]["softmax_multiclass_param"]["num_class"]) == n_classes
    require(same, "a booster's numbers of classes differ")
    require(len(content["tree_info"]) == len(content["trees"]), "a booster has trees without a class")
    require(all(0 <= number < n_classes for number in content["tree_info"]), "a booster has trees without a class")
    require(
        all(0 <= end <= len(content["trees"]) for end in content["iteration_indptr"]), "a booster's rounds lack trees"
    )
    for tree in content["trees"]:
        plain = int(tree["tree_param"]["size_leaf_vector"]) <= 1 and not any(tree["split_type"])
        require(plain, "a tree is of an unknown kind")
        left, right, features = (np.asarray(tree[key]) for key in ("left_children", "right_children", "split_indices"))
        check_tree_nodes(left, right, features, n_features)


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
    stores=("featser.models.xgboost_trees.BalancedXGB", "xgboost.core.Booster"),
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

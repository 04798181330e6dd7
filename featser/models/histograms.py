"""Gradient boosting on histograms, by scikit-learn."""

from itertools import chain
from typing import Any, Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from threadpoolctl import threadpool_limits

from featser.models.definition import model
from featser.models.file_checks import PartCheck, check_tree_nodes, require
from featser.models.limits import Depth, Fraction, TreeCount
from featser.models.preparation import Preparation

Matrix = NDArray[np.float64]

FEWER_COLUMNS = Preparation(scaling="none", selection="univariate", n_selected=1000, calibration="none")
"""Default of trees on histograms, whose time grows with the number of columns."""


class Histograms(HistGradientBoostingClassifier):  # type: ignore[misc]
    """scikit-learn's gradient boosting on histograms, without the random generator after fitting."""

    def fit(self, X: Matrix, y: NDArray[np.str_]) -> Self:
        """Grow the trees on one thread, so that equal data gives equal bytes.

        Parameters
        ----------
        X : Matrix [shape=(n_utterances, n_features)]
        y : NDArray [shape=(n_utterances,)]

        Returns
        -------
        Histograms
            the fitted instance
        """
        with threadpool_limits(1, user_api="openmp"):
            super().fit(X, y)
        del self._feature_subsample_rng
        return self

    def __getstate__(self) -> dict[str, Any]:
        """Return the state with the nodes of all trees in one array, which is read far faster than one per tree."""
        state = dict(super().__getstate__())
        if "_predictors" in state:
            stages = state["_predictors"]
            sizes = np.array([[len(each.nodes) for each in stage] for stage in stages], dtype=np.int64)
            state["_predictors"] = [np.concatenate([each.nodes for stage in stages for each in stage]), sizes]
        return state

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Divide the nodes among the trees; the array may come from an unknown source."""
        if "_predictors" in state:
            nodes, sizes = state["_predictors"]
            fits = nodes.ndim == 1 and sizes.ndim == 2 and sizes.dtype == np.int64 and bool((sizes > 0).all())
            require(fits and sizes.size <= len(nodes) == sizes.sum(), "boosted trees have nodes without a tree")
            parts = iter(np.split(nodes, np.cumsum(sizes.ravel())[:-1]))
            empty = np.zeros((0, 8), dtype=np.uint32)
            trees = [[TreePredictor(next(parts).copy(), empty, empty) for _ in stage] for stage in sizes]
            state = state | {"_predictors": trees}
        super().__setstate__(state)


def _check_histograms(trees: Histograms) -> None:
    mapper, predictors = trees._bin_mapper, trees._predictors
    require(trees._preprocessor is None and not getattr(trees, "_in_fit", False), "boosted trees skip input validation")
    require(not np.any(mapper.is_categorical_), "boosted trees contain categories")
    require(isinstance(trees.n_features_in_, int), "boosted trees have no number of features")
    for predictor in chain.from_iterable(predictors):
        nodes = predictor.nodes
        require(
            isinstance(predictor, TreePredictor) and nodes.dtype == PREDICTOR_RECORD_DTYPE,
            "a tree is of an unknown kind",
        )
        require(nodes.ndim == 1 and len(nodes) > 0 and not nodes["is_categorical"].any(), "a tree has no numeric nodes")
        left, right = (np.where(nodes["is_leaf"], -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
        check_tree_nodes(left, right, nodes["feature_idx"], trees.n_features_in_)
        sound = np.isfinite(nodes["value"]).all() and not np.isnan(nodes["num_threshold"]).any()
        require(sound, "a tree has values that are not finite")


@model(
    "hist-gb",
    search={"max_depth": {"low": 2, "high": 6}, "learning_rate": {"low": 0.03, "high": 0.3, "log": True}},
    stores=(
        "featser.models.histograms.Histograms",
        "sklearn._loss._loss.CyHalfBinomialLoss",
        "sklearn._loss._loss.CyHalfMultinomialLoss",
        "sklearn._loss._loss.__pyx_unpickle_CyHalfBinomialLoss",
        "sklearn._loss._loss.__pyx_unpickle_CyHalfMultinomialLoss",
        "sklearn._loss.link.Interval",
        "sklearn._loss.link.LogitLink",
        "sklearn._loss.link.MultinomialLogit",
        "sklearn._loss.loss.HalfBinomialLoss",
        "sklearn._loss.loss.HalfMultinomialLoss",
        "sklearn.ensemble._hist_gradient_boosting.binning._BinMapper",
        "sklearn.ensemble._hist_gradient_boosting.predictor.TreePredictor",
        "sklearn.preprocessing._label.LabelEncoder",
    ),
    checks=(PartCheck(Histograms, "_predictors", _check_histograms, encloses=TreePredictor),),
)
def hist_gb(
    n_trees: TreeCount = 200,
    max_depth: Depth = 3,
    learning_rate: Fraction = 0.1,
    colsample: Fraction = 0.02,
    before: Preparation = FEWER_COLUMNS,
    seed: int = 0,
) -> ClassifierMixin:
    """Gradient-boosted trees on scikit-learn's histograms of the functionals with the highest F statistic.

    Parameters
    ----------
    n_trees : int
        number of boosting rounds; each grows one tree per emotion
    max_depth : int
    learning_rate : float
    colsample : float
        share of the features that each split considers
    before : Preparation
        steps around the classifier
    seed : int
        seed of the trees and of these steps

    Returns
    -------
    classifier

    References
    ----------
    Ke et al., LightGBM: a highly efficient gradient boosting decision tree, NeurIPS 2017.
    """
    trees = Histograms(
        max_iter=n_trees,
        max_depth=max_depth,
        learning_rate=learning_rate,
        max_features=colsample,
        max_bins=32,
        early_stopping=False,
        class_weight="balanced",
        random_state=seed,
    )
    return before.then(trees, seed)

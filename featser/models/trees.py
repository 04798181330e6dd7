"""Ensembles of trees: random forest and gradient boosting."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted
from threadpoolctl import threadpool_limits

from featser.models.preparation import Preparation

UNCALIBRATED = Preparation(scaling="none", calibration="none")
"""What suits trees: they split on order, which scaling does not change, and give probabilities by themselves."""

HISTOGRAMS = Preparation(scaling="none", selection="univariate", n_selected=1000, calibration="none")
"""Every column costs a histogram per leaf, so the weakest are left out first."""


def random_forest(
    n_trees: int = 300, min_samples_leaf: int = 2, before: Preparation = UNCALIBRATED, seed: int = 0
) -> ClassifierMixin:
    """Random forest with balanced bootstrap samples.

    References
    ----------
    Breiman, Random forests, Machine Learning 45, 2001.
    """
    trees = RandomForestClassifier(
        n_estimators=n_trees,
        min_samples_leaf=min_samples_leaf,
        class_weight="balanced_subsample",
        random_state=seed,
        n_jobs=1,
    )
    return before.then(trees, seed)


def extra_trees(
    n_trees: int = 500, min_samples_leaf: int = 1, before: Preparation = UNCALIBRATED, seed: int = 0
) -> ClassifierMixin:
    """Extremely randomised trees: splits at random thresholds of random features.

    References
    ----------
    Geurts, Ernst and Wehenkel, Extremely randomized trees, Machine Learning 63, 2006.
    """
    trees = ExtraTreesClassifier(
        n_estimators=n_trees,
        min_samples_leaf=min_samples_leaf,
        class_weight="balanced",
        random_state=seed,
        n_jobs=1,
    )
    return before.then(trees, seed)


def hist_gb(
    n_trees: int = 200,
    max_depth: int = 3,
    learning_rate: float = 0.1,
    colsample: float = 0.02,
    before: Preparation = HISTOGRAMS,
    seed: int = 0,
) -> ClassifierMixin:
    """Gradient-boosted trees by scikit-learn's histograms, on the functionals that differ most.

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


def xgb(
    n_trees: int = 300,
    max_depth: int = 3,
    learning_rate: float = 0.1,
    colsample: float = 0.02,
    subsample: float = 0.8,
    before: Preparation = UNCALIBRATED,
    seed: int = 0,
) -> ClassifierMixin:
    """Gradient-boosted trees by XGBoost, each round on its share of the functionals.

    References
    ----------
    Chen and Guestrin, XGBoost: a scalable tree boosting system, KDD 2016.
    """
    trees = BalancedXGB(n_trees, max_depth, learning_rate, colsample, subsample, seed)
    return trees if before == UNCALIBRATED else before.then(trees, seed)


class Histograms(HistGradientBoostingClassifier):  # type: ignore[misc]
    """Trees on histograms; the generator that drew their features is forgotten, for no answer needs it."""

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Self:
        """Grow the trees on one thread, so that the model has one set of bytes."""
        with threadpool_limits(1, user_api="openmp"):
            super().fit(X, y)
        del self._feature_subsample_rng
        return self


class BalancedXGB(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """XGBoost on names of emotions, each emotion with the same total weight; undefined features are left to the trees.

    There is no scaler before it: splits on single-precision thresholds would move with the rounding.

    Parameters
    ----------
    n_trees : int
        boosting rounds; every round grows a tree per emotion
    colsample, subsample : float
        share of features for each round and of utterances for each tree, 0 to 1
    """

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

    def fit(self, X: NDArray[np.float64], y: NDArray[np.str_]) -> Self:
        """Grow the trees, on one thread: sums of gradients then have one order, and the model one set of bytes."""
        from featser.models.boosting import Rounds, boost

        self.classes_, codes = np.unique(y, return_inverse=True)
        weights = compute_sample_weight("balanced", codes)
        rounds = Rounds(self.n_trees, self.colsample, self.seed)
        trees = {"max_depth": self.max_depth, "learning_rate": self.learning_rate, "subsample": self.subsample}
        self.booster_ = boost(X.astype(np.float32), codes, weights, rounds, trees)
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the emotions in ``classes_``, shape ``(n_utterances, n_classes)``."""
        from xgboost import DMatrix

        check_is_fitted(self)
        rows = DMatrix(X.astype(np.float32), nthread=1)
        probabilities: NDArray[np.float64] = self.booster_.predict(rows).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        probabilities = self.predict_proba(X)
        labels: NDArray[np.str_] = self.classes_[probabilities.argmax(axis=1)]
        return labels

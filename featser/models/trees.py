"""Ensembles of trees: random forest and gradient boosting."""

from typing import Self

import numpy as np
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.ensemble import RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.validation import check_is_fitted

from featser.models.tabular import unscaled


def random_forest(n_trees: int = 300, min_samples_leaf: int = 2, seed: int = 0) -> Pipeline:
    """Random forest with balanced bootstrap samples.

    References
    ----------
    Breiman, Random forests, Machine Learning 45, 2001.
    """
    return unscaled(
        RandomForestClassifier(
            n_estimators=n_trees,
            min_samples_leaf=min_samples_leaf,
            class_weight="balanced_subsample",
            random_state=seed,
            n_jobs=1,
        )
    )


def xgb(
    n_trees: int = 300,
    max_depth: int = 4,
    learning_rate: float = 0.1,
    colsample: float = 0.1,
    subsample: float = 0.8,
    seed: int = 0,
) -> "BalancedXGB":
    """Gradient-boosted trees by XGBoost, each on a tenth of the functionals.

    References
    ----------
    Chen and Guestrin, XGBoost: a scalable tree boosting system, KDD 2016.
    """
    return BalancedXGB(n_trees, max_depth, learning_rate, colsample, subsample, seed)


class BalancedXGB(ClassifierMixin, BaseEstimator):  # type: ignore[misc]
    """XGBoost on names of emotions, each emotion with the same total weight; undefined features are left to the trees.

    There is no scaler before it: splits on single-precision thresholds would move with the rounding.

    Parameters
    ----------
    n_trees : int
        boosting rounds; every round grows a tree per emotion
    colsample, subsample : float
        share of features and of utterances for each tree, 0 to 1
    """

    def __init__(
        self,
        n_trees: int = 300,
        max_depth: int = 4,
        learning_rate: float = 0.1,
        colsample: float = 0.1,
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
        from xgboost import XGBClassifier

        self.classes_, codes = np.unique(y, return_inverse=True)
        self.booster_ = XGBClassifier(
            n_estimators=self.n_trees,
            max_depth=self.max_depth,
            learning_rate=self.learning_rate,
            colsample_bytree=self.colsample,
            subsample=self.subsample,
            tree_method="hist",
            max_bin=64,
            n_jobs=1,
            random_state=self.seed,
        )
        self.booster_.fit(X, codes, sample_weight=compute_sample_weight("balanced", codes))
        self.n_features_in_ = X.shape[1]
        return self

    def predict_proba(self, X: NDArray[np.float64]) -> NDArray[np.float64]:
        """Probabilities of the emotions in ``classes_``, shape ``(n_utterances, n_classes)``."""
        check_is_fitted(self)
        probabilities: NDArray[np.float64] = self.booster_.predict_proba(X).astype(np.float64)
        return probabilities / probabilities.sum(axis=1, keepdims=True)

    def predict(self, X: NDArray[np.float64]) -> NDArray[np.str_]:
        """Return the most probable emotion of each row."""
        probabilities = self.predict_proba(X)
        labels: NDArray[np.str_] = self.classes_[probabilities.argmax(axis=1)]
        return labels

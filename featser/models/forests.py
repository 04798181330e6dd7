"""Random forests and extremely randomised trees."""

import numpy as np
from sklearn.base import ClassifierMixin
from sklearn.ensemble import ExtraTreesClassifier, RandomForestClassifier
from sklearn.ensemble._forest import ForestClassifier
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from featser.models.definition import model
from featser.models.file_checks import PartCheck, check_tree_nodes, require
from featser.models.limits import Count, TreeCount
from featser.models.preparation import UNCALIBRATED, Preparation


def _check_forest(forest: ForestClassifier) -> None:
    trees = forest.estimators_
    require(isinstance(trees, list), "a forest has no trees")
    require(
        all(isinstance(each, DecisionTreeClassifier) for each in trees), "a forest contains something else than trees"
    )
    require(isinstance(forest.n_features_in_, int), "a forest has no number of features")
    require(all(each.n_features_in_ == forest.n_features_in_ for each in trees), "trees of a forest differ in features")


def _check_decision_tree(owner: DecisionTreeClassifier) -> None:
    tree = owner.tree_
    require(isinstance(tree, Tree) and isinstance(owner.n_features_in_, int), "a tree has no nodes or features")
    require(1 <= tree.node_count <= tree.capacity and tree.n_outputs == 1, "a tree has no nodes")
    check_tree_nodes(tree.children_left, tree.children_right, tree.feature, owner.n_features_in_)
    sound = np.isfinite(tree.value).all() and not np.isnan(tree.threshold).any()
    require(sound, "a tree has values that are not finite")


_FOREST_CHECKS = (
    PartCheck(ForestClassifier, "estimators_", _check_forest),
    PartCheck(DecisionTreeClassifier, "tree_", _check_decision_tree, encloses=Tree),
)


@model(
    "random-forest",
    search={"min_samples_leaf": {"low": 1, "high": 8}},
    stores=(
        "sklearn.ensemble._forest.RandomForestClassifier",
        "sklearn.tree._classes.DecisionTreeClassifier",
        "sklearn.tree._tree.Tree",
    ),
    checks=_FOREST_CHECKS,
)
def random_forest(
    n_trees: TreeCount = 300, min_samples_leaf: Count = 2, before: Preparation = UNCALIBRATED, seed: int = 0
) -> ClassifierMixin:
    """Random forest with balanced bootstrap samples.

    Parameters
    ----------
    n_trees : int
    min_samples_leaf : int
        smallest number of utterances in a leaf
    before : Preparation
        steps around the classifier
    seed : int
        seed of the forest and of these steps

    Returns
    -------
    classifier

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


@model(
    "extra-trees",
    search={"min_samples_leaf": {"low": 1, "high": 8}},
    stores=(
        "sklearn.ensemble._forest.ExtraTreesClassifier",
        "sklearn.tree._classes.ExtraTreeClassifier",
        "sklearn.tree._tree.Tree",
    ),
    checks=_FOREST_CHECKS,
)
def extra_trees(
    n_trees: TreeCount = 500, min_samples_leaf: Count = 1, before: Preparation = UNCALIBRATED, seed: int = 0
) -> ClassifierMixin:
    """Extremely randomised trees: splits at random thresholds of random features.

    Parameters
    ----------
    n_trees : int
    min_samples_leaf : int
        smallest number of utterances in a leaf
    before : Preparation
        steps around the classifier
    seed : int
        seed of the trees and of these steps

    Returns
    -------
    classifier

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

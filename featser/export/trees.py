"""Ensembles of decision trees as one ONNX operator."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier

from featser.export.graph import Graph, Value
from featser.models import BalancedXGB

Array = NDArray[Any]


@dataclass(frozen=True, eq=False)
class Tree:
    """One decision tree.

    Attributes
    ----------
    left, right : NDArray of int [shape=(n_nodes,)]
        children of each node; ignored for leaves
    features : NDArray of int [shape=(n_nodes,)]
        feature that each node compares
    thresholds : NDArray of float [shape=(n_nodes,)]
    is_leaf : NDArray of bool [shape=(n_nodes,)]
    missing_left : NDArray of bool [shape=(n_nodes,)]
        whether an undefined feature goes to the left
    values : NDArray of float [shape=(n_nodes, n_targets)]
        what a leaf adds to each target
    first_target : int
        target of the first column of ``values``
    """

    left: Array
    right: Array
    features: Array
    thresholds: Array
    is_leaf: Array
    missing_left: Array
    values: Array
    first_target: int = 0


def forest(graph: Graph, rows: Value, ensemble: RandomForestClassifier | ExtraTreesClassifier) -> Value:
    """Mean class shares of scikit-learn's trees, which compare features in single precision."""
    trees = []
    for each in ensemble.estimators_:
        tree, share = each.tree_, each.tree_.value[:, 0, :]
        share = share / share.sum(axis=1, keepdims=True)
        leaf = tree.children_left == -1
        never = np.zeros(len(leaf), dtype=bool)
        shares = share / len(ensemble.estimators_)
        trees.append(Tree(tree.children_left, tree.children_right, tree.feature, tree.threshold, leaf, never, shares))
    single = _cast(graph, _cast(graph, rows, "FLOAT"), "DOUBLE")
    return _ensemble(graph, single, trees, len(ensemble.classes_), "BRANCH_LEQ")


def histograms(graph: Graph, rows: Value, ensemble: HistGradientBoostingClassifier) -> Value:
    """Scores of scikit-learn's boosted trees; one column for two classes."""
    n_targets = ensemble.n_trees_per_iteration_
    trees = []
    for number, predictor in enumerate(each for stage in ensemble._predictors for each in stage):
        nodes = predictor.nodes
        leaf, missing = nodes["is_leaf"].astype(bool), nodes["missing_go_to_left"].astype(bool)
        sides = (nodes["left"].astype(np.int64), nodes["right"].astype(np.int64), nodes["feature_idx"])
        values = nodes["value"][:, None]
        trees.append(Tree(*sides, nodes["num_threshold"], leaf, missing, values, number % n_targets))
    scores = _ensemble(graph, rows, trees, n_targets, "BRANCH_LEQ")
    return graph.add("Add", scores, np.asarray(ensemble._baseline_prediction, dtype=np.float64).reshape(1, -1))


def boosted(graph: Graph, rows: Value, ensemble: BalancedXGB) -> Value:
    """Scores of XGBoost's trees, which compare and add in single precision."""
    trees = list(_xgboost_trees(ensemble))
    return _ensemble(graph, _cast(graph, rows, "FLOAT"), trees, len(ensemble.classes_), "BRANCH_LT", np.float32)


def _xgboost_trees(ensemble: BalancedXGB) -> Iterator[Tree]:
    content = json.loads(ensemble.booster_.save_raw("json"))["learner"]["gradient_booster"]["model"]
    for tree, target in zip(content["trees"], content["tree_info"], strict=True):
        left, right, features = (np.asarray(tree[key]) for key in ("left_children", "right_children", "split_indices"))
        conditions = np.asarray(tree["split_conditions"], dtype=np.float32)
        missing = np.asarray(tree["default_left"], dtype=bool)
        yield Tree(left, right, features, conditions, left == -1, missing, conditions[:, None], target)


def _cast(graph: Graph, rows: Value, precision: str) -> Value:
    from onnx import TensorProto

    return graph.add("Cast", rows, to=getattr(TensorProto, precision))


def _ensemble(
    graph: Graph, rows: Value, trees: list[Tree], n_targets: int, mode: str, precision: type = np.float64
) -> Value:
    """Sum of the leaves that a row reaches, shape ``(n, n_targets)``."""
    from onnx import numpy_helper

    nodes: dict[str, list[Any]] = {name: [] for name in ("tree", "id", "feature", "mode", "left", "right", "missing")}
    leaves: dict[str, list[Any]] = {name: [] for name in ("tree", "id", "target")}
    thresholds, weights = [], []
    for number, tree in enumerate(trees):
        leaf, size = tree.is_leaf, len(tree.is_leaf)
        nodes["tree"] += [number] * size
        nodes["id"] += range(size)
        nodes["feature"] += np.where(leaf, 0, tree.features).tolist()
        nodes["mode"] += np.where(leaf, "LEAF", mode).tolist()
        nodes["left"] += np.where(leaf, 0, tree.left).tolist()
        nodes["right"] += np.where(leaf, 0, tree.right).tolist()
        nodes["missing"] += (tree.missing_left & ~leaf).astype(int).tolist()
        thresholds.append(np.where(leaf, 0, tree.thresholds))
        ends, width = np.flatnonzero(leaf), tree.values.shape[1]
        leaves["tree"] += [number] * (len(ends) * width)
        leaves["id"] += np.repeat(ends, width).tolist()
        leaves["target"] += list(range(tree.first_target, tree.first_target + width)) * len(ends)
        weights.append(tree.values[ends].ravel())
    numbers: dict[str, Any] = {
        "nodes_values": np.concatenate(thresholds).astype(precision),
        "target_weights": np.concatenate(weights).astype(precision),
    }
    if precision is np.float64:
        numbers = {f"{name}_as_tensor": numpy_helper.from_array(each, name) for name, each in numbers.items()}
    summed = graph.add(
        "TreeEnsembleRegressor",
        rows,
        domain="ai.onnx.ml",
        n_targets=n_targets,
        aggregate_function="SUM",
        nodes_treeids=nodes["tree"],
        nodes_nodeids=nodes["id"],
        nodes_featureids=nodes["feature"],
        nodes_modes=nodes["mode"],
        nodes_truenodeids=nodes["left"],
        nodes_falsenodeids=nodes["right"],
        nodes_missing_value_tracks_true=nodes["missing"],
        target_treeids=leaves["tree"],
        target_nodeids=leaves["id"],
        target_ids=leaves["target"],
        **numbers,
    )
    return _cast(graph, summed, "DOUBLE")

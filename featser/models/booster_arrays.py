"""Boosted trees as plain arrays: what a model file contains in place of XGBoost's own format.

XGBoost's readers follow the numbers of a file without checking them. Here the arrays are checked first, and a document
that contains these numbers and nothing else of the file is then given to XGBoost.
"""

import json
import struct
from collections.abc import Mapping
from functools import cache
from typing import Any

import numpy as np
import xgboost
from numpy.typing import NDArray

from featser.models.file_checks import require

_NODES = {
    "left_children": np.int32,
    "right_children": np.int32,
    "split_indices": np.int32,
    "split_conditions": np.float32,
    "default_left": np.uint8,
    "sum_hessian": np.float32,
}
"""Arrays with one value for each node; ``split_conditions`` are thresholds of inner nodes and values of leaves."""

_UNUSED: dict[str, Any] = {
    "categories": np.int32,
    "categories_nodes": np.int32,
    "categories_segments": np.int64,
    "categories_sizes": np.int64,
}
_ROOT = 2**31 - 1
_MAX_DEPTH = 64
"""XGBoost explains trees by recursion."""

_CODES = {"i4": b"l", "i8": b"L", "f4": b"d", "u1": b"U"}


def arrays_of(booster: xgboost.Booster) -> dict[str, Any]:
    """Return the trees of a booster as arrays.

    Parameters
    ----------
    booster : xgboost.Booster
        trained by `featser.models.boosting.boost`

    Returns
    -------
    dict
        ``n_features`` and ``n_classes``; ``sizes``, the number of nodes of each tree; and arrays over the nodes of all
        trees, by their names in XGBoost
    """
    learner = json.loads(booster.save_raw("json"))["learner"]
    size, trees = learner["learner_model_param"], learner["gradient_booster"]["model"]["trees"]
    return {
        "n_features": int(size["num_feature"]),
        "n_classes": int(size["num_class"]),
        "sizes": np.array([len(tree["left_children"]) for tree in trees], np.int32),
        **{name: np.concatenate([np.asarray(tree[name], kind) for tree in trees]) for name, kind in _NODES.items()},
    }


def booster_of(arrays: Mapping[str, Any]) -> xgboost.Booster:
    """Return the booster of some trees, which uses one thread.

    Parameters
    ----------
    arrays : mapping
        as returned by `arrays_of`; may come from an unknown source

    Returns
    -------
    xgboost.Booster

    Raises
    ------
    ValueError
        an array is missing or of another type, a tree is no tree, or a number is not finite
    """
    parents = _check(arrays)
    n_features, n_classes, sizes = arrays["n_features"], arrays["n_classes"], arrays["sizes"]
    settings = {"objective": "multi:softprob", "base_score": 0, "num_class": n_classes, "num_feature": n_features}
    booster = xgboost.Booster(settings | {"nthread": 1})
    document = json.loads(booster.save_raw("json"))
    content = document["learner"]["gradient_booster"]["model"]
    starts = np.cumsum(sizes) - sizes
    nodes = {name: arrays[name] for name in _NODES} | {"parents": parents}
    content["gbtree_model_param"]["num_trees"] = str(len(sizes))
    content["iteration_indptr"] = list(range(0, len(sizes) + 1, n_classes))
    content["tree_info"] = [number % n_classes for number in range(len(sizes))]
    content["trees"] = [
        _tree(number, {name: each[start : start + size] for name, each in nodes.items()}, n_features)
        for number, (start, size) in enumerate(zip(starts, sizes, strict=True))
    ]
    booster.load_model(bytearray(_ubjson(document)))
    booster.set_param({"nthread": 1})
    return booster


def _tree(number: int, nodes: dict[str, NDArray[Any]], n_features: int) -> dict[str, Any]:
    """One tree as XGBoost reads it; gains and weights of inner nodes, which only training uses, are 0."""
    n_nodes = len(nodes["parents"])
    zeros = np.zeros(n_nodes, np.float32)
    return {
        **nodes,
        **{name: np.empty(0, kind) for name, kind in _UNUSED.items()},
        "base_weights": zeros,
        "loss_changes": zeros,
        "split_type": np.zeros(n_nodes, np.uint8),
        "id": number,
        "tree_param": {
            "num_deleted": "0",
            "num_feature": str(n_features),
            "num_nodes": str(n_nodes),
            "size_leaf_vector": "1",
        },
    }


def _check(arrays: Mapping[str, Any]) -> NDArray[np.int32]:
    """Check the arrays; return the parent of each node, counted from the root of its tree."""
    names = {"n_features", "n_classes", "sizes", *_NODES}
    require(isinstance(arrays, dict) and set(arrays) == names, "a booster is not given as arrays")
    for name, kind in {"sizes": np.int32, **_NODES}.items():
        each = arrays[name]
        right = isinstance(each, np.ndarray) and each.dtype == kind and each.ndim == 1
        require(right and bool(np.isfinite(each).all()), f"a booster's {name} have the wrong type or values")
    sizes, n_nodes, n_classes = arrays["sizes"], len(arrays["left_children"]), arrays["n_classes"]
    whole = all(type(arrays[name]) is int and 0 < arrays[name] < 2**24 for name in ("n_features", "n_classes"))
    require(whole and len(sizes) and len(sizes) % n_classes == 0, "a booster has trees without a class")
    require(np.all(sizes > 0) and int(sizes.sum(dtype=np.int64)) == n_nodes, "a booster has trees without nodes")
    require(all(len(arrays[name]) == n_nodes for name in _NODES), "a booster has arrays of different lengths")
    return _parents(arrays, np.repeat(np.cumsum(sizes, dtype=np.int64) - sizes, sizes))


def _parents(arrays: Mapping[str, Any], starts: NDArray[np.int64]) -> NDArray[np.int32]:
    """Check that every node but a root is the child of one earlier node of its tree."""
    left, right = (arrays[name].astype(np.int64) for name in ("left_children", "right_children"))
    ends = starts + np.repeat(arrays["sizes"], arrays["sizes"])
    inner = np.flatnonzero(left != -1)
    children = np.concatenate([left[inner], right[inner]]) + np.tile(starts[inner], 2)
    owners = np.tile(inner, 2)
    require(np.all((children > owners) & (children < ends[owners])), "a tree refers to a node outside its array")
    require(np.all(right[left == -1] == -1), "a tree refers to a node outside its array")
    require(len(np.unique(children)) == len(children), "two nodes of a tree have the same child")
    require(len(children) + len(arrays["sizes"]) == len(left), "a tree has nodes that are no children")
    features = arrays["split_indices"]
    inside = (features >= 0) & (features < arrays["n_features"])
    require(np.all(inside[inner]), "a tree refers to a feature that does not exist")
    parents = np.full(len(left), _ROOT, np.int64)
    parents[children] = owners - starts[owners]
    _check_depth(parents, starts)
    return parents.astype(np.int32)


def _check_depth(parents: NDArray[np.int64], starts: NDArray[np.int64]) -> None:
    above = np.flatnonzero(parents != _ROOT)
    for _ in range(_MAX_DEPTH):
        above = parents[above] + starts[above]
        above = above[parents[above] != _ROOT]
        if not len(above):
            return
    raise ValueError(f"a tree is deeper than {_MAX_DEPTH} nodes")


def _ubjson(value: Any) -> bytes:
    """Encode a document in Universal Binary JSON; numbers of arrays keep every bit."""
    if isinstance(value, dict):
        return b"{" + b"".join(_text(name) + _ubjson(each) for name, each in value.items()) + b"}"
    if isinstance(value, str):
        return b"S" + _text(value)
    if isinstance(value, np.ndarray):
        data = value.astype(value.dtype.newbyteorder(">")).tobytes()
        return b"[$" + _CODES[value.dtype.str[1:]] + b"#L" + struct.pack(">q", len(value)) + data
    if isinstance(value, list):
        return b"[" + b"".join(map(_ubjson, value)) + b"]"
    return b"L" + struct.pack(">q", value)


@cache
def _text(value: str) -> bytes:
    content = value.encode()
    return b"L" + struct.pack(">q", len(content)) + content

"""Checks of the fitted parts of a model that was read from a file.

Compiled code of scikit-learn and XGBoost uses numbers of a model as array indices without checking their bounds. Each
model declares a check for every such part; `featser.bundle.load_model` runs them before the model is used.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True)
class PartCheck:
    """Check of one class of objects inside a model file.

    Attributes
    ----------
    kind : type
        class whose instances are checked
    fitted : str
        attribute that fitting sets; objects without it are not checked
    check : callable
        called with the object; raises ValueError if the object is unsafe
    encloses : type, optional
        class of objects that do not validate their input; they are allowed only as attributes of ``kind``
    """

    kind: type
    fitted: str
    check: Callable[[Any], None]
    encloses: type | None = None


def require(condition: Any, message: str) -> None:
    """Raise ValueError with a message if a condition is false.

    Parameters
    ----------
    condition : object
        its truth value counts
    message : str
    """
    if not condition:
        raise ValueError(message)


def check_tree_nodes(
    left: NDArray[np.integer], right: NDArray[np.integer], features: NDArray[np.integer], n_features: int
) -> None:
    """Raise ValueError if a tree refers to a node or feature outside its arrays, or contains a cycle.

    In a tree without cycles each child has a larger index than its parent.

    Parameters
    ----------
    left, right : NDArray [shape=(n_nodes,)]
        index of each node's children; -1 for a leaf
    features : NDArray [shape=(n_nodes,)]
        index of the feature that each node compares; ignored for leaves
    n_features : int
        number of features of the model
    """
    n_nodes = len(left)
    require(n_nodes > 0 and len(right) == len(features) == n_nodes, "a tree has no nodes")
    inner = left != -1
    for children in (left[inner], right[inner]):
        inside = (children > np.flatnonzero(inner)) & (children < n_nodes)
        require(np.all(inside), "a tree refers to a node outside its array")
    compared = features[inner]
    require(np.all((compared >= 0) & (compared < n_features)), "a tree refers to a feature that does not exist")

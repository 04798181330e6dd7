"""Whether a model from a stranger's file can be asked for answers.

Unpickling under a list of names keeps foreign code out. But the compiled parts of scikit-learn and XGBoost follow
numbers of a model as places in memory, and do not look whether they lie inside: the children and features of trees,
and the support vectors of machines. All of these are checked here. What happens before is out of reach: numpy and
XGBoost read their own bytes with their own parsers.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields
from itertools import chain
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin
from sklearn.ensemble._forest import ForestClassifier
from sklearn.ensemble._hist_gradient_boosting.common import PREDICTOR_RECORD_DTYPE
from sklearn.ensemble._hist_gradient_boosting.predictor import TreePredictor
from sklearn.tree import DecisionTreeClassifier
from sklearn.tree._tree import Tree

from featser.bundle.model import Model
from featser.models.kernel import GaussianKernel, LinearKernel, PairwiseSVC
from featser.models.neighbours import NearestUtterances
from featser.models.trees import BalancedXGB, Histograms

Places = NDArray[Any]
"""Shape ``(n_nodes,)``: numbers of nodes or features."""

_CODE = (type, FunctionType, BuiltinFunctionType, MethodType)
_KINDS = {"features": tuple, "clean": tuple, "training_digests": np.ndarray}
"""Types of the fields of a model that are no dicts."""

_SAID_OF_SCORES = {"uar", "uar_low", "uar_high", "protocol", "leaky"}
_SAID_OF_TRAINING = {"corpus", "n_utterances"}


def check_sound(model: Model) -> None:
    """Refuse a model that lacks a part, or whose parts point outside of themselves.

    Raises
    ------
    ValueError
        it says what is wrong
    """
    _check_fields(model)
    for part in _parts(model.classifiers):
        for kind, (learnt, rule) in _RULES.items():
            if isinstance(part, kind) and hasattr(part, learnt):
                rule(part)


def _check_fields(model: Model) -> None:
    _demand(set(vars(model)) == {each.name for each in fields(Model)}, "it lacks a part")
    for name, value in vars(model).items():
        _demand(isinstance(value, _KINDS.get(name, dict)), f"its {name} are of another kind")
    digests = model.training_digests
    _demand(digests.dtype == np.uint64 and digests.ndim == 1, "its training_digests are of another kind")
    _demand(all(isinstance(name, str) for name in (*model.features, *model.clean)), "its features have no names")
    _demand("none" in model.classifiers and set(model.classifiers) <= set(model.scores), "it lacks a classifier")
    for way, classifier in model.classifiers.items():
        labels = getattr(classifier, "classes_", None)
        _demand(isinstance(classifier, ClassifierMixin), f"its classifier '{way}' is none")
        _demand(isinstance(labels, np.ndarray) and labels.ndim == 1 and labels.dtype.kind == "U", "it has no emotions")
        _demand(isinstance(model.scores[way], dict) and set(model.scores[way]) >= _SAID_OF_SCORES, "it has no score")
    _demand(set(model.training) >= _SAID_OF_TRAINING, "it does not say what it was trained on")


def _parts(whole: Any) -> Iterator[Any]:
    """Yield everything inside, itself first, and refuse what no model of ours holds."""
    waiting: list[tuple[Any, type]] = [(whole, type(None))]
    known = set()
    while waiting:
        part, owner = waiting.pop()
        contains = isinstance(part, dict | list | tuple)
        if (id(part), owner if contains else None) in known:
            continue
        known.add((id(part), owner if contains else None))
        yield part
        for each in _inside(part):
            holder = owner if contains else type(part)
            keeper = _KEEPERS.get(type(each), object)
            if not issubclass(holder, keeper):
                raise ValueError(f"a {type(each).__name__} is out of place")
            waiting.append((each, holder))


def _inside(part: Any) -> Iterator[Any]:
    """Values of a container or object.

    An attribute that hides a method of its class could stand in for the check of its input, so there may be none.
    """
    _demand(not isinstance(part, _CODE), "it holds code")
    if isinstance(part, dict):
        yield from part.values()
    elif isinstance(part, list | tuple):
        yield from part
    elif isinstance(part, np.ndarray) and part.dtype.kind not in "biufU" and part.dtype != PREDICTOR_RECORD_DTYPE:
        raise ValueError(f"it holds an array of {part.dtype}")
    for name, value in getattr(part, "__dict__", {}).items():
        if callable(getattr(type(part), name, None)):
            raise ValueError(f"it hides {type(part).__name__}.{name}")
        yield value


def _check_forest(forest: ForestClassifier) -> None:
    trees = forest.estimators_
    _demand(isinstance(trees, list) and all(isinstance(each, DecisionTreeClassifier) for each in trees), "no forest")
    _demand(isinstance(forest.n_features_in_, int), "a forest without features")
    _demand(all(each.n_features_in_ == forest.n_features_in_ for each in trees), "trees on other features")


def _check_decision_tree(owner: DecisionTreeClassifier) -> None:
    tree = owner.tree_
    _demand(isinstance(tree, Tree) and isinstance(owner.n_features_in_, int), "a tree without nodes or features")
    _demand(1 <= tree.node_count <= tree.capacity and tree.n_outputs == 1, "a tree without nodes")
    _check_nodes((tree.children_left, tree.children_right), tree.feature, owner.n_features_in_)


def _check_histograms(trees: Histograms) -> None:
    mapper, predictors = trees._bin_mapper, trees._predictors
    _demand(trees._preprocessor is None and not getattr(trees, "_in_fit", False), "it lets features by unchecked")
    _demand(not np.any(mapper.is_categorical_), "it holds categories")
    _demand(isinstance(trees.n_features_in_, int), "trees without features")
    for predictor in chain.from_iterable(predictors):
        nodes = predictor.nodes
        _demand(isinstance(predictor, TreePredictor) and nodes.dtype == PREDICTOR_RECORD_DTYPE, "no tree")
        _demand(nodes.ndim == 1 and len(nodes) > 0 and not nodes["is_categorical"].any(), "a tree without nodes")
        children = (np.where(nodes["is_leaf"], -1, nodes[side].astype(np.int64)) for side in ("left", "right"))
        _check_nodes(tuple(children), nodes["feature_idx"], trees.n_features_in_)


def _check_boosted(trees: BalancedXGB) -> None:
    """XGBoost says of a model that it has read what it understood."""
    learner = json.loads(trees.booster_.save_raw("json"))["learner"]
    size, boosted = learner["learner_model_param"], learner["gradient_booster"]
    n_features, n_classes, model = int(size["num_feature"]), int(size["num_class"]), boosted["model"]
    _demand(boosted["name"] == "gbtree" and int(size["num_target"]) == 1, "no boosted trees")
    _demand(int(learner["objective"]["softmax_multiclass_param"]["num_class"]) == n_classes, "classes that differ")
    _demand(len(model["tree_info"]) == len(model["trees"]), "trees without classes")
    _demand(all(0 <= number < n_classes for number in model["tree_info"]), "trees of no class")
    _demand(all(0 <= end <= len(model["trees"]) for end in model["iteration_indptr"]), "rounds without trees")
    for tree in model["trees"]:
        _demand(int(tree["tree_param"]["size_leaf_vector"]) <= 1 and not any(tree["split_type"]), "other trees")
        children = (np.asarray(tree["left_children"]), np.asarray(tree["right_children"]))
        _check_nodes(children, np.asarray(tree["split_indices"]), n_features)


def _check_nodes(children: tuple[Places, ...], features: Places, n_features: int) -> None:
    """Refuse a tree from which a way leads outside, or round in circles: children come after their parents."""
    left, right = children
    n_nodes = len(left)
    _demand(n_nodes > 0 and len(right) == len(features) == n_nodes, "a tree without nodes")
    inner = left != -1
    for side in (left[inner], right[inner]):
        _demand(np.all((side > np.flatnonzero(inner)) & (side < n_nodes)), "a tree that leads outside of itself")
    asked = features[inner]
    _demand(np.all((asked >= 0) & (asked < n_features)), "a tree that asks for a feature that there is not")


def _check_machine(machine: PairwiseSVC) -> None:
    """LIBSVM takes the sizes of its arrays from one another, and numbers of support vectors as columns of a kernel."""
    remembered, places = machine._BaseLibSVM__Xfit, machine.support_
    per_class, weights = machine._n_support, machine._dual_coef_
    n_classes, n_vectors = len(per_class), len(places)
    _demand(isinstance(machine.kernel, GaussianKernel | LinearKernel) and remembered.ndim == 2, "another kernel")
    _demand(machine._sparse is False and "_impl" not in vars(machine), "another machine")
    _demand(n_vectors > 0 and np.all((places >= 0) & (places < len(remembered))), "vectors that there are not")
    _demand(n_classes > 1 and np.all(per_class >= 0) and int(per_class.sum()) == n_vectors, "vectors of no class")
    _demand(weights.shape == (n_classes - 1, n_vectors), "vectors without weights")
    _demand(machine._intercept_.shape == (n_classes * (n_classes - 1) // 2,), "pairs without thresholds")
    unused = (machine.support_vectors_, machine._probA, machine._probB)
    _demand(all(isinstance(each, np.ndarray) and each.size == 0 for each in unused), "another machine")


def _check_neighbours(neighbours: NearestUtterances) -> None:
    """Only this way to search stays in Python, where places are checked."""
    ways = (neighbours.metric, neighbours.effective_metric_, neighbours._fit_method)
    _demand(ways == ("cosine", "cosine", "brute"), "neighbours by another measure")


def _demand(sound: Any, otherwise: str) -> None:
    if not sound:
        raise ValueError(otherwise)


_RULES: Mapping[type, tuple[str, Callable[[Any], None]]] = {
    ForestClassifier: ("estimators_", _check_forest),
    DecisionTreeClassifier: ("tree_", _check_decision_tree),
    Histograms: ("_predictors", _check_histograms),
    BalancedXGB: ("booster_", _check_boosted),
    PairwiseSVC: ("support_", _check_machine),
    NearestUtterances: ("_fit_method", _check_neighbours),
}
"""What without that attribute has learnt nothing, and answers nothing."""

_KEEPERS: Mapping[type, type] = {Tree: DecisionTreeClassifier, TreePredictor: Histograms}
"""Trees that answer without a look at what they are asked are asked only by those who look."""

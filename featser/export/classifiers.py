"""Fitted classifiers as ONNX graphs."""

from functools import reduce
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import QuantileTransformer, StandardScaler
from sklearn.svm import SVC

from featser.errors import InputError
from featser.export import trees
from featser.export.graph import Graph, Value
from featser.models import BalancedXGB, Calibrated
from featser.models.chain import Chain, chain_of, linear_weights, pair_duals
from featser.models.combination import Combined
from featser.models.kernel import STEEPNESS, PairwiseSVC
from featser.models.linear import EvenDiscriminant, Rotated
from featser.models.neighbours import NearestUtterances
from featser.models.perceptron import Perceptron
from featser.models.preparation import Clipped, Prepared
from featser.models.probabilities import SMALLEST_PROBABILITY

Array = NDArray[Any]

FOREST = (RandomForestClassifier, ExtraTreesClassifier)


def probabilities(graph: Graph, rows: Value, classifier: Any) -> Value:
    """Add a classifier's probabilities to a graph.

    Parameters
    ----------
    graph : Graph
    rows : str
        features, shape ``(n, n_features)``; NaN where a feature is undefined
    classifier : classifier
        fitted

    Returns
    -------
    str
        probabilities, shape ``(n, n_classes)``

    Raises
    ------
    InputError
        a part of the classifier has no counterpart in ONNX
    """
    chain = chain_of(classifier)
    if chain.columns is not None:
        rows = graph.columns(rows, chain.columns)
    if isinstance(chain.estimator, Combined):
        return _combined(graph, rows, chain.estimator)
    if chain.prepared is not None:
        rows = _prepared(graph, rows, chain.prepared)
    if chain.calibrated is None:
        return _uncalibrated(graph, rows, chain)
    scores = _scores(graph, rows, chain.estimator)
    shares = graph.softmax(scores, chain.temperature)
    return shares if chain.calibrated.steps_ is None else _stepped(graph, shares, chain.calibrated)


def refusal(what: str) -> InputError:
    """Return the error for a part that cannot be exported.

    Parameters
    ----------
    what : str
        the part, subject of a sentence

    Returns
    -------
    InputError
    """
    return InputError(f"{what} cannot be exported to ONNX. Export to skops: featser export MODEL --format skops.")


def _prepared(graph: Graph, rows: Value, prepared: Prepared) -> Value:
    steps = [step for _, step in prepared.scaler_.steps]
    usual = steps[0].transform(np.full((1, steps[0].n_features_in_), np.nan))[0]
    rows = graph.add("Where", graph.add("IsNaN", rows), usual.astype(np.float64), rows)
    for step in steps[1:]:
        if isinstance(step, StandardScaler):
            rows = graph.add("Div", graph.add("Sub", rows, step.mean_), step.scale_)
        elif isinstance(step, Clipped):
            rows = graph.add("Max", graph.add("Min", rows, np.float64(step.limit)), np.float64(-step.limit))
        else:
            kind = "rank" if isinstance(step, QuantileTransformer) else type(step).__name__
            raise refusal(f"A model with scaling = '{kind}'")
    if len(prepared.selector_.columns_) < prepared.selector_.n_features_in_:
        rows = graph.columns(rows, prepared.selector_.columns_)
    return rows


def _scores(graph: Graph, rows: Value, estimator: Any) -> Value:
    """Add scores as `featser.models.probabilities.scores_of` computes them: one column per class."""
    if not hasattr(estimator, "decision_function"):
        return graph.add("Log", graph.add("Max", _shares(graph, rows, estimator), np.float64(SMALLEST_PROBABILITY)))
    scores = _margins(graph, rows, estimator)
    return graph.both(scores, graph.add("Neg", scores)) if len(estimator.classes_) == 2 else scores


def _uncalibrated(graph: Graph, rows: Value, chain: Chain) -> Value:
    if not hasattr(chain.estimator, "decision_function"):
        return _shares(graph, rows, chain.estimator)
    scores = _margins(graph, rows, chain.estimator)
    return graph.logistic(scores) if len(chain.estimator.classes_) == 2 else graph.softmax(scores)


def _margins(graph: Graph, rows: Value, estimator: Any) -> Value:
    """Add the decision function: one column for two classes."""
    if isinstance(estimator, PairwiseSVC):
        return _pairwise(graph, rows, estimator)
    if isinstance(estimator, HistGradientBoostingClassifier):
        return trees.histograms(graph, rows, estimator)
    linear = linear_weights(estimator)
    if linear is None or not isinstance(estimator, EvenDiscriminant | Pipeline):
        raise refusal(f"A classifier of the class {type(estimator).__name__}")
    return graph.linear(rows, *linear)


def _pairwise(graph: Graph, rows: Value, machines: PairwiseSVC) -> Value:
    """Margins of two classes, or sums of logistic curves over all pairs."""
    linear = linear_weights(machines)
    margins = _gaussian(graph, rows, machines.machine_) if linear is None else graph.linear(rows, *linear)
    n_classes = len(machines.classes_)
    if n_classes == 2:
        return margins
    pairs = list(combinations(range(n_classes), 2))
    wins, losses = (np.eye(n_classes)[[pair[side] for pair in pairs]] for side in (0, 1))
    steep = graph.add("Mul", margins, np.float64(STEEPNESS))
    won = graph.add("MatMul", graph.log_expit(steep), wins)
    return graph.add("Add", won, graph.add("MatMul", graph.log_expit(graph.add("Neg", steep)), losses))


def _gaussian(graph: Graph, rows: Value, machine: SVC) -> Value:
    """Margins of all pairs from the Gaussian kernel with the support vectors."""
    vectors, duals, intercepts = pair_duals(machine)
    lengths = graph.add("Add", graph.sum(graph.add("Mul", rows, rows)), (vectors**2).sum(axis=1)[None, :])
    products = graph.add("Mul", graph.add("MatMul", rows, vectors.T), np.float64(2))
    distances = graph.add("Max", graph.add("Sub", lengths, products), np.float64(0))
    kernel = graph.add("Exp", graph.add("Mul", distances, np.float64(-machine.kernel.gamma / vectors.shape[1])))
    return graph.linear(kernel, duals, intercepts)


def _shares(graph: Graph, rows: Value, estimator: Any) -> Value:
    """Add the probabilities of a classifier without a decision function."""
    if isinstance(estimator, FOREST):
        return trees.forest(graph, rows, estimator)
    if isinstance(estimator, BalancedXGB):
        return graph.softmax(trees.boosted(graph, rows, estimator))
    if isinstance(estimator, Pipeline) and len(estimator.steps) == 2:
        rotated, last = (step for _, step in estimator.steps)
        known = {NearestUtterances: _neighbours, Perceptron: _perceptron}
        if isinstance(rotated, Rotated) and type(last) in known:
            turned = graph.add("MatMul", graph.add("Sub", rows, rotated.mean_), rotated.directions_)
            return known[type(last)](graph, turned, last)
    raise refusal(f"A classifier of the class {type(estimator).__name__}")


def _perceptron(graph: Graph, rows: Value, network: Perceptron) -> Value:
    inner = network.network_
    hidden = graph.add("Div", rows, np.float64(network.scale_))
    hidden = graph.add("Relu", graph.linear(hidden, inner.coefs_[0].T, inner.intercepts_[0]))
    scores = graph.linear(hidden, inner.coefs_[1].T, inner.intercepts_[1])
    return graph.logistic(scores) if len(network.classes_) == 2 else graph.softmax(scores)


def _neighbours(graph: Graph, rows: Value, nearest: NearestUtterances) -> Value:
    """Votes weighted by the inverse cosine distance; utterances at distance 0 alone, where there are any."""
    inner = nearest.neighbours_
    lengths = np.linalg.norm(inner._fit_X, axis=1, keepdims=True)
    known = inner._fit_X / np.where(lengths > 0, lengths, 1)
    length = graph.add("Sqrt", graph.sum(graph.add("Mul", rows, rows)))
    unit = graph.add("Div", rows, graph.add("Max", length, np.float64(np.finfo(np.float64).tiny)))
    distances = graph.add("Sub", np.float64(1), graph.add("MatMul", unit, known.T))
    distances = graph.add("Max", distances, np.float64(0))
    n_neighbours = np.array([inner.n_neighbors], dtype=np.int64)
    least, places = graph.smallest(distances, n_neighbours)
    same = graph.add("Equal", least, np.float64(0))
    alone = graph.to_double(same)
    any_same = graph.add("Greater", graph.sum(alone), np.float64(0))
    weights = graph.add(
        "Where", any_same, alone, graph.add("Reciprocal", graph.add("Where", same, np.float64(1), least))
    )
    votes = graph.add("Gather", np.eye(len(nearest.classes_))[inner._y], places, axis=0)
    weighted = graph.add("Mul", votes, graph.add("Unsqueeze", weights, np.array([2], dtype=np.int64)))
    shares = graph.add("ReduceSum", weighted, np.array([1], dtype=np.int64), keepdims=0)
    return graph.add("Div", shares, graph.sum(shares))


def _stepped(graph: Graph, shares: Value, calibrated: Calibrated) -> Value:
    """Linear interpolation between the corners of each class's step function."""
    columns = []
    for number, (corners, values) in enumerate(calibrated.steps_ or ()):
        share = graph.columns(shares, np.array([number]))
        widths = np.diff(corners)
        into = graph.add("Min", graph.add("Max", graph.add("Sub", share, corners[:-1]), np.float64(0)), widths)
        rise = graph.add("MatMul", into, (np.diff(values) / widths)[:, None])
        columns.append(graph.add("Add", rise, np.float64(values[0])))
    stepped = graph.add("Max", graph.add("Concat", *columns, axis=1), np.float64(SMALLEST_PROBABILITY))
    return graph.add("Div", stepped, graph.sum(stepped))


def _combined(graph: Graph, rows: Value, combined: Combined) -> Value:
    """Mean of the members' log probabilities, or a logistic regression on them."""
    logs = []
    for member, temperature in zip(combined.members_, combined.temperatures_, strict=True):
        scores = _scores(graph, _prepared(graph, rows, member), member.estimator_)
        logs.append(graph.log_softmax(scores, temperature))
    second = combined.second_
    if second is None:
        total = reduce(lambda one, other: graph.add("Add", one, other), logs)
        return graph.softmax(total, combined.temperature_ * len(logs))
    scores = graph.linear(graph.add("Concat", *logs, axis=1), second.coef_, second.intercept_)
    return graph.logistic(scores) if len(combined.classes_) == 2 else graph.softmax(scores)

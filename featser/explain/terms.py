"""Contributions of single features to the margin of an answer.

The margin of an emotion is the logarithm of its probability minus the mean logarithm of the other probabilities, before
step functions of an isotonic calibration. For a softmax over scores it is a difference of scores, so for linear models
and boosted trees it is a sum over features.
"""

from dataclasses import dataclass
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.special import log_expit

from featser.models import BalancedXGB
from featser.models.chain import Chain, chain_of, linear_weights
from featser.models.kernel import STEEPNESS, PairwiseSVC

Matrix = NDArray[np.float64]
Indices = NDArray[np.int64]

_SMALLEST = 1e-300
_EQUAL = 1e-9


@dataclass(frozen=True, eq=False)
class Terms:
    """Contributions of features to the margins of some utterances.

    Attributes
    ----------
    method : str
        ``linear`` (weights of a linear model) or ``trees`` (XGBoost's own contributions)
    columns : Matrix [shape=(n_utterances, n_features)]
        contribution of each feature
    base : NDArray [shape=(n_utterances,)]
        margin without the contributions: of an utterance whose features are all undefined for linear models, of the
        training mean for trees; ``base`` plus the sum of ``columns`` is the margin
    """

    method: str
    columns: Matrix
    base: Matrix


def margins(probabilities: Matrix, answers: Indices) -> Matrix:
    """Return the margin of one emotion of each utterance.

    Parameters
    ----------
    probabilities : Matrix [shape=(n_utterances, n_classes)]
    answers : NDArray of int [shape=(n_utterances,)]
        column of the emotion

    Returns
    -------
    Matrix [shape=(n_utterances,)]
        logarithm of its probability minus the mean logarithm of the others

    Examples
    --------
    >>> margins(np.array([[0.5, 0.25, 0.25]]), np.array([0])).round(3)
    array([0.693])
    """
    return _margin(np.log(np.maximum(probabilities, _SMALLEST)), answers)


def exact_terms(classifier: Any, features: Matrix, answers: Indices) -> Terms | None:
    """Divide margins among the features, for models whose margin is a sum over features.

    Undefined features contribute what their substitute contributes: 0 for linear models.

    Parameters
    ----------
    classifier : classifier
        fitted
    features : Matrix [shape=(n_utterances, n_features)]
        as the classifier takes them; NaN where a feature is undefined
    answers : NDArray of int [shape=(n_utterances,)]
        column of the explained emotion

    Returns
    -------
    Terms
        None for models that are neither linear nor XGBoost

    References
    ----------
    Lundberg, Erion and Lee, Consistent individualized feature attribution for tree ensembles, 2018 (trees).
    Shrikumar, Greenside and Kundaje, Learning important features through propagating activation differences, ICML
    2017, sec. 3.5.1 (the logistic curves of the pairwise machines).
    """
    chain = chain_of(classifier)
    if isinstance(chain.estimator, BalancedXGB):
        return _tree_terms(chain, features, answers)
    linear = linear_weights(chain.estimator)
    return None if linear is None else _linear_terms(chain, *linear, features, answers)


def _linear_terms(chain: Chain, weights: Matrix, intercepts: Matrix, features: Matrix, answers: Indices) -> Terms:
    """Terms of each feature's distance from the value that replaces an undefined one."""
    usual = chain.prepare(np.full((1, features.shape[1]), np.nan))
    distances = chain.prepare(features) - usual
    start = (usual @ weights.T + intercepts)[0]
    slopes, base = _class_scores(chain, start, distances @ weights.T)
    slopes = _margin(np.moveaxis(slopes, 2, 1), answers[:, None]) / chain.temperature
    terms = (slopes @ weights) * distances
    return Terms("linear", chain.expand(terms, features.shape[1]), _margin(base, answers) / chain.temperature)


def _class_scores(chain: Chain, start: Matrix, changes: Matrix) -> tuple[Matrix, Matrix]:
    """Slope of each class's score by each linear score, and the scores of the classes at the start.

    Returns
    -------
    slopes : Matrix [shape=(n_utterances, n_classes, n_scores)]
    base : Matrix [shape=(n_utterances, n_classes)]
    """
    n_rows, n_classes = len(changes), len(chain.estimator.classes_)
    if n_classes == 2:
        signs = np.array([-1.0, 1.0]) * (1.0 if chain.calibrated else 0.5)
        return np.broadcast_to(signs[None, :, None], (n_rows, 2, 1)), np.broadcast_to(signs * start, (n_rows, 2))
    if not isinstance(chain.estimator, PairwiseSVC):
        slopes = np.broadcast_to(np.eye(n_classes), (n_rows, n_classes, n_classes))
        return slopes, np.broadcast_to(start, (n_rows, n_classes))
    slopes, base = np.zeros((n_rows, n_classes, len(start))), np.zeros((n_rows, n_classes))
    for pair, (one, other) in enumerate(combinations(range(n_classes), 2)):
        for each, side in ((one, STEEPNESS), (other, -STEEPNESS)):
            slopes[:, each, pair] = _secant(side, start[pair], changes[:, pair])
            base[:, each] += log_expit(side * start[pair])
    return slopes, base


def _secant(side: float, start: float, changes: Matrix) -> Matrix:
    """Slope of the line between two points of ``log_expit(side * x)``."""
    rise = log_expit(side * (start + changes)) - log_expit(side * start)
    tangent = side * np.exp(log_expit(-side * start))
    flat = np.abs(changes) < _EQUAL
    return np.where(flat, tangent, rise / np.where(flat, 1.0, changes))


def _tree_terms(chain: Chain, features: Matrix, answers: Indices) -> Terms:
    from xgboost import DMatrix

    rows = DMatrix(chain.prepare(features).astype(np.float32), nthread=1)
    by_class = chain.estimator.booster_.predict(rows, pred_contribs=True).astype(np.float64)[:, :, :-1]
    scores = chain.estimator.booster_.predict(rows, output_margin=True).astype(np.float64)
    of_answer = _margin(np.moveaxis(by_class, 2, 1), answers[:, None]) / chain.temperature
    base = _margin(scores, answers) / chain.temperature - of_answer.sum(axis=1)  # XGBoost sums in single precision
    return Terms("trees", chain.expand(of_answer, features.shape[1]), base)


def _margin(scores: Matrix, answers: Indices) -> Matrix:
    """Score of the answer minus the mean of the others, over the last axis."""
    n_others = scores.shape[-1] - 1
    own = np.take_along_axis(scores, np.broadcast_to(answers[..., None], (*scores.shape[:-1], 1)), axis=-1)[..., 0]
    return own - (scores.sum(axis=-1) - own) / n_others

"""scikit-learn's conventions, checked for every model and for every estimator that models consist of."""

from collections.abc import Iterator
from importlib.util import find_spec
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, clone
from sklearn.utils.estimator_checks import parametrize_with_checks
from threadpoolctl import threadpool_limits

from featser.models import MODELS, SEQUENCE_MODELS, BalancedXGB, Calibrated, build_model
from featser.models.combination import Combined
from featser.models.corpora import CorporaDiscriminant
from featser.models.kernel import PairwiseSVC
from featser.models.linear import EvenDiscriminant, Rotated
from featser.models.neighbours import NearestUtterances
from featser.models.perceptron import Perceptron
from featser.models.pooling import PooledVote
from featser.models.preparation import Clipped, Prepared
from featser.models.selection import Selected
from featser.models.sequence.classifier import SequenceClassifier

SMALL: dict[str, dict[str, Any]] = {
    "random-forest": {"n_trees": 10},
    "extra-trees": {"n_trees": 10},
    "hist-gb": {"n_trees": 10},
    "xgb": {"n_trees": 20, "colsample": 1.0},
    "mlp": {"n_epochs": 30},
}
OF_FUNCTIONALS = [build_model(name, SMALL.get(name, {}), 0) for name in MODELS if name not in SEQUENCE_MODELS]

PARTS = [
    PairwiseSVC(),
    PairwiseSVC("linear"),
    EvenDiscriminant(),
    CorporaDiscriminant(),
    NearestUtterances(),
    Combined([EvenDiscriminant(), PairwiseSVC()]),
    Combined([EvenDiscriminant()], "stack"),
    PooledVote(EvenDiscriminant()),
    Prepared(EvenDiscriminant()),
    Calibrated(EvenDiscriminant(), "isotonic"),
    Clipped(),
    Rotated(),
    Selected(),
    Selected("univariate", 2),
]
NETWORKS = [SequenceClassifier(name, n_epochs=1, n_tracks=1) for name in SEQUENCE_MODELS if name != "cnn"]
"""The batch normalisation of cnn needs more frames than the checks have columns."""


@pytest.fixture(autouse=True, scope="module")
def one_thread() -> Iterator[None]:
    """Products of small matrices wait for threads that take turns."""
    with threadpool_limits(1):
        yield


@parametrize_with_checks(PARTS)
def test_conventions_of_parts(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


@pytest.mark.slow
@parametrize_with_checks(OF_FUNCTIONALS)
def test_conventions_of_models(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


def too_little_training(estimator: BaseEstimator) -> dict[str, str]:
    return {"check_classifiers_train": "needs an accuracy of 0.83 after one epoch"}


@pytest.mark.slow
@pytest.mark.skipif(find_spec("torch") is None, reason="featser[cnn] is not installed")
@parametrize_with_checks(NETWORKS, expected_failed_checks=too_little_training)
def test_conventions_of_networks(estimator: BaseEstimator, check: Any) -> None:
    check(estimator)


def parts(whole: Any) -> Iterator[BaseEstimator]:
    """An unfitted estimator and all estimators among its parameters."""
    if isinstance(whole, BaseEstimator):
        yield whole
        whole = list(whole.get_params(deep=False).values())
    if isinstance(whole, list | tuple):
        for each in whole:
            yield from parts(each)


@pytest.mark.parametrize("model", [*OF_FUNCTIONALS, *NETWORKS], ids=str)
def test_constructors_store_their_parameters_and_nothing_else(model: BaseEstimator) -> None:
    for part in parts(model):
        if type(part).__module__.startswith("featser."):
            assert vars(part) == part.get_params(deep=False), type(part).__name__


def data() -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(0)
    y = np.tile(["anger", "fear", "sadness"], 20)
    return rng.normal(size=(60, 8)) + (y == "anger")[:, None], y


def answers(estimator: BaseEstimator) -> np.ndarray:
    """What a fitted estimator computes from new rows."""
    X, y = data()
    fitted = estimator.fit(X, y)
    for method in ("predict_proba", "decision_function", "transform"):
        if hasattr(fitted, method):
            return np.asarray(getattr(fitted, method)(X[::-1] + 0.1))
    raise AssertionError(estimator)


@pytest.mark.parametrize(
    ("estimator", "changed"),
    [
        (PairwiseSVC(), {"kernel": "linear"}),
        (PairwiseSVC(), {"gamma": 0.01}),
        (PairwiseSVC(), {"C": 0.01}),
        (EvenDiscriminant(), {"shrinkage": 0.9}),
        (NearestUtterances(), {"n_neighbours": 3}),
        (Perceptron(n_epochs=2), {"n_units": 8}),
        (Perceptron(n_epochs=2), {"alpha": 100.0}),
        (Perceptron(n_epochs=2), {"n_epochs": 3}),
        (Perceptron(n_epochs=2), {"seed": 1}),
        (Rotated(), {"n_components": 2}),
        (Clipped(), {"limit": 1.0}),
        (Selected("univariate", 4), {"n_selected": 2}),
        (BalancedXGB(n_trees=2, colsample=1.0), {"max_depth": 1}),
        (BalancedXGB(n_trees=2, colsample=0.5), {"seed": 1}),
        (Prepared(EvenDiscriminant()), {"scaling": "rank"}),
        (Calibrated(EvenDiscriminant()), {"n_folds": 0}),
        (Calibrated(EvenDiscriminant()), {"seed": 1}),
        (Combined([EvenDiscriminant()]), {"rule": "stack"}),
    ],
    ids=str,
)
def test_a_parameter_that_is_set_later_has_the_same_effect(estimator: BaseEstimator, changed: dict[str, Any]) -> None:
    constructed = type(estimator)(**{**estimator.get_params(deep=False), **changed})
    later = clone(estimator).set_params(**changed)
    np.testing.assert_array_equal(answers(later), answers(constructed))
    assert not np.array_equal(answers(later), answers(clone(estimator))), "without effect"


def test_a_parameter_deep_inside_a_model_can_be_set() -> None:
    built = build_model("mlp", {"n_units": 8, "n_epochs": 2}, 0)
    later = build_model("mlp", {"n_epochs": 2}, 0).set_params(estimator__estimator__perceptron__n_units=8)
    np.testing.assert_array_equal(answers(later), answers(built))

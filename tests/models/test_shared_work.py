"""Cached intermediate results equal computed ones."""

import numpy as np

from featser.models import OnColumns, build_model, without_unused
from featser.models.boosting import Rounds, boost
from featser.models.shared import shared, sharing


def counted():
    calls = []

    def compute():
        calls.append(1)
        return len(calls)

    return calls, compute


def test_equal_contents_are_computed_once() -> None:
    calls, compute = counted()
    with sharing():
        assert shared("it", compute, np.ones(3)) == shared("it", compute, np.ones(3)) == 1
        assert shared("it", compute, np.zeros(3)) == 2
        assert shared("it", compute, np.ones(3), setting=5) == 3
        assert shared("that", compute, np.ones(3)) == 4
    assert len(calls) == 4


def test_nothing_is_cached_outside() -> None:
    calls, compute = counted()
    with sharing():
        shared("it", compute, np.ones(3))
    shared("it", compute, np.ones(3))
    with sharing():
        shared("it", compute, np.ones(3))
    assert len(calls) == 3


def test_shape_and_type_are_part_of_the_contents() -> None:
    calls, compute = counted()
    with sharing():
        for data in (np.zeros((2, 3)), np.zeros((3, 2)), np.zeros((2, 3), np.float32), np.zeros((3, 2)).T):
            shared("it", compute, data)
    assert len(calls) == 3


def test_models_give_the_same_with_and_without_sharing() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 12)), np.array(["a", "b", "c"] * 20)
    for name, parameters in (("svm", {}), ("linear-svm", {}), ("xgb", {"n_trees": 4, "colsample": 0.3})):
        alone = build_model(name, parameters, seed=0).fit(X, y).predict_proba(X)
        with sharing():
            for _ in range(2):
                again = build_model(name, parameters, seed=0).fit(X, y).predict_proba(X)
                np.testing.assert_array_equal(again, alone)


def test_boosting_by_blocks_combines_features_of_different_blocks() -> None:
    """Two features in different blocks are both needed; the rounds use the blocks in turn."""
    rng = np.random.default_rng(1)
    X = rng.normal(size=(400, 4)).astype(np.float32)
    codes = ((X[:, 0] + X[:, 3]) > 0).astype(np.int64)
    booster = boost(X, codes, np.ones(400), Rounds(80, 0.25, seed=0), {"max_depth": 2, "learning_rate": 0.3})
    import xgboost

    right = booster.predict(xgboost.DMatrix(X)).argmax(axis=1) == codes
    assert right.mean() > 0.95


def test_features_that_no_classifier_uses_are_dropped() -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(30, 5)), np.array(["a", "b", "c"] * 10)
    one = OnColumns(np.array([1, 3]), build_model("logreg", {}, 0).fit(X[:, [1, 3]], y))
    other = OnColumns(np.array([3, 4]), build_model("logreg", {}, 0).fit(X[:, [3, 4]], y))
    kept, names = without_unused({"a": one, "b": other}, "pqrst")
    assert names == ("q", "s", "t")
    for way, before in (("a", one), ("b", other)):
        np.testing.assert_array_equal(kept[way].predict_proba(X[:, [1, 3, 4]]), before.predict_proba(X))
    alone, names = without_unused({"a": one}, "pqrst")
    assert (names, alone["a"]) == (("q", "s"), one.classifier)

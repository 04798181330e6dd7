"""Calibration of probabilities."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.special import log_softmax, softmax
from sklearn.neighbors import KNeighborsClassifier
from sklearn.svm import SVC

from featser.models import Preparation, decide, strata
from featser.models.kernel import GaussianKernel, LinearKernel
from featser.models.probabilities import best_temperature
from featser.models.splits import split_by_speaker


def blobs(n: int, seed: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Three overlapping classes, six speakers."""
    rng = np.random.default_rng(seed)
    y = np.tile(["anger", "fear", "sadness"], n // 3)
    centres = {"anger": (0, 0), "fear": (2, 0), "sadness": (0, 2)}
    X = np.array([centres[label] for label in y]) + spread * rng.normal(size=(len(y), 2))
    return X, y, np.repeat(list("abcdef"), len(y) // 6)


@pytest.mark.parametrize("temperature", [0.3, 1.0, 4.0])
def test_the_temperature_of_labels_drawn_from_it_is_found(temperature: float) -> None:
    rng = np.random.default_rng(0)
    scores = 3 * rng.normal(size=(20_000, 4))
    shares = softmax(scores / temperature, axis=1)
    truth = (shares.cumsum(axis=1) > rng.random((len(scores), 1))).argmax(axis=1)
    assert best_temperature(scores, truth) == pytest.approx(temperature, rel=0.05)


@given(st.integers(0, 50))
@settings(max_examples=15, deadline=None)
def test_no_other_temperature_is_better(seed: int) -> None:
    rng = np.random.default_rng(seed)
    scores, truth = rng.normal(size=(60, 3)), rng.integers(0, 3, 60)

    def loss(temperature: float) -> float:
        return -log_softmax(scores / temperature, axis=1)[np.arange(60), truth].mean()

    best = best_temperature(scores, truth)
    others = np.clip(best * np.array([0.5, 0.9, 1.1, 2.0]), np.exp(-5), np.exp(5))
    assert all(loss(best) <= loss(other) + 1e-6 for other in others)


def test_temperature_scaling_does_not_change_the_most_probable_emotion() -> None:
    X, y, groups = blobs(120, 0)
    model = Preparation().then(SVC()).fit(X, y, groups=groups)
    margins = model.estimator_.decision_function(X)
    assert list(model.predict(X)) == list(model.classes_[margins.argmax(axis=1)])


def test_probabilities_agree_with_the_share_of_right_answers() -> None:
    X, y, groups = blobs(600, 1)
    X_new, y_new, _ = blobs(3000, 2)
    decision = decide(Preparation().then(SVC()).fit(X, y, groups=groups), X_new)
    confidence = decision.probabilities.max(axis=1)
    assert confidence.mean() == pytest.approx(np.mean(decision.labels == y_new), abs=0.04)


@pytest.mark.parametrize("calibration", ["temperature", "isotonic"])
def test_both_calibrations_correct_an_overconfident_classifier(calibration: str) -> None:
    """One nearest neighbour always has probability 1; calibrated, it has the share of right answers."""
    X, y, groups = blobs(1500, 4)
    X_new, y_new, _ = blobs(3000, 5)
    neighbours = KNeighborsClassifier(1)
    overconfident = neighbours.fit(X, y).predict_proba(X_new).max(axis=1).mean()
    model = Preparation(calibration=calibration).then(KNeighborsClassifier(1)).fit(X, y, groups=groups)
    decision = decide(model, X_new)
    assert overconfident == 1.0
    assert decision.probabilities.max(axis=1).mean() == pytest.approx(np.mean(decision.labels == y_new), abs=0.03)
    np.testing.assert_allclose(decision.probabilities.sum(axis=1), 1)


def test_isotonic_calibration_needs_a_thousand_utterances() -> None:
    X, y, groups = blobs(120, 0)
    assert Preparation(calibration="isotonic").then(SVC()).fit(X, y, groups=groups).steps_ is None


def test_inner_folds_separate_speakers() -> None:
    _, y, groups = blobs(120, 0)
    folds = split_by_speaker(y, groups, 3, 0)
    assert len(folds) == 3
    for train, test in folds:
        assert not set(groups[train]) & set(groups[test])


def test_of_equal_probabilities_the_first_emotion_is_taken() -> None:
    class Undecided:
        classes_ = np.array(["anger", "fear"])

        def predict_proba(self, X: np.ndarray) -> np.ndarray:
            return np.full((len(X), 2), 0.5)

    assert list(decide(Undecided(), np.zeros((2, 1))).labels) == ["anger", "anger"]


@pytest.mark.parametrize(("kernel", "named"), [(GaussianKernel(0.7), "rbf"), (LinearKernel(), "linear")])
def test_kernels_by_matrix_product_equal_the_solvers_own(kernel: object, named: str) -> None:
    X, y, _ = blobs(120, 3)
    own = SVC(kernel=kernel).fit(X, y)
    theirs = SVC(kernel=named, gamma=0.7 / X.shape[1]).fit(X, y)
    np.testing.assert_allclose(own.decision_function(X), theirs.decision_function(X), atol=1e-9)


@given(counts=st.lists(st.integers(1, 6), min_size=1, max_size=6), n_folds=st.integers(2, 5))
def test_no_stratum_is_too_small_for_the_folds_unless_all_are(counts: list[int], n_folds: int) -> None:
    y = np.repeat([f"e{number}" for number in range(len(counts))], counts)
    merged = strata(y, n_folds)
    assert np.unique(merged, return_counts=True)[1].min() >= min(n_folds, len(y))
    if min(counts) >= n_folds:
        np.testing.assert_array_equal(merged, y)

"""Filling, scaling and selection: learnt on what a fold trains on, and on nothing else."""

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression

from featser.errors import UnknownNameError, UsageError
from featser.models import SCALINGS, SELECTIONS, build_model
from featser.models.linear import EvenDiscriminant, Rotated
from featser.models.preparation import MeanImputer, Prepared
from featser.models.selection import Selected, least_redundant, univariate


def data(n: int = 120, n_features: int = 40, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Two emotions that the first three features tell apart, the third a copy of the first; six speakers."""
    rng = np.random.default_rng(seed)
    y = np.tile(["anger", "sadness"], n // 2)
    X = rng.normal(size=(n, n_features))
    X[:, :2] += 1.5 * (y == "anger")[:, None]
    X[:, 2] = X[:, 0] + 0.01 * rng.normal(size=n)
    return X, y, np.repeat(list("abcdef"), n // 6)


class Echo(ClassifierMixin, BaseEstimator):
    """Answers with what it is shown."""

    def fit(self, X: np.ndarray, y: np.ndarray) -> "Echo":
        self.classes_ = np.unique(y)
        return self

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return X


@pytest.mark.parametrize("scaling", ["standard", "robust", "rank"])
def test_scaled_features_are_centred_on_the_training_part_alone(scaling: str) -> None:
    X, y, _ = data()
    prepared = Prepared(Echo(), scaling).fit(X, y)
    seen = prepared.predict_proba(X)
    np.testing.assert_allclose(np.median(seen, axis=0), 0, atol=0.35)
    shifted = prepared.predict_proba(X + 100)
    assert (np.abs(shifted) > 2.5).all(), "what is tested must not centre itself"


def test_one_loud_value_weighs_no_more_than_three_deviations() -> None:
    X, y, _ = data()
    loud = np.full((1, X.shape[1]), 1e6)
    assert np.abs(Prepared(Echo(), "robust").fit(X, y).predict_proba(loud)).max() == 3.0
    assert np.abs(Prepared(Echo(), "rank").fit(X, y).predict_proba(loud)).max() <= 3.0
    assert np.abs(Prepared(Echo(), "standard").fit(X, y).predict_proba(loud)).min() > 1000


@pytest.mark.parametrize("scaling", SCALINGS)
def test_a_gap_is_filled_with_what_training_says(scaling: str) -> None:
    X, y, _ = data()
    prepared = Prepared(Echo(), scaling).fit(X, y)
    gap = prepared.predict_proba(np.full((1, X.shape[1]), np.nan))
    centre = np.median(X, axis=0) if scaling in ("none", "rank") else X.mean(axis=0)
    np.testing.assert_allclose(gap, prepared.predict_proba(centre[None]), atol=1e-12)


@pytest.mark.parametrize("selection", [each for each in SELECTIONS if each != "none"])
def test_a_selection_finds_the_features_that_tell(selection: str) -> None:
    X, y, groups = data()
    chosen = Selected(selection, 3).fit(X, y, groups).columns_
    assert len(chosen) == 3
    assert {0, 1} <= set(chosen) or {1, 2} <= set(chosen)


def test_mrmr_leaves_out_the_copy() -> None:
    X, y, _ = data()
    assert set(least_redundant(X, univariate(X, y), 2)) in ({0, 1}, {1, 2})
    assert set(np.argsort(-univariate(X, y))[:3]) == {0, 1, 2}


def test_stability_drops_what_one_speaker_alone_supports() -> None:
    X, y, groups = data(n_features=200)
    X[groups == "a", 5] += np.where(y[groups == "a"] == "anger", 8.0, -8.0)
    assert 5 in Selected("univariate", 4).fit(X, y, groups).columns_
    assert 5 not in Selected("stability", 4).fit(X, y, groups).columns_


@pytest.mark.parametrize("selection", [each for each in SELECTIONS if each != "none"])
def test_selection_inside_folds_finds_nothing_in_noise(selection: str) -> None:
    """Selected on everything, noise looks like skill; selected inside, it scores at chance."""
    rng = np.random.default_rng(1)
    X, y = rng.normal(size=(90, 1500)), np.tile(["anger", "fear", "sadness"], 30)
    groups = np.repeat(list("abcdef"), 15)
    hits = []
    for speaker in "abcdef":
        train = groups != speaker
        model = build_model("lda", {"selection": selection, "n_selected": 20, "calibration": "none"}, 0)
        hits.append(model.fit(X[train], y[train], groups=groups[train]).predict(X[~train]) == y[~train])
    assert 0.15 < np.mean(hits) < 0.52


@pytest.mark.parametrize("kind", ["scaling", "selection", "calibration"])
def test_an_unknown_way_gets_the_nearest(kind: str) -> None:
    with pytest.raises(UnknownNameError, match=f"nknown {kind} 'nonee'. Did you mean 'none'"):
        build_model("lda", {kind: "nonee"}, 0)


@pytest.mark.parametrize("shape", [(60, 200), (200, 60)])
def test_rotated_features_give_the_same_logistic_regression(shape: tuple[int, int]) -> None:
    rng = np.random.default_rng(0)
    X, y = rng.normal(size=shape), rng.integers(0, 3, shape[0])
    new = rng.normal(size=(20, shape[1]))
    turned = Rotated().fit(X)
    plain = LogisticRegression(C=0.1, tol=1e-10, max_iter=5000).fit(X - X.mean(axis=0), y)
    rotated = LogisticRegression(C=0.1, tol=1e-10, max_iter=5000).fit(turned.transform(X), y)
    np.testing.assert_allclose(
        rotated.predict_proba(turned.transform(new)), plain.predict_proba(new - X.mean(axis=0)), atol=1e-5
    )


def test_directions_are_those_of_principal_components() -> None:
    from sklearn.decomposition import PCA

    X, _, _ = data(n_features=200)
    ours, theirs = Rotated(10).fit_transform(X), PCA(10, svd_solver="full").fit_transform(X)
    np.testing.assert_allclose(np.abs(ours), np.abs(theirs), atol=1e-8)


@pytest.mark.parametrize("n_emotions", [2, 3])
def test_features_need_no_rotation_before_the_discriminant(n_emotions: int) -> None:
    """More features than utterances: all principal components, or none of that, is one classifier."""
    rng = np.random.default_rng(3)
    y = np.array(["anger", "fear", "sadness"])[rng.integers(0, n_emotions, 60)]
    X, new = rng.normal(size=(60, 300)) + 5, rng.normal(size=(20, 300)) + 5
    direct = EvenDiscriminant(0.3).fit(X, y)
    turned = Rotated().fit(X)
    rotated = EvenDiscriminant(0.3).fit(turned.transform(X), y)
    np.testing.assert_allclose(
        direct.predict_proba(new), rotated.predict_proba(turned.transform(new)), rtol=1e-8, atol=1e-12
    )


@pytest.mark.parametrize("shrinkage", [0.5, 1.0])
def test_one_utterance_of_each_emotion_is_enough_for_means(shrinkage: float) -> None:
    X = np.eye(3, 8)
    found = EvenDiscriminant(shrinkage).fit(X, np.array(["anger", "fear", "sadness"]))
    assert list(found.predict(X)) == ["anger", "fear", "sadness"]


@pytest.mark.parametrize("n_emotions", [2, 4])
def test_the_discriminant_is_scikit_learns(n_emotions: int) -> None:
    rng = np.random.default_rng(2)
    y = np.array(["anger", "fear", "neutral", "sadness"])[rng.integers(0, n_emotions, 90)]
    X = rng.normal(size=(90, 30)) + rng.normal(size=30) * (y == "fear")[:, None]
    even = [1 / n_emotions] * n_emotions
    theirs = LinearDiscriminantAnalysis(solver="lsqr", shrinkage=0.2, priors=even).fit(X, y)
    ours = EvenDiscriminant(0.2).fit(X, y)
    np.testing.assert_allclose(ours.predict_proba(X), theirs.predict_proba(X), rtol=1e-9)


@pytest.mark.parametrize("shrinkage", [0.0, -0.1, 1.1])
def test_a_shrinkage_that_is_none_is_refused(shrinkage: float) -> None:
    with pytest.raises(UsageError, match=f"shrinkage = {shrinkage} is out of range. Give a number from 1e-06 to 1."):
        build_model("lda", {"shrinkage": shrinkage}, 0)


def test_rare_emotions_count_as_much_as_frequent_ones() -> None:
    """Between two classes of equal spread the border lies in the middle, however many there are of each."""
    rng = np.random.default_rng(0)
    X = np.concatenate([rng.normal(0, 1, (900, 1)), rng.normal(4, 1, (30, 1))])
    y = np.repeat(["anger", "fear"], [900, 30])
    border = EvenDiscriminant(0.0).fit(X, y)
    assert list(border.predict([[1.6], [2.4]])) == ["anger", "fear"]


def test_undefined_values_become_the_mean_as_in_scikit_learn() -> None:
    """The same bits, also over more rows than are read at a time."""
    rng = np.random.default_rng(0)
    features = rng.normal(size=(150, 9)) * np.geomspace(1e-3, 1e3, 9)
    features[rng.random(features.shape) < 0.1] = np.nan
    features[:, 2] = np.nan
    theirs = SimpleImputer(keep_empty_features=True).fit(features)
    before = features.copy()
    np.testing.assert_array_equal(MeanImputer().fit(features).transform(features), theirs.transform(features))
    np.testing.assert_array_equal(features, before)

"""Discriminant analysis of several corpora."""

import numpy as np
import pytest

from featser.models import CorporaDiscriminant
from featser.models.corpora import agreement, corpora_of
from featser.models.linear import EvenDiscriminant

EMOTIONS = np.array(["anger", "fear", "neutral"])


@pytest.fixture
def voices() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Features, emotions and speakers of two corpora, the second twice as large."""
    rng = np.random.default_rng(0)
    codes = np.tile(np.arange(3), 60)
    offsets = np.zeros((3, 20))
    offsets[:, :3] = 2 * np.eye(3)
    X = offsets[codes] + rng.normal(size=(180, 20))
    speakers = np.where(np.arange(180) < 60, "small/1", "large/1")
    return X, EMOTIONS[codes], speakers


def test_all_components_of_one_corpus_are_plain_discriminant_analysis(voices: tuple) -> None:
    X, y, _ = voices
    one = CorporaDiscriminant(0.3, n_components=20).fit(X, y)
    other = EvenDiscriminant(0.3).fit(X, y)
    np.testing.assert_allclose(one.predict_proba(X), other.predict_proba(X), atol=1e-4)


def test_a_corpus_weighs_the_same_however_often_it_is_repeated(voices: tuple) -> None:
    X, y, speakers = voices
    small = np.flatnonzero(speakers == "small/1")
    rows = np.concatenate([np.arange(180), small, small])
    once = CorporaDiscriminant(n_components=20).fit(X, y, groups=speakers)
    thrice = CorporaDiscriminant(n_components=20).fit(X[rows], y[rows], groups=speakers[rows])
    np.testing.assert_allclose(once.decision_function(X), thrice.decision_function(X), atol=1e-4)


def test_a_feature_on_which_corpora_disagree_has_less_weight(voices: tuple) -> None:
    X, y, speakers = voices
    X[speakers == "small/1", 0] *= -1
    codes, corpus = np.searchsorted(EMOTIONS, y), (speakers == "small/1").astype(np.int64)
    shares = agreement(X, codes, corpus)
    assert shares[0] < 0.2
    assert (shares[1:3] > 0.8).all()
    assert ((shares >= 0) & (shares <= 1)).all()


def test_an_emotion_that_one_corpus_lacks_is_learnt_from_the_other(voices: tuple) -> None:
    X, y, speakers = voices
    kept = (speakers == "large/1") | (y != "neutral")
    fitted = CorporaDiscriminant(n_components=20).fit(X[kept], y[kept], groups=speakers[kept])
    assert fitted.classes_.tolist() == EMOTIONS.tolist()
    assert (fitted.predict(X[~kept]) == "neutral").mean() > 0.8


def test_speakers_without_a_corpus_are_of_one() -> None:
    assert corpora_of(np.array(["a/1", "b/2", "3"])).tolist() == ["a", "b", ""]


def test_adaptation_follows_classes_that_are_shifted_elsewhere(voices: tuple) -> None:
    """The offsets of the emotions are half as large and turned; the clusters are still there."""
    X, y, speakers = voices
    fitted = CorporaDiscriminant(n_components=20).fit(X, y, groups=speakers)
    rng = np.random.default_rng(1)
    codes = rng.integers(0, 3, 300)
    offsets = np.zeros((3, 20))
    offsets[:, :3], offsets[:, 3:6] = 1.2 * np.eye(3), 3 * np.eye(3)
    other = offsets[codes] + rng.normal(size=(300, 20))
    before, after = (np.mean(each.predict(other) == EMOTIONS[codes]) for each in (fitted, fitted.adapted(other)))
    assert after > before + 0.05
    assert fitted.adapted(other).classes_.tolist() == EMOTIONS.tolist()


def test_adaptation_leaves_the_trained_classifier_as_it_is(voices: tuple) -> None:
    X, y, speakers = voices
    fitted = CorporaDiscriminant(n_components=20).fit(X, y, groups=speakers)
    before = fitted.predict_proba(X)
    fitted.adapted(X)
    np.testing.assert_array_equal(fitted.predict_proba(X), before)


def test_recordings_of_one_emotion_are_less_expressive(voices: tuple) -> None:
    X, y, speakers = voices
    fitted = CorporaDiscriminant(n_components=20).fit(X, y, groups=speakers)
    assert fitted.expressiveness(X) == pytest.approx(1, abs=0.2)
    one = X[y == "anger"]
    assert fitted.expressiveness(one) < 0.6

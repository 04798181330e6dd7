"""Combinations of classifiers."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.naive_bayes import GaussianNB

from featser.models import build_model
from featser.models.combination import Combined


def data(n: int = 300, seed: int = 0) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    y = np.tile(["anger", "fear", "sadness"], n // 3)
    X = rng.normal(size=(n, 6))
    X[:, 0] += 2 * (y == "anger")
    X[:, 1] += 2 * (y == "fear")
    return X, y, np.repeat(list("abcdef"), n // 6)


class Constant(GaussianNB):
    """Returns the same overconfident probabilities for all rows."""

    def predict_proba(self, X: np.ndarray) -> np.ndarray:
        return np.tile([0.98, 0.01, 0.01], (len(X), 1))


@pytest.mark.parametrize("rule", ["vote", "stack"])
def test_an_uninformative_member_does_no_harm(rule: str) -> None:
    """Its temperature becomes so high that the other members decide."""
    X, y, groups = data()
    X_new, y_new, _ = data(seed=1)
    alone = LogisticRegression().fit(X, y).score(X_new, y_new)
    both = Combined([LogisticRegression(), Constant()], rule).fit(X, y, groups=groups)
    assert both.score(X_new, y_new) > alone - 0.03


def test_the_vote_is_the_mean_log_probability() -> None:
    X, y, groups = data()
    one = Combined([LogisticRegression()]).fit(X, y, groups=groups)
    twice = Combined([LogisticRegression(), LogisticRegression()]).fit(X, y, groups=groups)
    np.testing.assert_allclose(one.predict_proba(X), twice.predict_proba(X), atol=1e-6)


@pytest.mark.parametrize("name", ["ensemble", "stack"])
def test_shuffled_emotions_score_at_chance(name: str) -> None:
    X, y, groups = data(n=360)
    y = np.random.default_rng(0).permutation(y)
    hits = []
    for speaker in "abcdef":
        train = groups != speaker
        model = build_model(name, {}, 0).fit(X[train], y[train], groups=groups[train])
        hits.append(model.predict(X[~train]) == y[~train])
    assert np.mean(hits) == pytest.approx(1 / 3, abs=0.09)

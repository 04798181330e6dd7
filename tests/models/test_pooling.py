"""The vote of the model of one's own corpus and the model of all corpora."""

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score

from featser.models import Calibrated, PooledVote

EMOTIONS = ("anger", "fear", "sadness")


def data(n: int, seed: int, strength: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    """Rows whose first three columns tell the emotions apart."""
    rng = np.random.default_rng(seed)
    y = np.resize(EMOTIONS, n)
    X = rng.normal(size=(n, 20))
    for column, emotion in enumerate(EMOTIONS):
        X[:, column] += strength * (y == emotion)
    return X, y


def vote(own: tuple, others: tuple) -> PooledVote:
    X, y = (np.concatenate(pair) for pair in zip(own, others, strict=True))
    groups = np.array([f"s{row % 4}" for row in range(len(y))])
    mine = np.arange(len(y)) < len(own[1])
    return PooledVote(Calibrated(LogisticRegression()), 0).fit(X, y, groups=groups, own=mine)


def test_other_rows_of_the_same_kind_help() -> None:
    own, tested = data(36, 0), data(600, 1)
    alone = LogisticRegression().fit(*own).score(*tested)
    assert vote(own, data(600, 2)).score(*tested) > alone + 0.05


def test_misleading_other_rows_do_less_harm_than_pooled_rows() -> None:
    own, tested, (X, y) = data(60, 0, 2), data(600, 1, 2), data(120, 2, 2)
    wrong = np.roll(y, 1)
    together = LogisticRegression().fit(np.concatenate([own[0], X]), np.concatenate([own[1], wrong]))
    scores = [balanced_accuracy_score(tested[1], each.predict(tested[0])) for each in (vote(own, (X, wrong)), together)]
    assert scores[0] > scores[1] + 0.1


def test_the_vote_is_the_sum_of_scaled_log_probabilities() -> None:
    fitted, (X, _) = vote(data(60, 0), data(90, 2)), data(10, 3)
    logs = [np.log(each.predict_proba(X)) / scale for each, scale in zip(fitted.members_, fitted.scales_, strict=True)]
    expected = np.exp(sum(logs) / fitted.temperature_)
    np.testing.assert_allclose(fitted.predict_proba(X), expected / expected.sum(axis=1, keepdims=True))


def test_scales_are_those_of_held_out_own_rows() -> None:
    """A member that is trained on the rows that it is scaled by would have a larger deviation."""
    own = data(36, 0)
    fitted = vote(own, data(30, 2))
    logs = np.log(fitted.members_[0].predict_proba(own[0]))
    assert fitted.scales_[0] < (logs - logs.mean(axis=1, keepdims=True)).std() * 0.98


def test_an_emotion_of_other_rows_only_is_refused() -> None:
    X, y = data(60, 0)
    with pytest.raises(ValueError, match="No own row has the emotion anger"):
        PooledVote(LogisticRegression()).fit(X, y, own=y != "anger")


def test_other_emotions_may_be_missing_in_the_other_rows() -> None:
    own, (X, y) = data(60, 0), data(90, 1)
    kept = y != "fear"
    assert vote(own, (X[kept], y[kept])).classes_.tolist() == list(EMOTIONS)

"""The guard of a model: p-values, false alarms and the direction of time."""

import numpy as np
import pytest

from featser.guard import KINDS, LEVEL, Guard, learn_guard, non_speech

N_SPEAKERS, N_EACH, N_FEATURES = 20, 30, 40
NAMES = tuple(f"track_{at:02d}__slope" for at in range(N_FEATURES))


def sample(seed: int, n_speakers: int = N_SPEAKERS, offset: float = 0.4) -> tuple[np.ndarray, np.ndarray]:
    """Features with a common covariance, an offset of each speaker, and slopes that are positive on average."""
    rng = np.random.default_rng(seed)
    mixing = np.random.default_rng(0).normal(size=(N_FEATURES, N_FEATURES)) / np.sqrt(N_FEATURES)
    speakers = np.repeat([f"s{at:02d}" for at in range(n_speakers)], N_EACH)
    shift = np.repeat(rng.normal(0, offset, (n_speakers, N_FEATURES)), N_EACH, axis=0)
    return 1.0 + rng.normal(size=(len(speakers), N_FEATURES)) @ mixing + shift, speakers


@pytest.fixture(scope="module")
def learnt() -> tuple[Guard, dict]:
    features, speakers = sample(1)
    return learn_guard(features, NAMES, speakers)


def test_about_as_many_unseen_speakers_are_rejected_as_the_level_says(learnt) -> None:
    guard, summary = learnt
    unseen, _ = sample(2, 60)
    assert 0.2 * LEVEL < (guard.p_values(unseen) < LEVEL).mean() < 2 * LEVEL
    assert 0.3 * LEVEL < summary["false_alarms"] < 2 * LEVEL


def test_p_values_are_between_0_and_1_and_fall_with_the_distance(learnt) -> None:
    guard, _ = learnt
    unseen, _ = sample(3)
    ranges = [guard.p_values(1.0 + factor * (unseen - 1.0)) for factor in (1, 1.5, 2.5, 5)]
    means = [values.mean() for values in ranges]
    assert all(((values > 0) & (values <= 1)).all() for values in ranges)
    assert means == sorted(means, reverse=True)
    assert (ranges[-1] < LEVEL).all()


def test_reversed_recordings_are_rejected_though_they_are_as_close(learnt) -> None:
    guard, summary = learnt
    unseen, _ = sample(4)
    distances = [guard.space.distances(values).mean() for values in (unseen, 2 - unseen)]
    assert distances[0] == pytest.approx(distances[1], rel=0.05)
    assert (guard.p_values(-unseen) < LEVEL).mean() > 0.95
    assert summary["reversed"] > 0.95


def test_without_columns_that_change_in_time_only_the_distance_counts() -> None:
    features, speakers = sample(1)
    guard, summary = learn_guard(features, (), speakers)
    assert summary["reversed"] is None
    assert (guard.p_values(features + 10) < LEVEL).all()


def test_a_feature_that_is_undefined_against_expectation_is_unusual(learnt) -> None:
    guard, _ = learnt
    unseen, _ = sample(5)
    silent = np.full_like(unseen[:3], np.nan)
    assert (guard.p_values(silent) < LEVEL).all()
    assert guard.far(silent).all()
    assert not guard.far(unseen).any()


def test_one_recording_gets_the_same_value_alone_and_among_others(learnt) -> None:
    guard, _ = learnt
    unseen, _ = sample(6)
    np.testing.assert_array_equal(guard.p_values(unseen)[7], guard.p_values(unseen[7:8])[0])


def test_many_utterances_of_one_speaker_weigh_as_few_of_another() -> None:
    features, speakers = sample(1, 6)
    repeated = np.concatenate([features, *[features[:N_EACH]] * 9])
    voices = np.concatenate([speakers, *[speakers[:N_EACH]] * 9])
    guard, _ = learn_guard(repeated, NAMES, voices)
    weights = -np.diff(np.append(guard.distances[:, 1], 0.0))
    assert guard.distances[0, 1] == pytest.approx(1)
    assert weights.max() / weights.min() == pytest.approx(10)


def test_fewer_speakers_than_groups_are_enough() -> None:
    features, speakers = sample(1, 2)
    guard, summary = learn_guard(features, NAMES, speakers)
    assert 0 <= summary["false_alarms"] <= 1
    assert len(guard.distances) == len(features)


def test_sounds_of_every_kind_are_always_the_same() -> None:
    sounds = list(non_speech())
    assert {kind for kind, _ in sounds} == set(KINDS)
    for (_, first), (_, second) in zip(sounds, non_speech(), strict=True):
        np.testing.assert_array_equal(first, second)
        assert np.isfinite(first).all() and np.abs(first).max() <= 1

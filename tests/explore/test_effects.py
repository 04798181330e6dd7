"""Effects of groups and the test within speakers, against values that are known."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import f_oneway

from featser.explore.effects import cliffs_delta, codes_of, eta_squared, speaker_test, without_speakers

RNG = np.random.default_rng(1)
SPEAKERS = np.repeat(np.arange(8), 20)
EMOTIONS = np.tile(np.arange(4), 40)


def test_eta_squared_is_that_of_an_analysis_of_variance() -> None:
    values = RNG.normal(size=160) + 0.5 * EMOTIONS
    f = f_oneway(*(values[np.equal(EMOTIONS, each)] for each in range(4))).statistic
    assert eta_squared(values[:, None], EMOTIONS)[0] == pytest.approx(3 * f / (3 * f + 156))


def test_eta_squared_leaves_out_what_is_undefined_or_unknown() -> None:
    values = np.array([[1.0], [1.0], [3.0], [3.0], [np.nan], [99.0]])
    assert eta_squared(values, np.array([0, 0, 1, 1, 1, -1]))[0] == pytest.approx(1)
    assert np.isnan(eta_squared(np.ones((4, 1)), np.array([0, 0, 1, 1]))[0])
    assert np.isnan(eta_squared(values, np.zeros(6, np.int64))).all()


def test_an_effect_within_speakers_is_found_below_differences_between_speakers() -> None:
    between = 100.0 * RNG.normal(size=8)[SPEAKERS]
    features = np.column_stack([between + EMOTIONS + 0.1 * RNG.normal(size=160), between + RNG.normal(size=160)])
    found = speaker_test(features, EMOTIONS, SPEAKERS)
    assert found.n_speakers == 8
    assert found.p is not None
    assert found.eta2[0] > 0.95
    assert found.p[0] == 0.001
    assert found.p[1] > 0.05
    assert eta_squared(features, EMOTIONS)[0] < 0.05


def test_p_values_hold_for_all_features_together() -> None:
    """Of 12 tables of 20 features without any effect, few have a p-value below 0.05."""
    rng = np.random.default_rng(7)
    false = 0
    for _ in range(12):
        found = speaker_test(rng.normal(size=(64, 20)), np.tile(np.arange(4), 16), np.repeat(np.arange(4), 16))
        assert found.p is not None
        false += bool((found.p < 0.05).any())
    assert false <= 3


def test_many_utterances_of_one_speaker_count_once() -> None:
    """One of six speakers, with most of the utterances, has the effect."""
    speakers = np.concatenate([np.zeros(400, np.int64), np.repeat(np.arange(1, 6), 8)])
    emotions = np.arange(len(speakers)) % 4
    features = np.where(speakers == 0, 3.0 * emotions, 0.0)[:, None] + RNG.normal(size=(len(speakers), 1))
    found = speaker_test(features, emotions, speakers)
    assert found.p is not None
    assert eta_squared(features, emotions)[0] > 0.5
    assert found.p[0] > 0.05


def test_without_two_emotions_of_a_speaker_there_is_no_test() -> None:
    found = speaker_test(RNG.normal(size=(6, 2)), np.array([0, 0, 0, 1, 1, 1]), np.array([0, 0, 0, 1, 1, -1]))
    assert found.p is None
    assert np.isnan(found.eta2).all()


def test_cliffs_delta_counts_pairs() -> None:
    values, chosen = RNG.normal(size=30).round(1), RNG.random(30) < 0.4
    pairs = np.sign(values[chosen][:, None] - values[~chosen][None])
    assert cliffs_delta(values, chosen) == pytest.approx(pairs.mean())
    assert np.isnan(cliffs_delta(values, np.zeros(30, bool)))


def test_missing_names_have_no_number() -> None:
    codes, names = codes_of(pd.Series(["b", None, "a", np.nan, "b"], dtype="object"))
    assert names == ["a", "b"]
    assert codes.tolist() == [1, -1, 0, -1, 1]


def test_speakers_have_the_mean_zero() -> None:
    centred = without_speakers(np.array([[1.0], [3.0], [5.0], [np.nan]]), np.array([0, 0, 1, 1]))
    assert centred[:3, 0].tolist() == [-1, 1, 0]

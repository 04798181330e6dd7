"""Normalisation by speaker and by enrolment."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.errors import InputError, UnknownNameError
from featser.evaluation import (
    fixed,
    make_folds,
    predict_folds,
    prepare,
    unweighted_average_recall,
)
from featser.models import (
    average_speaker,
    normalise_by_enrolment,
    normalise_by_few,
    normalise_by_others,
    normalise_by_speaker,
    shared_measures,
)
from featser.pipeline import specification_for
from featser.table import Table


def people(*counts: int, n_features: int = 3, seed: int = 0) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Features and manifest of speakers with ``counts`` utterances and different means and standard deviations."""
    rng = np.random.default_rng(seed)
    rows = [rng.normal(rng.normal(0, 5), rng.uniform(1, 4), (count, n_features)) for count in counts]
    speakers = np.repeat([f"mine/{number}" for number in range(len(counts))], counts)
    manifest = pd.DataFrame({"speaker": speakers, "utterance": [f"mine/u{at}" for at in range(sum(counts))]})
    names = [f"f{number}__mean" for number in range(n_features)]
    return pd.DataFrame(np.concatenate(rows), columns=names), manifest


def test_enrolment_by_two_recordings_follows_the_formula() -> None:
    enrolled = np.array([[1.0, 5.0, np.nan], [3.0, 5.0, np.nan]])
    values = np.array([[4.0, 5.0, 1.0]])
    expected = (4.0 - 2 / 3 * 2.0) / 1.0 ** (1 / 9)
    np.testing.assert_allclose(normalise_by_enrolment(values, enrolled, 2), [[expected, 0.0, np.nan]])
    wider = np.array([[0.0, 5.0, np.nan], [4.0, 5.0, np.nan]])
    expected = (4.0 - 2 / 3 * 2.0) / 2.0 ** (1 / 9)
    np.testing.assert_allclose(normalise_by_enrolment(values, wider, 2), [[expected, 0.0, np.nan]])


def test_more_recordings_than_k_have_the_weight_of_k() -> None:
    enrolled = np.array([[1.0], [3.0]])
    once, thrice = (normalise_by_enrolment(np.array([[4.0]]), np.tile(enrolled, (n, 1)), 2) for n in (1, 3))
    np.testing.assert_allclose(once, thrice)


def test_enrolment_by_many_recordings_removes_offset_and_scale() -> None:
    features, manifest = people(200)
    moved = features * 3 + 7
    one, other = (prepare(each, manifest, "enrolment:150") for each in (features, moved))
    np.testing.assert_allclose(one / one.std(axis=0), other / other.std(axis=0), atol=0.1)


@given(n_enrolled=st.integers(2, 6), seed=st.integers(0, 20))
@settings(max_examples=15, deadline=None)
def test_recordings_are_normalised_by_other_recordings_of_the_same_speaker(n_enrolled: int, seed: int) -> None:
    features, manifest = people(7, 9, seed=seed)
    before = prepare(features, manifest, f"enrolment:{n_enrolled}")
    at = seed % 16
    slope = before[at] - prepare(features - np.eye(16)[at][:, None], manifest, f"enrolment:{n_enrolled}")[at]
    again = before[at] - prepare(features - 2 * np.eye(16)[at][:, None], manifest, f"enrolment:{n_enrolled}")[at]
    np.testing.assert_allclose(2 * slope, again, rtol=1e-6)  # linear in its own value: mean and scale are unchanged
    other_speaker = features.copy()
    other_speaker.iloc[7:] += 100
    np.testing.assert_array_equal(before[:7], prepare(other_speaker, manifest, f"enrolment:{n_enrolled}")[:7])


def test_every_recording_is_normalised_by_exactly_k_others() -> None:
    features, manifest = people(9, n_features=1)
    before = prepare(features, manifest, "enrolment:4")
    moved = [
        prepare(features + 50 * np.eye(9)[at][:, None], manifest, "enrolment:4")[:, 0] != before[:, 0]
        for at in range(9)
    ]
    enrolled = np.array(moved) & ~np.eye(9, dtype=bool)
    np.testing.assert_array_equal(enrolled.sum(axis=0), 4)
    np.testing.assert_array_equal(enrolled.sum(axis=1), 4)


def test_enrolled_recordings_depend_on_names_only() -> None:
    features, manifest = people(6, 8)
    expected = prepare(features, manifest, "enrolment:3")
    order = np.random.default_rng(1).permutation(14)
    mixed = prepare(features.iloc[order], manifest.iloc[order], "enrolment:3")
    np.testing.assert_allclose(mixed, expected[order])
    np.testing.assert_allclose(prepare(features[:6], manifest[:6], "enrolment:3"), expected[:6])


def test_uar_with_enrolment_is_between_none_and_speaker(table: Table) -> None:
    folds = make_folds("leave-one-speaker-out", table.manifest, 0)

    def uar(normalise: str) -> float:
        features = prepare(table.features, table.manifest, normalise)
        predictions = predict_folds(
            fixed(specification_for("linear-svm"), 0), features, table.manifest, folds
        ).predictions
        return unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"]))

    assert uar("none") - 0.02 <= uar("enrolment:10") <= uar("speaker") + 0.02
    assert uar("speaker") > uar("none")


def test_shuffled_labels_score_at_chance_with_enrolment(table: Table) -> None:
    shuffled = table.manifest.assign(emotion=np.random.default_rng(11).permutation(table.manifest["emotion"]))
    features = prepare(table.features, shuffled, "enrolment:5")
    folds = make_folds("3-fold-by-speaker", shuffled, 0)
    predictions = predict_folds(fixed(specification_for("linear-svm"), 0), features, shuffled, folds).predictions
    assert unweighted_average_recall(list(predictions["truth"]), list(predictions["predicted"])) < 0.33


def test_a_speaker_with_too_few_recordings_is_named() -> None:
    features, manifest = people(9, 5)
    with pytest.raises(InputError, match=r"by enrolment:5 needs 6 utterances of each speaker; mine/1 has fewer. Ta"):
        prepare(features, manifest, "enrolment:5")
    assert prepare(features, manifest, "enrolment:4").shape == (14, 3)


def test_enrolment_needs_speakers_and_two_recordings() -> None:
    features, manifest = people(9, 5)
    with pytest.raises(
        InputError, match=r"Normalisation by enrolment:3 needs the speaker of every utterance; 14 of 14 have none\. Add"
    ):
        prepare(features, manifest.assign(speaker=None), "enrolment:3")
    with pytest.raises(InputError, match=r"enrolment:1: K must be at least 2, .* Take more clips, for example enrolm"):
        prepare(features, manifest, "enrolment:1")


@pytest.mark.parametrize("name", ["enrolment", "enrolment:", "enrolment:x", "enrolement:5"])
def test_a_misspelt_enrolment_gets_a_suggestion(name: str) -> None:
    features, manifest = people(5)
    with pytest.raises(UnknownNameError, match=rf"Unknown normalisation '{name}'. Did you mean 'enrolment:K'"):
        prepare(features, manifest, name)


FRAMES = ["mel_00__t000", "mel_00__t001", "mel_00__t002", "mel_01__t000", "mel_01__t001", "rms__mean"]


def test_frames_of_one_track_share_mean_and_scale() -> None:
    assert list(shared_measures(FRAMES)) == [0, 0, 0, 1, 1, 2]
    assert shared_measures(["f0__mean", "f0__std", "rate__per_s"]) is None


def test_normalisation_keeps_the_shape_of_a_track() -> None:
    values = np.array([[1.0, 2.0, 6.0, 5.0, 5.0, 1.0], [3.0, 4.0, np.nan, 7.0, 7.0, 3.0]])
    result = normalise_by_speaker(values, np.array(["a", "a"]), shared_measures(FRAMES))
    track = values[:, :3]
    np.testing.assert_allclose(result[:, :3], (track - np.nanmean(track)) / np.nanstd(track))
    np.testing.assert_allclose(result[:, 3:5], [[-1, -1], [1, 1]])
    np.testing.assert_allclose(result[:, 5], [-1, 1])


def test_frames_beyond_all_enrolled_recordings_are_normalised_by_their_track() -> None:
    enrolled = np.array([[1.0, np.nan, np.nan], [3.0, np.nan, np.nan]])
    measured = normalise_by_enrolment(np.array([[4.0, 4.0, np.nan]]), enrolled, 2, shared_measures(FRAMES[:3]))
    assert measured[0, 0] == measured[0, 1]
    assert np.isnan(measured[0, 2])


def test_features_named_in_frames_are_normalised_by_track_in_a_table() -> None:
    features, manifest = people(6, n_features=3)
    features.columns = FRAMES[:3]
    result = prepare(features, manifest, "speaker")
    assert result.mean() == pytest.approx(0)
    assert not np.allclose(result.mean(axis=0), 0)


@pytest.mark.parametrize(("normalise", "n_clips"), [("enrolment:5", 5), ("speaker", 2)])
def test_copies_do_not_count_as_recordings_of_the_speaker(normalise: str, n_clips: int) -> None:
    """Each kind of copy is normalised separately."""
    features, manifest = people(n_clips, 9)
    sources = manifest.assign(derived_from=None)
    copies = manifest.assign(utterance=manifest["utterance"] + "~speed-0.95", derived_from=manifest["utterance"])
    both = pd.concat([sources, copies], ignore_index=True)
    with pytest.raises(InputError, match=r"mine/0, mine/0~speed-0.95 have fewer"):
        prepare(pd.concat([features, features + 1], ignore_index=True), both, normalise)


def test_enrolment_needs_more_than_k_recordings() -> None:
    with pytest.raises(ValueError, match=r"A speaker has 3 recordings\. enrolment:3 needs 4"):
        normalise_by_others(np.ones((3, 2)), [np.arange(3)], 3)


@pytest.mark.parametrize("names", [["a", "b", "c"], ["x__t000", "x__t001", "y__t000"]])
def test_recordings_among_others_are_normalised_like_each_by_a_few(names: list[str]) -> None:
    features, manifest = people(5, 7, n_features=3)
    values = features.to_numpy(copy=True)
    values[[0, 6], [1, 2]] = np.nan
    rounds, measures = [np.arange(5), np.arange(5, 12)], shared_measures(names)
    average = average_speaker(values, manifest["speaker"].to_numpy(dtype=str), measures)
    together = normalise_by_others(values, rounds, 3, measures, average)
    for rows in rounds:
        for at, row in enumerate(rows):
            enrolled = values[np.roll(rows, -at - 1)[:3]]
            assert np.allclose(
                together[row], normalise_by_few(values[row], enrolled, average, measures), 1e-12, equal_nan=True
            )

"""Values of single frames as columns, and the feature set of the sequence models."""

import numpy as np
import pytest
from sounds import noise

from featser.errors import UnknownNameError
from featser.features import compute_features, feature_set_from, find_feature_set, parse_feature_name
from featser.features.activity import speech_span
from featser.features.descriptors.bands import log_mel
from featser.features.frames import Frames
from featser.features.functionals import region_functionals


def test_the_set_holds_the_frames_of_speech_then_nan():
    found = find_feature_set("log-mel")
    signal = np.concatenate([np.zeros(8000, np.float32), noise(1.0), np.zeros(8000, np.float32)])
    frames = Frames(signal, found.frames)
    expected = log_mel(frames)[:, speech_span(frames)]
    grid = compute_features(signal, found).reshape(26, 192)
    assert grid.dtype == np.float32
    n_frames = expected.shape[1]
    assert 45 < n_frames < 60
    np.testing.assert_array_equal(grid[:, :n_frames], expected)
    assert np.isnan(grid[:, n_frames:]).all()


def test_a_longer_recording_is_truncated():
    row = compute_features(noise(4.5), find_feature_set("log-mel"))
    assert row.shape == (26 * 192,)
    assert np.isfinite(row).all()


def test_columns_are_ordered_by_track_then_frame():
    names = find_feature_set("log-mel").feature_names
    assert names[:2] == ("log_mel_00__t000", "log_mel_00__t001")
    assert names[192] == "log_mel_01__t000"
    assert len(names) == 26 * 192
    read = parse_feature_name("log_mel_03__t150")
    assert (read.descriptor, read.dimension, read.delta, read.functional) == ("log_mel", 3, 0, "t150")


def test_frames_can_be_combined_with_functionals():
    found = feature_set_from({"descriptors": ["rms"], "functionals": ["mean", "t000..t002"]}, "mine", "mine.toml")
    assert found.feature_names == ("rms__mean", "rms__t000", "rms__t001", "rms__t002")
    assert feature_set_from(found.to_dict(), "mine", "metadata") == found


@pytest.mark.parametrize("name", ["t5", "t003..t001", "voiced_t000"])
def test_invalid_frame_names_are_refused(name):
    with pytest.raises(UnknownNameError, match=f"mine.toml: unknown functional '{name}'"):
        feature_set_from({"descriptors": ["rms"], "functionals": [name]}, "mine", "mine.toml")


def test_frames_cannot_be_restricted_to_a_region():
    assert not any(name.startswith("t0") for name in region_functionals())


def test_the_features_command_lists_frames_as_a_range(run_featser):
    outcome = run_featser("features", "--set", "log-mel")
    assert "functionals: t000 ... t191\n" in outcome.stdout
    assert "set log-mel: 4992 features" in outcome.stdout

"""Features of a reversed recording, computed from those of the recording."""

from pathlib import Path

import numpy as np
import pytest

from featser.audio import read_signal
from featser.features import compute_features, find_feature_set
from featser.guard.reversal import time_reversal


@pytest.mark.parametrize("name", ["wide", "classic"])
def test_asymmetries_change_sign_when_recordings_are_reversed(name: str, voices: Path) -> None:
    feature_set = find_feature_set(name)
    recordings = [read_signal(path) for path in sorted(voices.rglob("*.wav"))[::15]]
    forwards, backwards = (
        np.float64([compute_features(np.ascontiguousarray(each[::step]), feature_set) for each in recordings])
        for step in (1, -1)
    )
    found = time_reversal(feature_set.feature_names)
    first, second = (found.asymmetry(features) for features in (forwards, backwards))
    scale = np.nanstd(np.concatenate([first, second]), axis=0) + 1e-9
    known = np.isfinite(first) & np.isfinite(second)
    first, second = (np.clip(each / scale, -3, 3)[known] for each in (first, second))
    assert np.corrcoef(first, second)[0, 1] < -0.7


def test_reversing_twice_changes_nothing() -> None:
    names = [f"a_d1__{name}" for name in ("p10", "p90", "argmin", "argmax", "mean")] + ["a__slope", "a__mean"]
    found = time_reversal(names)
    features = np.random.default_rng(0).normal(size=(3, len(names)))
    reversed_once = features.copy()
    reversed_once[:, found.columns] = found.signs * features[:, found.partners] + found.offsets
    again = reversed_once.copy()
    again[:, found.columns] = found.signs * reversed_once[:, found.partners] + found.offsets
    np.testing.assert_allclose(again, features)
    np.testing.assert_allclose(found.asymmetry(reversed_once), -found.asymmetry(features))


def test_columns_of_another_tool_do_not_change() -> None:
    assert not len(time_reversal(["F0semitone_sma3nz_amean", "loudness", ""]).columns)

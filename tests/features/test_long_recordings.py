"""Memory and values of the features of a recording of ten minutes."""

import fnmatch
import subprocess
import sys

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal
from featser.features import compute_features, find_feature_set, kernels
from featser.synthetic import Style, Voice, speak

TEN_MINUTES = """
import numpy as np
from featser.features import compute_features, find_feature_set
from featser.synthetic import Style, Voice, speak

speech = speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))
signal = np.resize(np.concatenate([speech, np.zeros(8000, np.float32)]), 600 * 16_000)
row = compute_features(signal, find_feature_set("wide"))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(row), np.isinf(row).sum(), np.isnan(row).sum(), int(peak) // 1024)
"""


@pytest.mark.slow
@pytest.mark.skipif(sys.platform != "linux", reason="the peak of memory is told by /proc")
def test_ten_minutes_fit_into_half_a_gigabyte():
    compute_features(np.zeros(1600, np.float32), find_feature_set("wide"))  # compiles what is not compiled yet, here
    done = subprocess.run([sys.executable, "-c", TEN_MINUTES], capture_output=True, text=True, check=True)
    n_features, n_infinite, n_undefined, megabytes = map(int, done.stdout.split())
    assert n_features == len(find_feature_set("wide").feature_names)
    assert (n_infinite, n_undefined) == (0, 0)
    assert megabytes < 500


@pytest.fixture(scope="module")
def long_voice() -> Signal:
    """A voice for 95 s: long enough for batches, and for spectrograms to be deleted."""
    return np.resize(speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0)), 95 * SAMPLE_RATE)


def test_columns_of_a_long_recording_do_not_depend_on_how_many_are_computed_at_once(long_voice):
    """Tracks are summarised in batches, and spectrograms deleted in between."""
    wide = find_feature_set("wide")
    row = dict(zip(wide.feature_names, compute_features(long_voice, wide), strict=True))
    for pattern in ("mfcc_*", "spectral_*", "chroma_*", "h1_a3_*"):
        some = wide.restricted_to(fnmatch.filter(wide.feature_names, pattern))
        expected = np.array([row[name] for name in some.feature_names])
        assert compute_features(long_voice, some).tobytes() == expected.tobytes(), pattern


def test_no_spectrogram_of_a_long_recording_is_made_twice(long_voice, monkeypatch):
    made, original = [], kernels.spectrum.power_spectrogram

    def noted(signal, hop, window, n_fft):
        made.append(n_fft)
        return original(signal, hop, window, n_fft)

    monkeypatch.setattr(kernels.spectrum, "power_spectrogram", noted)
    compute_features(long_voice, find_feature_set("wide"))
    assert sorted(made) == [512, 1024]

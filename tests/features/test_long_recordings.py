"""Ten minutes are computed as a few seconds are, and fit into the memory of a small machine."""

import subprocess
import sys

import numpy as np
import pytest

from featser.features import compute, compute_features, find_feature_set, frames
from featser.synthetic import Style, Voice, speak

TEN_MINUTES = """
import numpy as np
from featser.features import compute_features, find_feature_set
from featser.synthetic import Style, Voice, speak

said = speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))
signal = np.resize(np.concatenate([said, np.zeros(8000, np.float32)]), 600 * 16_000)
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


@pytest.mark.parametrize("name", ["classic", "wide"])
@pytest.mark.parametrize(("limit", "value"), [("_AT_ONCE", 1), ("_LONG", 0)])
def test_what_is_done_for_the_sake_of_memory_changes_no_byte(name, limit, value, monkeypatch):
    """How many tracks are summarised at once, and whether spectrograms are let go of."""
    signal = speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))
    together = compute_features(signal, find_feature_set(name))
    monkeypatch.setattr(compute, limit, value)
    assert compute_features(signal, find_feature_set(name)).tobytes() == together.tobytes()


def test_no_spectrogram_of_a_long_recording_outlasts_the_tracks(monkeypatch):
    """Nor is one of them made twice."""
    made, lasting = [], []
    spectrogram, summarised = frames._power_spectrogram, compute._statistics

    def noted(signal, hop, window):
        made.append(len(window))
        return spectrogram(signal, hop, window)

    def looked(seen, *others):
        lasting.extend(vars(seen).keys() & {"power", "long_power"})
        return summarised(seen, *others)

    monkeypatch.setattr(frames, "_power_spectrogram", noted)
    monkeypatch.setattr(compute, "_statistics", looked)
    compute_features(np.ones((compute._LONG + 1) * 160, np.float32), find_feature_set("wide"))
    assert len(made) == 2
    assert lasting == []

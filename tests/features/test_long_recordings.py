"""Memory and values of the features of a recording of ten minutes."""

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

speech = speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))
signal = np.resize(np.concatenate([speech, np.zeros(8000, np.float32)]), 600 * 16_000)
row = compute_features(signal, find_feature_set("wide"))
peak = next(line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM"))
print(len(row), np.isinf(row).sum(), np.isnan(row).sum(), int(peak) // 1024)
"""


@pytest.mark.skipif(sys.platform != "linux", reason="reads the peak memory from /proc")
def test_ten_minutes_need_less_than_half_a_gigabyte():
    compute_features(np.zeros(1600, np.float32), find_feature_set("wide"))  # compiles the kernels in this process
    done = subprocess.run([sys.executable, "-c", TEN_MINUTES], capture_output=True, text=True, check=True)
    n_features, n_infinite, n_undefined, megabytes = map(int, done.stdout.split())
    assert n_features == len(find_feature_set("wide").feature_names)
    assert (n_infinite, n_undefined) == (0, 0)
    assert megabytes < 500


@pytest.mark.parametrize("name", ["classic", "wide"])
@pytest.mark.parametrize(("limit", "value"), [("_BATCH_SIZE", 1), ("_LONG_FRAMES", 0)])
def test_batches_and_discarded_spectrograms_change_no_byte(name, limit, value, monkeypatch):
    signal = speak(Voice(f0_hz=130.0), Style(), "ma ti so du", np.random.default_rng(0))
    together = compute_features(signal, find_feature_set(name))
    monkeypatch.setattr(compute, limit, value)
    assert compute_features(signal, find_feature_set(name)).tobytes() == together.tobytes()


def test_spectrograms_of_long_recordings_are_computed_once_and_discarded(monkeypatch):
    computed, kept = [], []
    spectrogram, statistics = frames._power_spectrogram, compute._statistics

    def counted(signal, hop, window):
        computed.append(len(window))
        return spectrogram(signal, hop, window)

    def checked(seen, *others):
        kept.extend(vars(seen).keys() & {"power", "long_power"})
        return statistics(seen, *others)

    monkeypatch.setattr(frames, "_power_spectrogram", counted)
    monkeypatch.setattr(compute, "_statistics", checked)
    compute_features(np.ones((compute._LONG_FRAMES + 1) * 160, np.float32), find_feature_set("wide"))
    assert len(computed) == 2
    assert kept == []

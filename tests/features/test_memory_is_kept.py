"""Recordings reuse the memory that earlier ones have freed."""

import platform
import subprocess
import sys

import pytest

_COUNT = """
import resource
import numpy as np
from featser.features import compute_features, find_feature_set

def faults():
    return resource.getrusage(resource.RUSAGE_SELF).ru_minflt

feature_set = find_feature_set("wide")
noise = np.random.default_rng(0).normal(0, 0.1, 80_000).astype(np.float32)
recordings = [noise[:length] for length in range(20_000, 80_001, 6_000)]
for recording in recordings:
    compute_features(recording, feature_set)
before = faults()
for recording in recordings:
    compute_features(recording, feature_set)
print((faults() - before) / len(recordings))
"""


@pytest.mark.slow
@pytest.mark.skipif(platform.libc_ver()[0] != "glibc", reason="only glibc has a dynamic mmap threshold")
def test_recordings_cause_few_page_faults() -> None:
    """Recordings of different lengths; without `_raise_mmap_threshold` each causes 350 page faults on average."""
    done = subprocess.run([sys.executable, "-c", _COUNT], capture_output=True, text=True, check=True)
    assert float(done.stdout) < 20

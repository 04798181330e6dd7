"""`load_loops` loads all compiled kernels that recordings need."""

import subprocess
import sys

import pytest

_LOADED = """
import sys
import numpy as np
from featser.features import compute_features, find_feature_set, load_loops

def loaded():
    kernels = [module for name, module in sys.modules.items() if name.startswith("featser.features.kernels.")]
    return {(module.__name__, name, signature) for module in kernels
            for name, loop in vars(module).items() if hasattr(loop, "overloads") for signature in loop.overloads}

load_loops(find_feature_set(FEATURES))
beforehand = loaded()
noise = np.random.default_rng(0).normal(0, 0.1, 40_000)
voice = np.sin(np.cumsum(np.linspace(0.03, 0.09, 40_000))) * np.hanning(40_000)
compute_features((voice + 0.1 * noise).astype(np.float32), find_feature_set(FEATURES))
print(len(beforehand), *(loaded() - beforehand))
"""


@pytest.mark.slow
@pytest.mark.parametrize("features", ["classic", "wide"])
def test_recordings_load_no_further_kernels(features: str) -> None:
    script = _LOADED.replace("FEATURES", repr(features))
    told = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    n_loaded, *late = told.split(maxsplit=1)
    assert int(n_loaded) > 10
    assert not late

"""Kernels are compiled before the first recording: all that it needs, once, and without calling plugins."""

import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from featser.features import PLUGINS, FeatureSet, find_feature_set, kernels, load_plugin, unload_plugin
from featser.features.compilation import kernel_calls

ALL_OF_A_SET = """
import sys
import numpy as np
from featser.features import compute_features, find_feature_set, kernels
from featser.features.compilation import kernel_calls

def compiled():
    modules = [module for name, module in sys.modules.items() if name.startswith("featser.features.kernels.")]
    loops = {(module.__name__, name, signature) for module in modules
             for name, loop in vars(module).items() if hasattr(loop, "overloads") for signature in loop.overloads}
    return loops | {("transforms", kernels.spectrum._transform.cache_info().currsize)}

for calls in kernel_calls(find_feature_set(FEATURES)):
    for module, name, arguments in calls:
        getattr(getattr(kernels, module), name)(*arguments)
beforehand = compiled()
noise = np.random.default_rng(0).normal(0, 0.1, 40_000)
voice = np.sin(np.cumsum(np.linspace(0.03, 0.09, 40_000))) * np.hanning(40_000)
compute_features((voice + 0.1 * noise).astype(np.float32), find_feature_set(FEATURES))
print(len(beforehand), *(compiled() - beforehand))
"""

ONCE = """
import platform
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from featser.features import FeatureSet, are_compiled, compile_kernels

def small(*functionals):
    return FeatureSet("small", "", ("zcr",), functionals)

seen = []
print(are_compiled(small("mean", "std")))
with ProcessPoolExecutor(1, get_context("spawn")) as executor:
    compile_kernels(small("mean", "std"), executor, lambda done, total: seen.append((done, total)))
print(are_compiled(small("mean", "std")), are_compiled(small("mean")), are_compiled(small("mean", "p50")))
print(seen == [(done, len(seen)) for done in range(1, len(seen) + 1)])
platform.python_version = lambda: "4.0"
print(are_compiled(small("mean", "std")))
"""


def told(script: str, **environment: str) -> list[str]:
    command = [sys.executable, "-c", script]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ | environment
    ).stdout.split()


@pytest.mark.slow
@pytest.mark.parametrize("features", ["classic", "wide"])
def test_a_recording_needs_no_other_kernels(features: str) -> None:
    n_compiled, *others = told(ALL_OF_A_SET.replace("FEATURES", repr(features)))
    assert int(n_compiled) > 10
    assert not others


@pytest.mark.slow  # compiles five kernels
def test_kernels_are_compiled_once_for_each_version(tmp_path: Path) -> None:
    found = told(ONCE, NUMBA_CACHE_DIR=str(tmp_path))
    assert found == ["False", "True", "True", "False", "True", "False"]
    assert list(tmp_path.rglob("waveform._sign_changes*.nbi"))


def test_finding_the_calls_leaves_the_kernels_in_place() -> None:
    before = kernels.waveform.sign_changes
    [calls] = [task for task in kernel_calls(find_feature_set("classic")) if task[0][1] == "sign_changes"]
    assert kernels.waveform.sign_changes is before
    np.testing.assert_array_equal(before(*calls[0][2]), kernels.waveform.sign_changes_plain(*calls[0][2]))


def test_plugins_are_not_called(tmp_path: Path) -> None:
    plugin = tmp_path / "broken.py"
    plugin.write_text('from featser.features import functional\n@functional\ndef broken(tracks):\n    "x"\n    1 / 0\n')
    load_plugin(plugin)
    try:
        names = {task[0][1] for task in kernel_calls(FeatureSet("own", "", ("zcr",), ("mean", "broken")))}
        assert {"sign_changes", "moments"} <= names
        assert not kernel_calls(FeatureSet("own", "", ("zcr",), ("broken",)))
    finally:
        for name in list(PLUGINS):
            unload_plugin(name)

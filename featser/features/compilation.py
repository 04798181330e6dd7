"""Compile the kernels of a feature set on all cores, before the first recording.

numba compiles a kernel when it is first called, and keeps the compiled code on disk. A process compiles one kernel at a
time, so worker processes compile different kernels at once.
"""

import gc
import os
import platform
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, as_completed
from contextlib import contextmanager
from hashlib import sha256
from importlib import import_module, metadata
from pathlib import Path
from typing import Any

import numpy as np

from featser.features import kernels
from featser.features.compute import compute_features
from featser.features.feature_set import FeatureSet, used_functions
from featser.features.naming import parse_feature_name
from featser.features.plugins import ensure_loaded

Call = tuple[str, str, tuple[Any, ...]]
"""Module and name of a kernel, and the arguments of one call."""

_SLOWEST = ("power_spectrogram", "pitch_candidates", "resonances", "spectral_shape", "glottal_pulses")
"""Kernels that take longest to compile; these are compiled first."""


def compile_kernels(
    feature_set: FeatureSet, executor: Executor, progress: Callable[[int, int], None] | None = None
) -> None:
    """Compile the kernels that a feature set needs, and record it for `are_compiled`.

    Parameters
    ----------
    feature_set : FeatureSet
        kernels that only its plugins need are not compiled
    executor : concurrent.futures.Executor
        processes of this machine that compute nothing else meanwhile
    progress : callable, optional
        called with the number of kernels compiled and to compile
    """
    tasks = executor.submit(kernel_calls, feature_set).result()
    futures = [executor.submit(_call, task) for task in tasks]
    for n_done, future in enumerate(as_completed(futures), start=1):
        future.result()
        if progress:
            progress(n_done, len(tasks))
    record = _record()
    record.parent.mkdir(parents=True, exist_ok=True)
    with record.open("a", encoding="utf-8") as file:
        file.writelines(f"{part}\n" for part in sorted(_parts(feature_set)))


def are_compiled(feature_set: FeatureSet) -> bool:
    """Whether `compile_kernels` has compiled the kernels of a feature set.

    Parameters
    ----------
    feature_set : FeatureSet
        kernels are also compiled if other sets with the same descriptors and functionals are

    Returns
    -------
    bool
        False after an update of featser, numba or Python, and on another model of processor; True for features of
        another tool, which need no kernels
    """
    record = _record()
    compiled = record.read_text(encoding="utf-8").splitlines() if record.exists() else []
    return bool(feature_set.columns) or _parts(feature_set) <= set(compiled)


def kernel_calls(feature_set: FeatureSet) -> list[list[Call]]:
    """Return the calls of kernels that computing a feature set makes, without compiling a kernel.

    The plain versions of the kernels compute the features of 0.4 s of sound. Meanwhile they replace the kernels in the
    whole process.

    Parameters
    ----------
    feature_set : FeatureSet
        columns of plugins are left out

    Returns
    -------
    list of list of (str, str, tuple)
        module, name and arguments of each call; one list per kernel, the slowest to compile first
    """
    for plugin in feature_set.plugins:
        ensure_loaded(plugin)
    calls: list[Call] = []
    without_plugins = _without_plugins(feature_set)
    if without_plugins:
        with _plain_kernels(calls):
            compute_features(np.tile(np.linspace(-0.5, 0.5, 80, dtype=np.float32), 80), without_plugins)
    tasks: dict[tuple[Any, ...], list[Call]] = {}
    for module, name, arguments in calls:
        sizes = [each for each in arguments if isinstance(each, int)]  # each length of a transform is compiled
        tasks.setdefault((module, name, *sizes), []).append((module, name, arguments))
    order = {name: rank for rank, name in enumerate(_SLOWEST)}
    return sorted(tasks.values(), key=lambda task: order.get(task[0][1], len(order)))


def _call(calls: list[Call]) -> None:
    """Call a kernel, which compiles it; without garbage collection, as compilers make many objects and few cycles."""
    gc.disable()
    try:
        for module, name, arguments in calls:
            getattr(getattr(kernels, module), name)(*arguments)
    finally:
        gc.enable()


@contextmanager
def _plain_kernels(calls: list[Call]) -> Iterator[None]:
    """Replace each kernel by its plain version, which adds its calls to a list."""
    modules = {name: vars(import_module(f"{kernels.__name__}.{name}")) for name in kernels.__all__}
    replaced = [
        (functions, module, name, functions[name])
        for module, functions in modules.items()
        for name in functions
        if f"{name}_plain" in functions
    ]
    for functions, module, name, _ in replaced:
        functions[name] = _recorded(module, name, functions[f"{name}_plain"], calls)
    try:
        yield
    finally:
        for functions, _, name, kernel in replaced:
            functions[name] = kernel


def _recorded(module: str, name: str, plain: Callable[..., Any], calls: list[Call]) -> Callable[..., Any]:
    def call(*arguments: Any) -> Any:
        calls.append((module, name, arguments))
        return plain(*arguments)

    return call


def _without_plugins(feature_set: FeatureSet) -> FeatureSet | None:
    """Columns that come with featser, None if there are none."""
    own = {entry.name for entry in used_functions(feature_set) if not entry.builtin}
    if not own:
        return feature_set
    parsed = {column: parse_feature_name(column) for column in feature_set.feature_names}
    kept = [column for column, parts in parsed.items() if not {parts.descriptor, parts.functional} & own]
    return feature_set.restricted_to(kept) if kept else None


def _parts(feature_set: FeatureSet) -> set[str]:
    """Names of what a set computes, and the lengths of its windows."""
    blocks = [selection.block for selection in feature_set.selections]
    tracks = {each.name for block in blocks for each in block.parsed_descriptors}
    functionals = {name for block in blocks for name in block.functionals}
    groups = {name for name, _ in feature_set.utterance_selections}
    frames = feature_set.frames
    return tracks | functionals | groups | {feature_set.span, f"{frames.window} {frames.long_window}"}


def _record() -> Path:
    """File that lists what was compiled; it lies beside the compiled code, which numba discards in another state."""
    folder = Path(kernels.__file__).parent
    sources = [(path.name, path.stat().st_mtime_ns, path.stat().st_size) for path in sorted(folder.glob("*.py"))]
    state = (sources, metadata.version("numba"), platform.python_version(), _processor())
    if "NUMBA_CACHE_DIR" in os.environ or not os.access(folder, os.W_OK):
        folder = Path(kernels.logarithm.log2.stats.cache_path)
    else:
        folder /= "__pycache__"
    return folder / f"compiled-{sha256(repr(state).encode()).hexdigest()[:16]}.txt"


def _processor() -> str:
    """Instruction sets of the processor on Linux, its family elsewhere."""
    file = Path("/proc/cpuinfo")
    lines = file.read_text(encoding="utf-8").splitlines() if file.exists() else []
    return next((line for line in lines if line.startswith(("flags", "Features"))), platform.processor())

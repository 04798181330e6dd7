"""Compiled kernels, one module per family. Each kernel has a reference implementation with numpy, named ``*_plain``.

numba keeps compiled code beside the sources. It compiles a module again if its source changes, but not if the source of
a module changes from which it has inlined functions. Importing this package deletes the compiled code of such modules.

Modules are imported on first access, for example by ``kernels.bands``, because importing numba takes 0.3 s.
"""

import os
import re
from hashlib import sha256
from importlib import import_module
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from featser.features.kernels import (
        bands,
        correlation,
        dynamics,
        extremes,
        fft,
        formants,
        harmonics,
        logarithm,
        peaks,
        pitch,
        pitch_path,
        pulses,
        shape,
        spectrum,
        statistics,
        waveform,
    )

__all__ = [
    "bands",
    "correlation",
    "dynamics",
    "extremes",
    "fft",
    "formants",
    "harmonics",
    "logarithm",
    "peaks",
    "pitch",
    "pitch_path",
    "pulses",
    "shape",
    "spectrum",
    "statistics",
    "waveform",
]

_FOLDER = Path(__file__).parent
_IMPORT = re.compile(rb"^from featser\.features\.kernels\.(\w+) import", re.MULTILINE)


def __getattr__(name: str) -> ModuleType:
    if name not in __all__:
        raise AttributeError(f"module '{__name__}' has no attribute '{name}'")
    return import_module(f"{__name__}.{name}")


def remove_outdated(folder: Path) -> None:
    """Delete the compiled code of modules whose imports from the same folder have changed.

    The file ``__pycache__/<module>.imports`` records the digest of these imports. Nothing is deleted if numba keeps
    compiled code elsewhere.

    Parameters
    ----------
    folder : Path
        folder of the modules
    """
    if not _is_cached_in(folder):
        return
    sources = {path.stem: path.read_bytes() for path in folder.glob("*.py")}
    for name in sources:
        imported = _imported(name, sources)
        if not imported:
            continue
        digest = sha256(b"".join(sources[each] for each in imported)).hexdigest()
        record = folder / "__pycache__" / f"{name}.imports"
        if record.exists() and record.read_text(encoding="ascii") == digest:
            continue
        for compiled in record.parent.glob(f"{name}.*.nb[ci]"):
            compiled.unlink(missing_ok=True)
        record.parent.mkdir(exist_ok=True)
        record.write_text(digest, encoding="ascii")


def _is_cached_in(folder: Path) -> bool:
    """Whether numba keeps compiled code in ``__pycache__`` of the folder."""
    return "NUMBA_CACHE_DIR" not in os.environ and os.access(folder, os.W_OK)


def _imported(name: str, sources: dict[str, bytes]) -> list[str]:
    """Modules of the folder that a module imports, directly or indirectly, sorted."""
    found: set[str] = set()
    left = [name]
    while left:
        new = {each.decode() for each in _IMPORT.findall(sources[left.pop()])} & sources.keys()
        left += new - found
        found |= new
    return sorted(found)


remove_outdated(_FOLDER)

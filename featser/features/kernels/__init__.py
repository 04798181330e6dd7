"""Compiled inner loops, one file per family; each has a plain numpy twin beside it that is its test oracle.

numba keeps compiled loops beside the sources and compiles one again when its own file changes, but not when a file does
that it has copied loops from. Importing this package forgets such loops.

The files of the families are imported when one of them is first asked for, ``kernels.bands`` for example: numba takes a
quarter of a second to import, and whoever only asks which features there are needs none of it.
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


def forget_outdated(folder: Path) -> None:
    """Delete the compiled loops of files whose imports are not those that they were compiled with.

    ``__pycache__/<file>.imports`` holds the digest of what a file imported from this folder when that was last looked
    at. Compiled loops that numba was told to keep elsewhere are not looked after.
    """
    if not _are_kept_in(folder):
        return
    sources = {path.stem: path.read_bytes() for path in folder.glob("*.py")}
    for name in sources:
        imported = _imported(name, sources)
        if not imported:
            continue
        digest = sha256(b"".join(sources[each] for each in imported)).hexdigest()
        mark = folder / "__pycache__" / f"{name}.imports"
        if mark.exists() and mark.read_text(encoding="ascii") == digest:
            continue
        for compiled in mark.parent.glob(f"{name}.*.nb[ci]"):
            compiled.unlink(missing_ok=True)
        mark.parent.mkdir(exist_ok=True)
        mark.write_text(digest, encoding="ascii")


def _are_kept_in(folder: Path) -> bool:
    """Whether numba keeps compiled loops beside their sources."""
    return "NUMBA_CACHE_DIR" not in os.environ and os.access(folder, os.W_OK)


def _imported(name: str, sources: dict[str, bytes]) -> list[str]:
    """Files of the folder that a file imports, and what these import, sorted."""
    found: set[str] = set()
    left = [name]
    while left:
        new = {each.decode() for each in _IMPORT.findall(sources[left.pop()])} & sources.keys()
        left += new - found
        found |= new
    return sorted(found)


forget_outdated(_FOLDER)

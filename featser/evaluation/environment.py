"""What a run was made with: digests of the code that decides its numbers, library versions and the machine."""

import ast
import hashlib
import platform
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from joblib import cpu_count

from featser.versions import library_versions

_PARTS = {
    "features": ("audio", "features"),
    "models": ("models", "search", "pipeline"),
    "evaluation": ("evaluation",),
}
"""Part of the code -> its packages and modules below ``featser/``."""

_DESCRIBING = ("compare.py", "pairing.py", "environment.py", "records.py", "runs.py", "scoring.py")
"""Modules of the evaluation that describe or compare finished scores; they change no prediction and no score."""


@cache
def code_digests() -> dict[str, str]:
    """Digest the installed code that the numbers of a run depend on.

    Comments, docstrings and formatting do not count.

    Returns
    -------
    dict
        ``features`` (reading of audio, descriptors), ``models`` (models, pipelines, searches) and ``evaluation``
        (folds, normalisation, scores) -> hexadecimal digest of 12 characters
    """
    package = Path(__file__).parent.parent
    return {part: source_digest([package / name for name in names]) for part, names in _PARTS.items()}


def source_digest(places: Sequence[Path]) -> str:
    """Digest Python modules and TOML files; comments, docstrings and formatting of modules do not count.

    Parameters
    ----------
    places : sequence of Path
        modules, and packages with all that is below them

    Returns
    -------
    str
        12 hexadecimal characters
    """
    digest = hashlib.sha256()
    for place in places:
        for file in [place] if place.suffix else sorted(place.rglob("*")):
            if file.suffix == ".toml":
                digest.update(file.read_bytes())
            elif file.suffix == ".py" and file.name not in _DESCRIBING:
                digest.update(f"{file.relative_to(place.parent)}\0{_code(file)}\0".encode())
    return digest.hexdigest()[:12]


def machine() -> str:
    """Describe the machine that times are measured on: usable cores and processor."""
    cores = cpu_count()
    return f"{cores} core{'s' * (cores != 1)}, {_processor()}"


def outdated(code: Mapping[str, str], versions: Mapping[str, str]) -> list[str]:
    """Say what differs between the code and libraries that made a run and those installed now.

    Parameters
    ----------
    code : mapping
        digests of the run, as `code_digests` returned them
    versions : mapping
        library versions of the run

    Returns
    -------
    list of str
        such as ``code of models`` and ``xgboost 3.1.0 (now 3.2.0)``; empty where the run is up to date
    """
    now = library_versions()
    libraries = [
        f"{name} {version} (now {now[name]})"
        for name, version in versions.items()
        if name in now and _significant(name, version) != _significant(name, now[name])
    ]
    if any(each.startswith("python ") for each in libraries):
        return libraries  # syntax trees of two Python versions cannot be compared
    if not code:
        return ["code not recorded", *libraries]
    return [f"code of {part}" for part, digest in code_digests().items() if code.get(part) != digest] + libraries


def _significant(name: str, version: str) -> str:
    """Part of a version that may change numbers; for Python, major and minor."""
    return ".".join(version.split(".")[:2]) if name == "python" else version


def _code(file: Path) -> str:
    """Syntax tree of a module without docstrings, as text."""
    tree = ast.parse(file.read_text(encoding="utf-8"))
    for node in ast.walk(tree):
        for body in (getattr(node, name, None) for name in ("body", "orelse", "finalbody")):
            if isinstance(body, list):
                body[:] = [each for each in body if not _is_text(each)]
    return ast.dump(tree)


def _is_text(node: ast.AST) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)


def _processor() -> str:
    """Name of the processor; the architecture where the system does not tell."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()

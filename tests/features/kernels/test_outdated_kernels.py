"""Compiled code is deleted when a module changes from which it has inlined functions, and only then."""

from pathlib import Path

import pytest

from featser.features.kernels import remove_outdated

SOURCES = {
    "logarithm": "ONE = 1\n",
    "bands": "from featser.features.kernels.logarithm import ONE\n",
    "loudness": "from featser.features.kernels.bands import ONE\n",
    "pitch": "import numpy as np\n",
}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Four modules with one compiled file each, whose imports are recorded."""
    monkeypatch.delenv("NUMBA_CACHE_DIR", raising=False)
    for name, text in SOURCES.items():
        (tmp_path / f"{name}.py").write_text(text, encoding="utf-8")
    remove_outdated(tmp_path)
    for name in SOURCES:
        (tmp_path / "__pycache__" / f"{name}.loop-1.py311.nbi").touch()
    return tmp_path


def compiled(folder: Path) -> list[str]:
    return sorted(path.name.split(".")[0] for path in (folder / "__pycache__").glob("*.nbi"))


def test_nothing_is_deleted_while_nothing_changes(folder):
    remove_outdated(folder)
    assert compiled(folder) == sorted(SOURCES)


def test_compiled_code_is_deleted_with_direct_and_indirect_imports(folder):
    (folder / "logarithm.py").write_text("ONE = 2\n", encoding="utf-8")
    remove_outdated(folder)
    assert compiled(folder) == ["logarithm", "pitch"]


def test_a_change_of_the_file_itself_is_left_to_numba(folder):
    (folder / "pitch.py").write_text("import numpy\n", encoding="utf-8")
    remove_outdated(folder)
    assert compiled(folder) == sorted(SOURCES)


def test_nothing_is_deleted_if_compiled_code_is_elsewhere(folder, monkeypatch):
    monkeypatch.setenv("NUMBA_CACHE_DIR", str(folder / "elsewhere"))
    (folder / "logarithm.py").write_text("ONE = 2\n", encoding="utf-8")
    remove_outdated(folder)
    assert compiled(folder) == sorted(SOURCES)

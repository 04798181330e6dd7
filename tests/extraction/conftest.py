"""Fixtures of the tests of extraction."""

import os
import time
from pathlib import Path

import pytest

from featser.features import FeatureSet
from featser.synthetic import write_corpus


def aged(path: Path, seconds: float = 3600) -> Path:
    """Set back the time of modification: the digest of a file modified just now is not remembered."""
    then = time.time() - seconds
    os.utime(path, (then, then))
    return path


@pytest.fixture
def small() -> FeatureSet:
    return FeatureSet("small", "Two columns", ("rms", "zcr"), ("mean",))


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Twelve recordings of three speakers."""
    root = tmp_path / "corpus"
    write_corpus(root, "emodb", 3, ["anger", "sadness"], 2)
    for path in root.rglob("*.wav"):
        aged(path)
    return root


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Folder of the user's own cache."""
    monkeypatch.setenv("FEATSER_CACHE_DIR", str(tmp_path / "cache"))
    return tmp_path / "cache"

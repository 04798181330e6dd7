import os
from collections.abc import Callable
from pathlib import Path

import pytest


@pytest.fixture
def place(tmp_path: Path) -> Callable[..., Path]:
    """Put empty files under a fresh folder: readers look at names only."""

    def put(*names: str, under: str = "corpus") -> Path:
        root = tmp_path / under
        for name in names:
            file = root / name
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch()
        return root

    return put


@pytest.fixture
def real_corpora() -> Path:
    folder = os.environ.get("FEATSER_CORPORA")
    if not folder:
        pytest.skip("FEATSER_CORPORA names no folder of real recordings")
    return Path(folder)

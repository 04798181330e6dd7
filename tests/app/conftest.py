"""A model for the tests of ``featser app``, and a server in a process of its own."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from featser.bundle import write_model
from featser.pipeline import specification_for
from featser.table import Table
from featser.training import fit


@pytest.fixture(scope="session")
def model_path(table: Table, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A quick model with normalisation by speaker."""
    path = tmp_path_factory.mktemp("app") / "voices.joblib"
    write_model(fit(table, specification_for("logreg"), protocol="3-fold-by-speaker", normalise="speaker").model, path)
    return path


@pytest.fixture(scope="module")
def served(model_path: Path) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """Address and process of a running ``featser app``."""
    command = [sys.executable, "-m", "featser", "app", str(model_path), "--port", "0", "--max-mb", "40"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        yield server.stdout.readline().split()[0], server
        server.terminate()

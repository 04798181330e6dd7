"""Progress bars are shown on a terminal only, and never under ``--quiet``; compiling is announced."""

import io
import os
import subprocess
import sys

import pytest

from featser.cli.terminal import progress_bar, settings
from featser.demo import toy_corpus


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.mark.parametrize(
    ("stream", "quiet", "is_shown"),
    [(Screen(), False, True), (Screen(), True, False), (io.StringIO(), False, False)],
    ids=["on a terminal", "on a quiet terminal", "in a file"],
)
def test_progress_is_shown_on_a_terminal_only(monkeypatch, stream, quiet, is_shown):
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(settings, "quiet", quiet)
    with progress_bar("extracting") as progress:
        progress(399, 400)
    assert ("399/400" in stream.getvalue()) == is_shown
    assert bool(stream.getvalue()) == is_shown


@pytest.mark.slow  # compiles five kernels
def test_the_first_use_announces_that_it_compiles(tmp_path):
    features = tmp_path / "small.toml"
    features.write_text('title = "Small"\ndescriptors = ["zcr"]\nfunctionals = ["mean"]\n', encoding="utf-8")
    command = [
        sys.executable,
        "-m",
        "featser",
        "extract",
        toy_corpus(),
        "--features",
        features,
        "--out",
        tmp_path / "t.parquet",
    ]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path), "FEATSER_CACHE_DIR": str(tmp_path / "cache")}
    first, second = (subprocess.run(command, capture_output=True, text=True, env=environment) for _ in range(2))
    assert (first.returncode, second.returncode) == (0, 0)
    assert "First use: compiling the feature code, once" in first.stderr
    assert "compiling" not in second.stderr

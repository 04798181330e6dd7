"""The progress bar: it is shown on a terminal only, and never under ``--quiet``."""

import io
import sys

import pytest

from featser.cli.terminal import progress_bar, settings


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

"""The progress bar: drawn now and then by whoever reports, and only where someone looks."""

import io
import sys
import threading

import pytest

from featser.cli import terminal


class Screen(io.StringIO):
    """A terminal."""

    def isatty(self):
        return True


@pytest.fixture
def look(monkeypatch):
    """Have somebody look at a screen, from now on."""
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(terminal.settings, "quiet", False)

    def begin():
        monkeypatch.setattr(sys, "stderr", Screen())
        return sys.stderr

    return begin


def test_the_last_step_is_drawn_at_once(look):
    screen = look()
    with terminal.progress_bar("hearing") as progress:
        progress(1, 400)
        progress(400, 400)
        assert "400/400" in screen.getvalue()


def test_steps_that_follow_at_once_are_not_drawn(look):
    screen = look()
    with terminal.progress_bar("hearing") as progress:
        for done in range(1, 300):
            progress(done, 100_000)
        assert "1/100000" in screen.getvalue()
        assert screen.getvalue().count("/100000") < 150


def test_a_step_after_a_while_is_drawn(look, monkeypatch):
    screen, clock = look(), iter(range(1, 100))
    monkeypatch.setattr(terminal.time, "monotonic", lambda: next(clock))
    with terminal.progress_bar("hearing") as progress:
        for done in (1, 2, 3):
            progress(done, 9)
            assert f"{done}/9" in screen.getvalue()


def test_no_thread_draws(look):
    """A process with threads is not copied, and its helpers would have to start afresh."""
    screen, before = look(), threading.active_count()
    with terminal.progress_bar("hearing") as progress:
        progress(1, 2)
        assert threading.active_count() == before
    assert "1/2" in screen.getvalue()


@pytest.mark.parametrize("looked_at", [True, False])
def test_where_nobody_looks_nothing_is_drawn(monkeypatch, looked_at):
    stream = Screen() if looked_at else io.StringIO()
    monkeypatch.setattr(sys, "stderr", stream)
    monkeypatch.setattr(terminal.settings, "quiet", looked_at)
    with terminal.progress_bar("hearing") as progress:
        progress(1, 1)
    assert stream.getvalue() == ""

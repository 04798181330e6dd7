"""Windows over the speech of a stream of samples."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import numpy as np

from featser.audio import SAMPLE_RATE, Signal
from featser.errors import UsageError
from featser.features.kernels.pitch import HOP
from featser.timeline.speech import find_changes

STEPS_PER_SECOND = SAMPLE_RATE // HOP

SHORTEST_WINDOW = 0.5
LONGEST_WINDOW = 60.0
"""Limits of a window in seconds; a label for more than a minute is not a timeline."""

_MARGIN = STEPS_PER_SECOND
"""Steps that are kept before the newest one, in which speech may be found to have begun."""


@dataclass(frozen=True)
class Layout:
    """Length and hop of windows, both rounded to 10 ms.

    Attributes
    ----------
    window : int
        length in steps of 10 ms
    hop : int
        steps from the start of a window to that of the next
    """

    window: int
    hop: int


@dataclass(frozen=True, eq=False)
class Window:
    """A part of a recording.

    Attributes
    ----------
    start, end : int
        in steps of 10 ms
    speech : int
        number of the stretch of speech that it lies in, from 0
    signal : Signal [shape=(n_samples,)]
        its samples at 16 kHz
    """

    start: int
    end: int
    speech: int
    signal: Signal


@dataclass(frozen=True)
class Speech:
    """A stretch of speech that has ended; its windows come before it.

    Attributes
    ----------
    start, end : int
        in steps of 10 ms
    """

    start: int
    end: int


def layout_of(window: float, hop: float) -> Layout:
    """Check the length and the hop of windows.

    Parameters
    ----------
    window, hop : float
        in seconds

    Returns
    -------
    Layout

    Raises
    ------
    UsageError
        a window that is too short or too long, or a hop that is not from 0.1 s to the window

    Examples
    --------
    >>> layout_of(3, 1)
    Layout(window=300, hop=100)
    """
    if not SHORTEST_WINDOW <= window <= LONGEST_WINDOW:
        raise UsageError(
            f"A window of {window:g} s cannot be used. Give {SHORTEST_WINDOW:g} to {LONGEST_WINDOW:g} s: --window 3."
        )
    if not 0.1 <= hop <= window:
        raise UsageError(f"A hop of {hop:g} s cannot be used. Give 0.1 s up to the window of {window:g} s: --hop 1.")
    return Layout(round(window * STEPS_PER_SECOND), round(hop * STEPS_PER_SECOND))


def cut_windows(blocks: Iterable[Signal], layout: Layout) -> Iterator[Window | Speech]:
    """Cut windows out of a stream, each as soon as its samples have arrived.

    The windows of a stretch of speech follow each other by the hop, from its start on. The last one ends where the
    speech ends, unless less than half a hop is left. Speech that is shorter than a window is one window. Neither the
    windows nor their order depend on the lengths of the blocks.

    Parameters
    ----------
    blocks : iterable of Signal [shape=(n_samples,)]
        consecutive samples at 16 kHz
    layout : Layout

    Yields
    ------
    Window or Speech
        each window, and each stretch of speech after its windows
    """
    held, first = np.zeros(0, np.float32), 0  # samples that may be needed, and the step of the first of them
    start, following, number = -1, 0, 0  # start of the speech, -1 in pauses; start of the next window

    def window(begin: int, end: int) -> Window:
        return Window(begin, end, number, held[(begin - first) * HOP : (end - first) * HOP].copy())

    for block, changes in find_changes(blocks):
        held = np.concatenate([held, block])
        for kind, step in changes:
            if kind == "start":
                start = following = step
            while start >= 0 and following + layout.window <= step:
                yield window(following, following + layout.window)
                following += layout.hop
            if kind == "end":
                rest = step - (following - layout.hop + layout.window)
                if following == start or rest >= layout.hop / 2:
                    yield window(max(start, step - layout.window), step)
                yield Speech(start, step)
                start, number = -1, number + 1
        newest = changes[-1].step
        needed = max(first, newest - _MARGIN - (layout.window if start >= 0 else 0))
        held, first = held[(needed - first) * HOP :], needed

"""Speech in a stream of samples: where it begins and ends, known 40 ms after it was heard.

A step of 10 ms is voiced if the signal correlates with itself one pitch period later, and if it is at most 30 dB below
the loudest step of the last seconds. Speech begins with 80 ms of clearly voiced steps within 200 ms, and ends half a
second after the last voiced step, so that consonants and short pauses belong to it. Whispered speech is not found.
"""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featser.audio import Signal
from featser.features.descriptors.pitch import pitch_candidates
from featser.features.kernels.pitch import HOP, PADDING

VOICED_CORRELATION = 0.5
"""Correlation with the signal one period later above which a step is voiced, as in the pitch tracker."""

CLEAR_CORRELATION = 0.65
"""Correlation above which a step is clearly voiced; most engines do not reach it for long."""

QUIETEST_SHARE = 0.03
"""Smallest peak of a voiced step, as a share of the loudest recent one: -30 dB."""

DECAY = 10 ** (-1 / 20 / 100)
"""Factor per step by which the loudest step is forgotten: 1 dB per second."""

HANGOVER = 50
"""Steps of 10 ms after the last voiced one that still belong to the speech."""

LEAD = 10
"""Steps before the first voiced one that belong to the speech."""

_ONSET, _ONSET_SPAN = 8, 20
"""Clearly voiced steps, within so many steps, with which speech begins."""

_BEFORE = 30
"""Steps before the onset in which the first voiced step is looked for."""

_GAIN = np.float32(32)
"""Factor before the search for pitch periods, which skips peaks below 0.02: those below -64 dB of full scale."""


class Steps(NamedTuple):
    """Steps of 10 ms that a block of samples completed.

    Attributes
    ----------
    block : Signal [shape=(n_samples,)]
        the block
    correlations : NDArray of float32 [shape=(n_steps,)]
        correlation with the signal one period later; 0 where nothing is heard
    peaks : NDArray of float32 [shape=(n_steps,)]
        largest magnitude
    """

    block: Signal
    correlations: NDArray[np.float32]
    peaks: NDArray[np.float32]


class Change(NamedTuple):
    """A moment in the stream.

    Attributes
    ----------
    kind : str
        ``start`` or ``end`` of speech, or ``known``: up to here the state is known
    step : int
        the moment in steps of 10 ms
    """

    kind: str
    step: int


def voiced_steps(blocks: Iterable[Signal]) -> Iterator[Steps]:
    """Measure each step of 10 ms; the values do not depend on the lengths of the blocks.

    Parameters
    ----------
    blocks : iterable of Signal [shape=(n_samples,)]
        consecutive samples at 16 kHz

    Yields
    ------
    Steps
        for each block, and once more for the last steps
    """
    held = np.zeros(PADDING, np.float32)
    nothing = np.zeros(0, np.float32)
    for block, added in chain(((each, each) for each in blocks), [(nothing, np.zeros(PADDING, np.float32))]):
        held = np.concatenate([held, added])
        n_steps = max(0, (len(held) - 2 * PADDING) // HOP + 1)
        if n_steps:
            heard = held[: 2 * PADDING + (n_steps - 1) * HOP] * _GAIN
            _, correlations, peaks = pitch_candidates(heard, n_steps)
            held = held[n_steps * HOP :]
            yield Steps(block, correlations.max(axis=1), peaks / _GAIN)
        else:
            yield Steps(block, nothing, nothing)


def find_changes(blocks: Iterable[Signal]) -> Iterator[tuple[Signal, list[Change]]]:
    """Find where speech begins and ends.

    Parameters
    ----------
    blocks : iterable of Signal [shape=(n_samples,)]
        consecutive samples at 16 kHz

    Yields
    ------
    block : Signal
        each block, and an empty one at the end
    changes : list of Change
        what has become known with it, in order; the last one is ``known``, or the ``end`` at the end of the stream
    """
    step, last, end, n_samples = 0, -1, 0, 0  # last: last voiced step while there is speech, else -1
    loudest, recent, clear = 0.0, 0, 0
    for block, correlations, peaks in voiced_steps(blocks):
        changes: list[Change] = []
        n_samples += len(block)
        for correlation, peak in zip(correlations.tolist(), peaks.tolist(), strict=True):
            loudest = max(peak, loudest * DECAY)
            voiced = correlation >= VOICED_CORRELATION and peak >= QUIETEST_SHARE * loudest
            recent = (recent << 1 | voiced) & ((1 << _BEFORE) - 1)
            clear = (clear << 1 | (voiced and correlation >= CLEAR_CORRELATION)) & ((1 << _ONSET_SPAN) - 1)
            if last < 0 and voiced and clear.bit_count() >= _ONSET:
                changes.append(Change("start", max(end, step - recent.bit_length() + 1 - LEAD)))
                last = step
            elif voiced and last >= 0:
                last = step
            elif 0 <= last < step - HANGOVER:
                end, last, recent, clear = last + HANGOVER, -1, 0, 0
                changes.append(Change("end", end))
            step += 1
        yield block, [*changes, Change("known", max(0, step - 1))]
    if last >= 0:
        yield np.zeros(0, np.float32), [Change("end", min(last + HANGOVER, n_samples // HOP))]

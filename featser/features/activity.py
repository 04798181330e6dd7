"""Where somebody speaks: the rule by which silence before, within and after speech is told from it.

A frame is active if its energy, smoothed over 50 ms, is at most `ACTIVE_RANGE_DB` below that of the loudest. Speech
spans the frames from the first to the last active one. The rule needs no threshold of its own for each recording;
where the noise is less than 39 dB below the voice, or there is nothing but silence, everything is active.
"""

import numpy as np
from numpy.typing import NDArray

from featser.features.frames import Array, Frames

ACTIVE_RANGE_DB = 39.0
"""How far below the loudest frame an active one may be: vowels are less, the breath before them is more."""

SMOOTHING_SECONDS = 0.05
"""Long enough for the periods of a deep voice, short enough for a syllable."""


def active(frames: Frames) -> NDArray[np.bool_]:
    """Tell which frames are active, shape ``(n_frames,)``; at least one is, and all are in silence.

    >>> t = np.arange(16000) / 16000
    >>> tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    >>> silence = np.zeros(8000, dtype=np.float32)
    >>> int(active(Frames(np.concatenate([silence, tone, silence]))).sum())
    105
    """
    return frames.shared(_active)


def speech_span(frames: Frames) -> slice:
    """Frames from the first to the last active one; between them may be pauses.

    >>> t = np.arange(16000) / 16000
    >>> tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    >>> silence = np.zeros(8000, dtype=np.float32)
    >>> speech_span(Frames(np.concatenate([silence, tone, silence])))
    slice(48, 153, None)
    """
    places = np.flatnonzero(active(frames))
    return slice(int(places[0]), int(places[-1]) + 1)


def _active(frames: Frames) -> NDArray[np.bool_]:
    energy = smooth(frames.power.sum(axis=0), frames, SMOOTHING_SECONDS)
    loud_enough: NDArray[np.bool_] = energy >= energy.max() * np.float32(10 ** (-ACTIVE_RANGE_DB / 10))
    return loud_enough


def smooth(track: Array, frames: Frames, seconds: float) -> Array:
    """Moving sum over an odd number of frames that is next to some seconds; a track goes on with zeros at its ends."""
    half = int(seconds / frames.framing.hop_seconds / 2)
    padded = np.zeros(len(track) + 2 * half, dtype=np.float32)
    padded[half : half + len(track)] = track
    total = padded[: len(track)].copy()
    for shift in range(1, 2 * half + 1):
        total += padded[shift : shift + len(track)]
    return total

"""Voice activity detection by energy.

A frame is active if its energy, smoothed over 50 ms, is at most `ACTIVE_RANGE_DB` below that of the loudest frame. The
speech span runs from the first to the last active frame. The threshold is relative, so it needs no adjustment to the
recording. In digital silence, and where the noise is less than 39 dB below the voice, all frames are active.
"""

import numpy as np
from numpy.typing import NDArray

from featser.features.frames import Array, Frames

ACTIVE_RANGE_DB = 39.0
"""Largest level difference between an active frame and the loudest one. Breath before a vowel is weaker than that."""

SMOOTHING_SECONDS = 0.05
"""Longer than a few periods of a low voice, shorter than a syllable."""


def active_frames(frames: Frames) -> NDArray[np.bool_]:
    """Detect the active frames.

    Parameters
    ----------
    frames : Frames
        signal and its spectra

    Returns
    -------
    NDArray of bool [shape=(n_frames,)]
        True for active frames; at least one is active, and all are in digital silence

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    >>> silence = np.zeros(8000, dtype=np.float32)
    >>> int(active_frames(Frames(np.concatenate([silence, tone, silence]))).sum())
    105
    """
    return frames.shared(_active_frames)


def speech_span(frames: Frames) -> slice:
    """Return the frames from the first to the last active one, pauses included.

    Parameters
    ----------
    frames : Frames
        signal and its spectra

    Returns
    -------
    slice
        range of frames

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tone = np.sin(2 * np.pi * 200 * t).astype(np.float32)
    >>> silence = np.zeros(8000, dtype=np.float32)
    >>> speech_span(Frames(np.concatenate([silence, tone, silence])))
    slice(48, 153, None)
    """
    active = np.flatnonzero(active_frames(frames))
    return slice(int(active[0]), int(active[-1]) + 1)


def _active_frames(frames: Frames) -> NDArray[np.bool_]:
    energy = moving_sum(frames.power.sum(axis=0), frames, SMOOTHING_SECONDS)
    active: NDArray[np.bool_] = energy >= energy.max() * np.float32(10 ** (-ACTIVE_RANGE_DB / 10))
    return active


def moving_sum(track: Array, frames: Frames, seconds: float) -> Array:
    """Sum a track over a centred window of about ``seconds``, zero-padded at both ends.

    Parameters
    ----------
    track : Array [shape=(n_frames,)]
    frames : Frames
        frames of the track; their hop converts seconds to frames
    seconds : float
        length of the window, rounded to an odd number of frames

    Returns
    -------
    Array [shape=(n_frames,)]
    """
    half = int(seconds / frames.framing.hop_seconds / 2)
    padded = np.zeros(len(track) + 2 * half, dtype=np.float32)
    padded[half : half + len(track)] = track
    total = padded[: len(track)].copy()
    for shift in range(1, 2 * half + 1):
        total += padded[shift : shift + len(track)]
    return total

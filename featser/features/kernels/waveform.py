"""Sums over short stretches of a waveform, of which the sums over frames are made; and derivatives of tracks."""

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]


def stretch_energies(signal: Array, step: int) -> NDArray[np.float64]:
    """Sum of squares of each ``step`` samples, shape ``(len(signal) // step,)``."""
    energies = np.zeros(len(signal) // step)
    _energies(signal, step, energies)
    return energies


def stretch_energies_plain(signal: Array, step: int) -> NDArray[np.float64]:
    """Return the same by numpy."""
    usable = len(signal) // step * step
    return np.square(signal[:usable].reshape(-1, step), dtype=np.float64).sum(axis=1)


def sign_changes(signal: Array, zero: np.float32) -> NDArray[np.int32]:
    """Count sign changes up to and including each sample; what lies above ``-zero`` is positive."""
    counts = np.empty(len(signal), dtype=np.int32)
    _sign_changes(signal, float(-zero), counts)
    return counts


def sign_changes_plain(signal: Array, zero: np.float32) -> NDArray[np.int32]:
    """Return the same by numpy."""
    negative = signal < -zero
    return np.concatenate([[0], np.cumsum(negative[1:] != negative[:-1])]).astype(np.int32)


def weighted_sums(tracks: Array, weights: Array) -> Array:
    """Correlate each track with some weights, where the weights fit whole.

    Parameters
    ----------
    tracks : Array [shape=(n_tracks, n_frames)]
    weights : Array [shape=(n_weights,)]
        at most as many as frames

    Returns
    -------
    Array [shape=(n_tracks, n_frames - n_weights + 1)]
    """
    sums = np.zeros((len(tracks), tracks.shape[1] - len(weights) + 1), dtype=np.float32)
    _weighted_sums(np.ascontiguousarray(tracks), weights, sums)
    return sums


def weighted_sums_plain(tracks: Array, weights: Array) -> Array:
    """Return the same by numpy."""
    windows = np.lib.stride_tricks.sliding_window_view(tracks, len(weights), axis=1)
    sums: Array = windows @ weights
    return sums


@numba.njit(nogil=True, cache=True)
def _energies(signal: Any, step: int, energies: Any) -> None:
    for stretch in range(len(energies)):
        total = 0.0
        for sample in signal[stretch * step : (stretch + 1) * step]:
            total += np.float64(sample) * np.float64(sample)
        energies[stretch] = total


@numba.njit(nogil=True, cache=True)
def _sign_changes(signal: Any, threshold: float, counts: Any) -> None:
    count = np.int32(0)
    before = signal[0] < threshold
    for place in range(len(signal)):
        now = signal[place] < threshold
        count += np.int32(now != before)
        counts[place] = count
        before = now


@numba.njit(nogil=True, cache=True)
def _weighted_sums(tracks: Any, weights: Any, sums: Any) -> None:
    n_sums = sums.shape[1]
    for track in range(len(tracks)):
        row = sums[track]
        for place in range(len(weights)):
            weight, source = weights[place], tracks[track, place : place + n_sums]
            for at in range(n_sums):
                row[at] += weight * source[at]

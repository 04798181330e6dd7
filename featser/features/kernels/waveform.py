"""Mean squares and sign changes of the samples in each frame, and weighted sums along tracks."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, compiled_sums

Array = NDArray[np.float32]


def mean_squares(signal: Array, window: int, hop: int) -> Array:
    """Mean square of each frame that lies within the signal.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        at least one window long
    window, hop : int
        length of a frame and distance of two frames, in samples

    Returns
    -------
    Array [shape=(1 + (n_samples - window) // hop,)]
    """
    found = np.empty(1 + (len(signal) - window) // hop, dtype=np.float32)
    _mean_squares(signal, window, hop, found)
    return found


def mean_squares_plain(signal: Array, window: int, hop: int) -> Array:
    """Reference implementation with numpy in double precision."""
    frames = np.lib.stride_tricks.sliding_window_view(signal, window)[::hop]
    return np.square(frames, dtype=np.float64).mean(axis=1).astype(np.float32)


def sign_changes(signal: Array, window: int, hop: int, zero: np.float32) -> NDArray[np.int32]:
    """Count the sign changes in each frame that lies within the signal.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        at least one window long
    window, hop : int
        length of a frame and distance of two frames, in samples
    zero : float
        samples from ``-zero`` on count as positive

    Returns
    -------
    NDArray of int32 [shape=(1 + (n_samples - window) // hop,)]
    """
    found = np.empty(1 + (len(signal) - window) // hop, dtype=np.int32)
    _sign_changes(signal, window, hop, np.float32(-zero), found)
    return found


def sign_changes_plain(signal: Array, window: int, hop: int, zero: np.float32) -> NDArray[np.int32]:
    """Reference implementation with numpy."""
    negative = np.lib.stride_tricks.sliding_window_view(signal < -zero, window)[::hop]
    return np.count_nonzero(negative[:, 1:] != negative[:, :-1], axis=1).astype(np.int32)


def weighted_sums(tracks: Array, weights: Array) -> Array:
    """Correlate each track with weights, centred on each frame.

    Parameters
    ----------
    tracks : Array [shape=(n_tracks, n_frames)]
        tracks without gaps
    weights : Array [shape=(n_weights,)]
        an odd number of weights, at most ``n_frames``

    Returns
    -------
    Array [shape=(n_tracks, n_frames)]
        frames near the ends, where the weights do not fit, have the value of the nearest frame where they do
    """
    sums = np.empty(tracks.shape, dtype=np.float32)
    _weighted_sums(np.ascontiguousarray(tracks), weights, sums)
    return sums


def weighted_sums_plain(tracks: Array, weights: Array) -> Array:
    """Reference implementation with numpy."""
    windows = np.lib.stride_tricks.sliding_window_view(tracks, len(weights), axis=1)
    half = len(weights) // 2
    return np.pad(windows @ weights, ((0, 0), (half, half)), mode="edge")


@compiled_sums
def _mean_squares(signal: Any, window: int, hop: int, found: Any) -> None:
    for frame in range(len(found)):
        samples, total = signal[frame * hop : frame * hop + window], 0.0
        for i in range(window):
            total += np.float64(samples[i]) * np.float64(samples[i])
        found[frame] = total / window


@compiled
def _sign_changes(signal: Any, window: int, hop: int, threshold: Any, found: Any) -> None:
    for frame in range(len(found)):
        before = signal[frame * hop : frame * hop + window - 1]
        after = signal[frame * hop + 1 : frame * hop + window]
        count = np.int32(0)
        for i in range(len(before)):
            count += np.int32((before[i] < threshold) != (after[i] < threshold))
        found[frame] = count


@compiled
def _weighted_sums(tracks: Any, weights: Any, sums: Any) -> None:
    half, n_inner = len(weights) // 2, tracks.shape[1] - len(weights) + 1
    for track in range(len(tracks)):
        row, inner = sums[track], sums[track, half : half + n_inner]
        inner[:] = np.float32(0)
        for k in range(len(weights)):
            weight, source = weights[k], tracks[track, k : k + n_inner]
            for i in range(n_inner):
                inner[i] += weight * source[i]
        row[:half], row[half + n_inner :] = inner[0], inner[n_inner - 1]

"""Means of the few largest and smallest magnitudes of each band, for spectral contrast."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]
Bands = NDArray[np.int64]


def peaks_and_valleys(power: Array, bands: Bands) -> Array:
    """Means of the largest and of the smallest magnitudes of each band.

    Parameters
    ----------
    power : Array [shape=(n_bins, n_frames)]
        power spectrogram; frames are contiguous
    bands : NDArray of int64 [shape=(n_bands, 3)]
        first bin, bin after the last, and number of bins in either mean, at least 1

    Returns
    -------
    Array [shape=(2, n_bands, n_frames)]
        means of the largest magnitudes, means of the smallest
    """
    means = np.empty((2, len(bands), power.shape[1]), dtype=np.float32)
    _means(power, bands, int(bands[:, 2].max()), means)
    return means


def peaks_and_valleys_plain(power: Array, bands: Bands) -> Array:
    """Reference implementation that sorts all bins of a band."""
    ordered = [(np.sqrt(np.sort(power[start:stop], axis=0)), n_bins) for start, stop, n_bins in bands]
    peaks = [magnitude[::-1][:n_bins].mean(axis=0) for magnitude, n_bins in ordered]
    valleys = [magnitude[:n_bins].mean(axis=0) for magnitude, n_bins in ordered]
    return np.stack([peaks, valleys])


@compiled
def _means(power: Any, bands: Any, n_most: int, means: Any) -> None:
    n_frames = power.shape[1]
    largest, smallest = np.empty((n_most, n_frames), np.float32), np.empty((n_most, n_frames), np.float32)
    for band in range(len(bands)):
        start, stop, n_bins = bands[band]
        _insert(power[start:stop], largest[:n_bins], smallest[:n_bins])
        _mean_magnitude(largest[:n_bins], means[0, band])
        _mean_magnitude(smallest[:n_bins], means[1, band])


@inlined
def _insert(rows: Any, largest: Any, smallest: Any) -> None:
    """Keep the largest and the smallest values of each column by insertion; the loops over columns are vectorised."""
    n_rows, n_columns = rows.shape
    largest[:], smallest[:] = -np.inf, np.inf
    up, down = np.empty(n_columns, np.float32), np.empty(n_columns, np.float32)
    for row in range(n_rows):
        entering = rows[row]
        for column in range(n_columns):
            up[column] = entering[column]
            down[column] = entering[column]
        for rank in range(len(largest)):
            high, low = largest[rank], smallest[rank]
            for column in range(n_columns):
                kept = max(high[column], up[column])
                up[column] = min(high[column], up[column])
                high[column] = kept
            for column in range(n_columns):
                kept = min(low[column], down[column])
                down[column] = max(low[column], down[column])
                low[column] = kept


@inlined
def _mean_magnitude(power: Any, mean: Any) -> None:
    """Mean over rows of the square roots, summed in order."""
    count = np.float32(len(power))
    for column in range(len(mean)):
        mean[column] = np.sqrt(power[0, column])
    for row in range(1, len(power)):
        for column in range(len(mean)):
            mean[column] += np.sqrt(power[row, column])
    for column in range(len(mean)):
        mean[column] /= count

"""Bands of a power spectrogram: weighted sums, levels in decibels, and the sum of compressed bands.

The innermost loops run over consecutive frames, in blocks that fit into the cache.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.decibels import decibels
from featser.features.kernels.jit import compiled
from featser.features.kernels.logarithm import exp2, log2

Array = NDArray[np.float32]

SMALLEST_POWER = 1e-10
"""Power below which levels are constant: -100 dB."""

RANGE_DB = 80.0
"""Range of levels below the maximum, in dB."""

_BLOCK = 1024
"""Frames per block."""

_SMALLEST = np.float32(SMALLEST_POWER)
_SMALLEST_NORMAL = np.float32(1.2e-38)
_DECIBELS = np.float32(10 * np.log10(2))
_ZERO = np.float32(0)


def weighted_bands(power: Array, filters: Array) -> Array:
    """Sum the power in overlapping bands: the matrix product ``filters @ power``, without the zeros.

    Parameters
    ----------
    power : Array [shape=(n_bins, n_frames)]
        power spectrogram
    filters : Array [shape=(n_bands, n_bins)]
        weights; the nonzero weights of a band are adjacent, and the first ones ascend from band to band

    Returns
    -------
    Array [shape=(n_bands, n_frames)]
        power in each band
    """
    bands = np.zeros((len(filters), power.shape[1]), dtype=np.float32)
    _sum_bands(power, filters, bands)
    return bands


def weighted_bands_plain(power: Array, filters: Array) -> Array:
    """Reference implementation: the matrix product in double precision."""
    return (filters.astype(np.float64) @ power).astype(np.float32)


def levels(power: Array) -> Array:
    """Convert power to decibels, with an error below 1e-5 dB.

    Parameters
    ----------
    power : Array [shape=(n_bands, n_frames)]
        not negative

    Returns
    -------
    Array [shape=(n_bands, n_frames)]
        ``10 log10(power)`` in dB, at least -100, and at least the maximum less `RANGE_DB`
    """
    found = np.empty(power.shape, dtype=np.float32)
    _take_levels(power.ravel(), found.ravel())
    return np.maximum(found, found.max() - np.float32(RANGE_DB), out=found)


def levels_plain(power: Array) -> Array:
    """Reference implementation: `decibels` in double precision."""
    return decibels(power).astype(np.float32)


def compressed_sum(bands: Array, weights: Array, exponent: float) -> Array:
    """Sum the weighted bands, each raised to an exponent.

    Parameters
    ----------
    bands : Array [shape=(n_bands, n_frames)]
        power in each band
    weights : Array [shape=(n_bands,)]
        factor of each band
    exponent : float
        positive; below 1 it compresses

    Returns
    -------
    Array [shape=(n_frames,)]
        ``sum((weights * bands) ** exponent)`` over bands
    """
    total = np.zeros(bands.shape[1], dtype=np.float32)
    _sum_compressed(bands, weights, np.float32(exponent), total)
    return total


def compressed_sum_plain(bands: Array, weights: Array, exponent: float) -> Array:
    """Reference implementation with `numpy` in double precision."""
    return ((weights[:, None] * bands.astype(np.float64)) ** exponent).sum(axis=0).astype(np.float32)


@compiled
def _sum_bands(power: Any, filters: Any, bands: Any) -> None:
    n_bins, n_frames = power.shape
    for start in range(0, n_frames, _BLOCK):
        stop = min(start + _BLOCK, n_frames)
        lowest = 0
        for band in range(len(filters)):
            k = lowest
            while k < n_bins and filters[band, k] == _ZERO:
                k += 1
            after = k
            while after < n_bins and filters[band, after] != _ZERO:
                after += 1
            if k < after:
                lowest = k
            target = bands[band, start:stop]
            for each in range(k, after):
                weight, source = filters[band, each], power[each, start:stop]
                for i in range(len(target)):
                    target[i] += weight * source[i]


@compiled
def _take_levels(power: Any, found: Any) -> None:
    for i in range(len(power)):
        found[i] = _DECIBELS * log2(max(power[i], _SMALLEST))


@compiled
def _sum_compressed(bands: Any, weights: Any, exponent: Any, total: Any) -> None:
    for band in range(len(bands)):
        source, weight = bands[band], weights[band]
        for i in range(len(total)):
            weighted = weight * source[i]
            compressed = exp2(exponent * log2(max(weighted, _SMALLEST_NORMAL)))
            total[i] += compressed if weighted >= _SMALLEST_NORMAL else _ZERO

"""Peaks of spectra and cepstra: level of the strongest peak near a frequency, prominence of the cepstral peak."""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined
from featser.features.kernels.logarithm import log2

Array = NDArray[np.float32]

_TINY = np.float32(1e-37)
_DB = 20 * np.log10(2)

_COLUMNS = 64
"""Frames per block; a block stays in the cache between two passes."""


def strongest_level(power: Array, centre: Array, reach: Array) -> Array:
    """Level of the strongest bin in a range of each frame, interpolated between bins.

    Parameters
    ----------
    power : Array [shape=(n_bins, n_frames)]
        power spectrogram
    centre, reach : Array [shape=(n_frames,)]
        centre and half width of the range, in bins; NaN in frames to leave out

    Returns
    -------
    Array [shape=(n_frames,)]
        vertex of the parabola through the levels of three bins, in dB; NaN where the range is undefined or includes
        none of the bins between the lowest and the highest, and where the strongest bin has no power
    """
    level = np.full(power.shape[1], np.nan, dtype=np.float32)
    _strongest_level(power, centre, reach, level)
    return level


def strongest_level_plain(power: Array, centre: Array, reach: Array) -> Array:
    """Reference implementation, frame by frame."""
    level = np.full(power.shape[1], np.nan, dtype=np.float32)
    for frame in np.flatnonzero(~np.isnan(centre + reach)):
        low = max(int(np.rint(centre[frame] - reach[frame])), 1)
        high = min(int(np.rint(centre[frame] + reach[frame])), len(power) - 2)
        if low <= high:
            peak = low + int(np.argmax(power[low : high + 1, frame]))
            if power[peak, frame] > _TINY:
                left, middle, right = 10 * np.log10(np.maximum(power[peak - 1 : peak + 2, frame], _TINY).astype(float))
                level[frame] = _vertex(left, middle, right)
    return level


def folded_logarithm(power: Array, range_: float) -> tuple[Array, Array, Array]:
    """Even and odd parts of binary logarithms of spectra, as input of a cosine transform.

    Parameters
    ----------
    power : Array [shape=(2 * n_half + 1, n_frames)]
        power spectrogram
    range_ : float
        lower limit of a bin, as a share of the strongest bin of its frame

    Returns
    -------
    loudest : Array [shape=(n_frames,)]
        power of the strongest bin
    even : Array [shape=(n_half + 1, n_frames)]
        sums of the logarithms of each bin and its mirror image, and the logarithm of the middle bin
    odd : Array [shape=(n_half, n_frames)]
        differences of the logarithms of each bin and its mirror image
    """
    n_half, n_frames = len(power) // 2, power.shape[1]
    loudest = np.empty(n_frames, dtype=np.float32)
    even, odd = np.empty((n_half + 1, n_frames), dtype=np.float32), np.empty((n_half, n_frames), dtype=np.float32)
    _folded_logarithm(power, np.float32(range_), loudest, even, odd)
    return loudest, even, odd


def folded_logarithm_plain(power: Array, range_: float) -> tuple[Array, Array, Array]:
    """Reference implementation with `numpy.log2`."""
    n_half = len(power) // 2
    loudest = power.max(axis=0)
    level = np.log2(np.maximum(power, np.maximum(np.float32(range_) * loudest, _TINY)))
    low, high = level[:n_half], level[:n_half:-1]
    return loudest, np.concatenate([low + high, level[n_half : n_half + 1]]), low - high


def prominence(cepstrum: Array, first: int, smallest: float) -> Array:
    """Height of the cepstral peak above the regression line through all levels.

    Parameters
    ----------
    cepstrum : Array [shape=(n_rows, n_columns)]
        cepstrum of each frame
    first : int
        first row in which the peak is searched, at least 1; the last is the last row but one
    smallest : float
        lower limit of the magnitudes

    Returns
    -------
    Array [shape=(n_columns,)]
        in dB, at the vertex of the parabola through the highest row and its neighbours
    """
    height = np.empty(cepstrum.shape[1], dtype=np.float32)
    _prominence(cepstrum, first, np.float32(smallest), height)
    return height


def prominence_plain(cepstrum: Array, first: int, smallest: float) -> Array:
    """Reference implementation with `numpy.polyfit`."""
    levels = 20 * np.log10(np.maximum(np.abs(cepstrum), np.float32(smallest)), dtype=np.float64)
    slope, intercept = np.polyfit(np.arange(len(levels)), levels, 1)
    heights = []
    for column, peak in enumerate(first + levels[first:-1].argmax(axis=0)):
        left, middle, right = levels[peak - 1 : peak + 2, column]
        line = slope[column] * (peak + _offset(left, middle, right)) + intercept[column]
        heights.append(_vertex(left, middle, right) - line)
    return np.array(heights, dtype=np.float32)


@inlined
def _offset(left: float, middle: float, right: float) -> float:
    """Position of the vertex of the parabola through three values, -0.5 to 0.5; 0 if the middle one is not a peak."""
    bend = left - 2.0 * middle + right
    if bend >= 0.0:
        return 0.0
    return min(max(0.5 * (left - right) / bend, -0.5), 0.5)


@inlined
def _vertex(left: float, middle: float, right: float) -> float:
    """Height of the vertex of the parabola through three values."""
    return middle - 0.25 * (left - right) * _offset(left, middle, right)


@compiled
def _strongest_level(power: Any, centre: Any, reach: Any, level: Any) -> None:
    for frame in range(power.shape[1]):
        if np.isnan(centre[frame] + reach[frame]):
            continue
        low = max(int(np.rint(centre[frame] - reach[frame])), 1)
        high = min(int(np.rint(centre[frame] + reach[frame])), power.shape[0] - 2)
        if low > high:
            continue
        peak = low
        for k in range(low + 1, high + 1):
            if power[k, frame] > power[peak, frame]:
                peak = k
        if power[peak, frame] > _TINY:
            left = 10.0 * np.log10(np.float64(max(power[peak - 1, frame], _TINY)))
            middle = 10.0 * np.log10(np.float64(power[peak, frame]))
            right = 10.0 * np.log10(np.float64(max(power[peak + 1, frame], _TINY)))
            level[frame] = _vertex(left, middle, right)


@compiled
def _folded_logarithm(power: Any, range_: Any, loudest: Any, even: Any, odd: Any) -> None:
    n_half = len(odd)
    floor = np.empty(_COLUMNS, np.float32)
    for start in range(0, power.shape[1], _COLUMNS):
        stop = min(start + _COLUMNS, power.shape[1])
        largest = loudest[start:stop]
        largest[:] = 0.0
        for k in range(len(power)):
            row = power[k, start:stop]
            for i in range(stop - start):
                largest[i] = max(largest[i], row[i])
        for i in range(stop - start):
            floor[i] = max(range_ * largest[i], _TINY)
        middle, centre = power[n_half, start:stop], even[n_half, start:stop]
        for i in range(stop - start):
            centre[i] = log2(max(middle[i], floor[i]))
        for k in range(n_half):
            low, high = power[k, start:stop], power[len(power) - 1 - k, start:stop]
            together, apart = even[k, start:stop], odd[k, start:stop]
            for i in range(stop - start):
                a, b = log2(max(low[i], floor[i])), log2(max(high[i], floor[i]))
                together[i] = a + b
                apart[i] = a - b


@compiled
def _prominence(cepstrum: Any, first: int, smallest: Any, height: Any) -> None:
    n_rows, n_columns = cepstrum.shape
    total, tilt = np.zeros(n_columns, np.float32), np.zeros(n_columns, np.float32)
    best, place = np.zeros(n_columns, np.float32), np.full(n_columns, first, np.int32)
    middle, spread = 0.5 * (n_rows - 1), n_rows * (n_rows * n_rows - 1) / 12.0
    for row in range(n_rows):
        ripple, distance = cepstrum[row], np.float32(row - middle)
        for column in range(n_columns):
            level = log2(max(abs(ripple[column]), smallest))
            total[column] += level
            tilt[column] += distance * level
        if first <= row < n_rows - 1:
            number = np.int32(row)
            for column in range(n_columns):
                size = abs(ripple[column])
                place[column] = number if size > best[column] else place[column]
                best[column] = max(size, best[column])
    for column in range(n_columns):
        row = place[column]
        left = log2(max(abs(cepstrum[row - 1, column]), smallest))
        peak = log2(max(abs(cepstrum[row, column]), smallest))
        right = log2(max(abs(cepstrum[row + 1, column]), smallest))
        distance = row + _offset(left, peak, right) - middle
        line = total[column] / n_rows + tilt[column] / spread * distance
        height[column] = _DB * (_vertex(left, peak, right) - line)

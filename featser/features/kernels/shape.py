"""Shape of the power spectrum of many frames: a dozen descriptors from two passes over the bins.

The innermost loops run over `LANES` consecutive frames. All sums of a block of frames are in one array at constant
distances, from which the compiler infers that they do not overlap, so it vectorises the loops.
"""

from itertools import pairwise
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined
from featser.features.kernels.logarithm import log2

Array = NDArray[np.float32]

ROLLOFF_SHARES = (0.25, 0.50, 0.75, 0.95)
"""Shares of the summed magnitude below the rolloff frequencies."""

SMALLEST_POWER = 1e-10
"""Lower limit of the power of a bin in the flatness."""

SMALLEST_SHARE = 1e-10
"""Lower limit of a band, and of a bin in a slope, as a share of the energy of its frame: -100 dB."""

SILENCE = 1e-30
"""Energy of a frame below which its shape is undefined."""

N_BANDS = 8
"""Number of bands."""

LANES = 96
"""Frames per block."""

_STRIDE = LANES + 16
"""Length of a row of magnitudes."""

_FIRST = 16
"""Index of the first frame of the block in a row of magnitudes; the index before it is that of the previous frame."""

# Offsets of the sums of a block: first the results, then intermediate sums. The value before the norms is the norm of
# the previous frame.
_ENERGY, _CENTROID, _BANDWIDTH, _ENTROPY, _MEAN_LOG, _FLOORED, _FLUX = (row * LANES for row in range(7))
_SLOPES, _ROLLOFFS = 7 * LANES, 9 * LANES
_N_ROWS = 13
_MAGNITUDE = _N_ROWS * LANES
_INVERSE, _FLOOR, _LOG, _CUMULATIVE, _LIMITS = (_MAGNITUDE + row * LANES for row in range(1, 6))
_NORM = _LIMITS + 4 * LANES + 16
_N_SUMS = _NORM + LANES

_ZERO, _ONE, _NAN = np.float32(0), np.float32(1), np.float32(np.nan)
_TINY = np.float32(1.2e-38)
_SMALLEST, _SILENCE = np.float32(SMALLEST_POWER), np.float32(SILENCE)
_SMALLEST_SHARE, _SMALLEST_SHARE_LOG = np.float32(SMALLEST_SHARE), np.float32(np.log2(SMALLEST_SHARE))
_SHARES = tuple(np.float32(share) for share in ROLLOFF_SHARES)


class Shape(NamedTuple):
    """Shape of the spectrum of each frame; NaN in frames with less energy than `SILENCE`.

    Attributes
    ----------
    energy : Array [shape=(n_frames,)]
        sum of the power over bins
    centroid, bandwidth : Array [shape=(n_frames,)]
        mean and standard deviation of the frequency in Hz, weighted by magnitude
    entropy : Array [shape=(n_frames,)]
        entropy of the distribution of energy over bins, relative to the entropy of a flat spectrum, 0 to 1
    mean_log, floored : Array [shape=(n_frames,)]
        mean of the binary logarithm of the power, and mean of the power; powers are at least `SMALLEST_POWER`
    flux : Array [shape=(n_frames,)]
        Euclidean distance of the magnitudes from those of the previous frame, each scaled to unit norm
    slopes : Array [shape=(2, n_frames)]
        weighted sums of the binary logarithms of the lowest bins, each at least `SMALLEST_SHARE` of the energy
    rolloffs : Array [shape=(4, n_frames)]
        number of bins below the bin where the cumulative magnitude reaches each of `ROLLOFF_SHARES`
    band_energies, band_peaks : Array [shape=(8, n_frames)]
        sum and maximum of the power in each band, as shares of the energy, at least `SMALLEST_SHARE`
    """

    energy: Array
    centroid: Array
    bandwidth: Array
    entropy: Array
    mean_log: Array
    floored: Array
    flux: Array
    slopes: Array
    rolloffs: Array
    band_energies: Array
    band_peaks: Array


def spectral_shape(power: Array, frequencies: Array, edges: NDArray[np.int64], weights: Array) -> Shape:
    """Describe the spectrum of each frame.

    Parameters
    ----------
    power : Array [shape=(n_bins, n_frames)]
        power spectrogram
    frequencies : Array [shape=(n_bins,)]
        frequency of each bin in Hz
    edges : NDArray of int64 [shape=(9,)]
        first bin of each band, and the bin after the last
    weights : Array [shape=(n_sloping, 2)]
        weights of the lowest bins in either slope

    Returns
    -------
    Shape
        descriptors of all frames
    """
    n_frames = power.shape[1]
    if n_frames < LANES:
        power = np.pad(power, ((0, 0), (0, LANES - n_frames)))
    rows = np.empty((_N_ROWS + 2 * N_BANDS, power.shape[1]), dtype=np.float32)
    _describe(power, frequencies, edges, weights, rows)
    return _named(rows[:, :n_frames])


def spectral_shape_plain(power: Array, frequencies: Array, edges: NDArray[np.int64], weights: Array) -> Shape:
    """Reference implementation by the definitions, in double precision."""
    power = power.astype(np.float64)
    energy = power.sum(axis=0)
    silent = energy < SILENCE
    share = power / np.where(silent, np.nan, energy)
    bands = [share[start:stop] for start, stop in pairwise(edges)]
    magnitude = np.sqrt(share)
    weight = magnitude / magnitude.sum(axis=0)
    centroid = frequencies @ weight
    floored = np.maximum(power, SMALLEST_POWER)
    logs = np.log2(np.maximum(share[: len(weights)], SMALLEST_SHARE))
    cumulative = np.cumsum(weight, axis=0)
    return Shape(
        energy=energy,
        centroid=centroid,
        bandwidth=np.sqrt((weight * (frequencies[:, None] - centroid) ** 2).sum(axis=0)),
        entropy=-(share * np.log2(np.maximum(share, _TINY))).sum(axis=0) / np.log2(len(power)),
        mean_log=np.log2(floored).mean(axis=0),
        floored=floored.mean(axis=0),
        flux=np.linalg.norm(np.diff(magnitude, axis=1, prepend=np.nan), axis=0),
        slopes=weights.T @ logs,
        rolloffs=np.array([np.where(silent, np.nan, (cumulative < each).sum(axis=0)) for each in ROLLOFF_SHARES]),
        band_energies=np.maximum([band.sum(axis=0) for band in bands], SMALLEST_SHARE),
        band_peaks=np.maximum([band.max(axis=0, initial=0) for band in bands], SMALLEST_SHARE),
    )


def _named(rows: Array) -> Shape:
    energy, centroid, bandwidth, entropy, mean_log, floored, flux = rows[:7]
    bands = rows[_N_ROWS:].reshape(N_BANDS, 2, -1)
    return Shape(
        *(energy, centroid, bandwidth, entropy, mean_log, floored, flux),
        slopes=rows[7:9],
        rolloffs=rows[9:13],
        band_energies=bands[:, 0],
        band_peaks=bands[:, 1],
    )


@compiled
def _describe(power: Any, frequencies: Any, edges: Any, weights: Any, rows: Any) -> None:
    """Fill the rows block by block; the last block overlaps the previous one, so all blocks are full."""
    n_bins, n_frames = power.shape
    magnitudes = np.zeros(n_bins * _STRIDE, dtype=np.float32)
    sums, bands = np.zeros(_N_SUMS, dtype=np.float32), np.zeros(2 * N_BANDS * LANES, dtype=np.float32)
    for block in range(0, n_frames, LANES):
        start = min(block, n_frames - LANES)
        sums[:], bands[:] = _ZERO, _ZERO
        for band in range(N_BANDS):
            own = bands[2 * band * LANES : 2 * (band + 1) * LANES]
            for k in range(edges[band], edges[band + 1]):
                magnitude = magnitudes[k * _STRIDE : (k + 1) * _STRIDE]
                _add_power(power[k, start : start + LANES], frequencies[k], own, magnitude, sums)
        _scale(bands, sums)
        _add_previous(power, start, magnitudes, sums)
        for k in range(n_bins):
            magnitude = magnitudes[k * _STRIDE : (k + 1) * _STRIDE]
            _add_magnitude(magnitude, frequencies[k], sums)
            _add_change(magnitude, sums)
            _add_log(power[k, start : start + LANES], sums)
            if k < len(weights):
                _add_slope(weights[k, 0], weights[k, 1], sums)
        _finish(sums, n_bins)
        _finish_bands(bands, sums)
        _copy(sums, rows[:_N_ROWS, start : start + LANES])
        _copy(bands, rows[_N_ROWS:, start : start + LANES])


@inlined
def _add_power(row: Any, frequency: Any, band: Any, magnitude: Any, sums: Any) -> None:
    """Add one bin to the sums of the first pass."""
    for i in range(LANES):
        power = row[i]
        root = np.sqrt(power)
        magnitude[_FIRST + i] = root
        sums[_MAGNITUDE + i] += root
        sums[_CENTROID + i] += frequency * root
        sums[_FLOORED + i] += max(power, _SMALLEST)
        band[i] += power
        band[LANES + i] = max(band[LANES + i], power)


@inlined
def _scale(bands: Any, sums: Any) -> None:
    """Compute the centroid, and the factors and limits that the second pass needs, from the sums of the first."""
    for band in range(N_BANDS):
        for i in range(LANES):
            sums[_ENERGY + i] += bands[2 * band * LANES + i]
    for i in range(LANES):
        energy = sums[_ENERGY + i]
        present = energy >= _SILENCE
        sums[_INVERSE + i] = _ONE / energy if present else _ZERO
        sums[_NORM + i] = np.sqrt(sums[_INVERSE + i])
        sums[_CENTROID + i] = sums[_CENTROID + i] / sums[_MAGNITUDE + i] if present else _NAN
        sums[_FLOOR + i] = np.float32(np.log2(_SMALLEST / (energy if present else _SMALLEST)))
        for share in range(4):
            sums[_LIMITS + share * LANES + i] = _SHARES[share] * sums[_MAGNITUDE + i]


@inlined
def _add_previous(power: Any, start: Any, magnitudes: Any, sums: Any) -> None:
    """Compute the magnitudes and the norm of the previous frame."""
    energy = _ZERO
    if start > 0:
        for k in range(len(power)):
            energy += power[k, start - 1]
            magnitudes[k * _STRIDE + _FIRST - 1] = np.sqrt(power[k, start - 1])
    sums[_NORM - 1] = _ONE / np.sqrt(energy) if energy >= _SILENCE else _ZERO


@inlined
def _add_magnitude(magnitude: Any, frequency: Any, sums: Any) -> None:
    """Add one bin to the variance of the frequency, and count it if the cumulative magnitude is below a limit."""
    for i in range(LANES):
        root = magnitude[_FIRST + i]
        distance = frequency - sums[_CENTROID + i]
        sums[_BANDWIDTH + i] += root * distance * distance
        cumulative = sums[_CUMULATIVE + i] + root
        sums[_CUMULATIVE + i] = cumulative
        for share in range(4):
            below = _ONE if cumulative < sums[_LIMITS + share * LANES + i] else _ZERO
            sums[_ROLLOFFS + share * LANES + i] += below


@inlined
def _add_change(magnitude: Any, sums: Any) -> None:
    """Add the squared change of one bin from the previous frame."""
    for i in range(LANES):
        change = magnitude[_FIRST + i] * sums[_NORM + i] - magnitude[_FIRST - 1 + i] * sums[_NORM - 1 + i]
        sums[_FLUX + i] += change * change


@inlined
def _add_log(row: Any, sums: Any) -> None:
    """Add the logarithm of one bin to the entropy and to the mean logarithm."""
    for i in range(LANES):
        share = row[i] * sums[_INVERSE + i]
        log = log2(max(share, _TINY))
        sums[_LOG + i] = log
        sums[_ENTROPY + i] -= share * log
        sums[_MEAN_LOG + i] += max(log, sums[_FLOOR + i])


@inlined
def _add_slope(first: Any, second: Any, sums: Any) -> None:
    for i in range(LANES):
        log = max(sums[_LOG + i], _SMALLEST_SHARE_LOG)
        sums[_SLOPES + i] += first * log
        sums[_SLOPES + LANES + i] += second * log


@inlined
def _finish(sums: Any, n_bins: int) -> None:
    """Convert the sums of the second pass to the descriptors."""
    bins = np.float32(n_bins)
    flat = np.float32(np.log2(bins))
    for i in range(LANES):
        energy = sums[_ENERGY + i]
        missing = _ZERO if energy >= _SILENCE else _NAN
        missing_change = missing if sums[_NORM - 1 + i] > _ZERO else _NAN
        sums[_BANDWIDTH + i] = np.sqrt(sums[_BANDWIDTH + i] / sums[_MAGNITUDE + i]) if energy >= _SILENCE else _NAN
        sums[_ENTROPY + i] = sums[_ENTROPY + i] / flat + missing
        reference = energy if energy >= _SILENCE else _SMALLEST
        sums[_MEAN_LOG + i] = sums[_MEAN_LOG + i] / bins + np.float32(np.log2(reference))
        sums[_FLOORED + i] /= bins
        sums[_FLUX + i] = np.sqrt(sums[_FLUX + i]) + missing_change
        for row in range(6):
            sums[_SLOPES + row * LANES + i] += missing


@inlined
def _copy(block: Any, rows: Any) -> None:
    for row in range(len(rows)):
        for i in range(LANES):
            rows[row, i] = block[row * LANES + i]


@inlined
def _finish_bands(bands: Any, sums: Any) -> None:
    for row in range(2 * N_BANDS):
        own = bands[row * LANES : (row + 1) * LANES]
        for i in range(LANES):
            share = max(own[i] * sums[_INVERSE + i], _SMALLEST_SHARE)
            own[i] = share if sums[_ENERGY + i] >= _SILENCE else _NAN

"""Autocorrelation and normalised cross-correlation at many lags, and interpolation between lags.

Several neighbouring lags are computed in one pass, so that each sample is read once for all of them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled_sums, inlined

Array = NDArray[np.float32]

LAGS_PER_PASS = 5
"""Lags that `correlations` computes in one pass; the number of lags is a multiple of it."""

_SMALLEST_ENERGY_RATIO = 1e-6
"""Lower limit of the energy at a lag, as a share of the energy at the first lag; smaller values are rounding errors."""

_TINY = np.float32(1e-30)


@compiled_sums
def dot(first: Any, second: Any) -> Any:
    """Inner product of two vectors of equal length."""
    total = np.float32(0)
    for i in range(len(first)):
        total += first[i] * second[i]
    return total


@compiled_sums
def autocorrelation(samples: Any, n_samples: int, first: int, found: Any) -> None:
    """Autocorrelation at consecutive lags.

    Parameters
    ----------
    samples : Array [shape=(n_samples + n_zeros,)]
        samples, followed by at least ``first + n_lags + 8`` zeros
    n_samples : int
        number of samples
    first : int
        first lag, in samples
    found : Array [shape=(n_lags,)]
        receives the sums of products; the number of lags is a multiple of 8
    """
    for lag in range(0, len(found), 8):
        a = b = c = d = e = f = g = h = np.float32(0)
        later = samples[first + lag :]
        for i in range(n_samples - first - lag):
            sample = samples[i]
            a += sample * later[i]
            b += sample * later[i + 1]
            c += sample * later[i + 2]
            d += sample * later[i + 3]
            e += sample * later[i + 4]
            f += sample * later[i + 5]
            g += sample * later[i + 6]
            h += sample * later[i + 7]
        found[lag], found[lag + 1], found[lag + 2], found[lag + 3] = a, b, c, d
        found[lag + 4], found[lag + 5], found[lag + 6], found[lag + 7] = e, f, g, h


def autocorrelation_plain(samples: Array, n_samples: int, first: int, found: Array) -> None:
    """Reference implementation with `numpy.correlate`."""
    found[:] = np.correlate(samples, samples[:n_samples], "valid")[first:][: len(found)]


@compiled_sums
def correlations(source: Any, later: Any, found: Any, energies: Any) -> None:
    """Normalised cross-correlation of a segment with segments that begin one sample after the other.

    Parameters
    ----------
    source : Array [shape=(n_samples,)]
        segment of a signal with peak 1
    later : Array [shape=(n_samples + n_lags,)]
        samples of the other segments; segment ``k`` begins at sample ``k``
    found : Array [shape=(n_lags,)]
        receives the correlations, -1 to 1; 0 without energy
    energies : Array [shape=(n_lags,)]
        receives the energies of the other segments
    """
    n_samples = len(source)
    for lag in range(0, len(found), 5):
        a = b = c = d = e = np.float32(0)
        other = later[lag:]
        for i in range(n_samples):
            sample = source[i]
            a += sample * other[i]
            b += sample * other[i + 1]
            c += sample * other[i + 2]
            d += sample * other[i + 3]
            e += sample * other[i + 4]
        found[lag], found[lag + 1], found[lag + 2], found[lag + 3], found[lag + 4] = a, b, c, d, e
    energy = float(dot(later[:n_samples], later[:n_samples]))
    least = _SMALLEST_ENERGY_RATIO * energy
    for lag in range(len(found)):
        energies[lag] = max(energy, least)
        energy += later[lag + n_samples] * later[lag + n_samples] - later[lag] * later[lag]
    here = dot(source, source)
    for lag in range(len(found)):
        found[lag] /= np.sqrt(here * energies[lag] + _TINY)


def correlations_plain(source: Array, later: Array, found: Array, energies: Array) -> None:
    """Reference implementation with matrix products in double precision."""
    others = np.lib.stride_tricks.sliding_window_view(later.astype(np.float64), len(source))[: len(found)]
    energy = np.square(others).sum(axis=1)
    energies[:] = np.maximum(energy, _SMALLEST_ENERGY_RATIO * energy[0])
    found[:] = others @ source / np.sqrt(np.square(source).sum() * energies + _TINY)


@inlined
def vertex(values: Any, top: int) -> tuple[float, float]:
    """Interpolate a maximum by the parabola through a value and its neighbours.

    Parameters
    ----------
    values : Array [shape=(n_values,)]
        sampled function
    top : int
        index of the maximum

    Returns
    -------
    position, height : float
        vertex of the parabola, with a fractional index; the value itself at an end or without curvature
    """
    if top == 0 or top == len(values) - 1:
        return float(top), float(values[top])
    slope = 0.5 * (values[top + 1] - values[top - 1])
    curvature = 2 * values[top] - values[top - 1] - values[top + 1]
    if curvature <= 0:
        return float(top), float(values[top])
    return top + slope / curvature, values[top] + 0.5 * slope * slope / curvature

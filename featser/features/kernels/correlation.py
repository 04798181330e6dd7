"""How much a stretch of samples is like another one: sums of products at many lags, and peaks between lags.

The sums of several neighbouring lags are made in one pass, so that a sample that was read is used for all of them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled_sums, inlined

Array = NDArray[np.float32]

NEAR_AT_ONCE = 5
"""Lags of `likenesses` come in multiples of this."""

_FAINT = 1e-6
"""Energy that counts at least, as a share of that at the first lag: less would be rounding."""

_NOTHING = np.float32(1e-30)


@compiled_sums
def dot(first: Any, second: Any) -> Any:
    """Sum of the products of two rows of equal length."""
    total = np.float32(0)
    for place in range(len(first)):
        total += first[place] * second[place]
    return total


@compiled_sums
def autocorrelation(samples: Any, n_samples: int, first: int, found: Any) -> None:
    """Sums of products of samples with those ``first`` and more places later, for as many lags as ``found`` has.

    These are a multiple of 8. ``samples`` has ``n_samples`` samples and at least ``first + len(found) + 8`` zeros
    after them.
    """
    for lag in range(0, len(found), 8):
        a = b = c = d = e = f = g = h = np.float32(0)
        later = samples[first + lag :]
        for at in range(n_samples - first - lag):
            sample = samples[at]
            a += sample * later[at]
            b += sample * later[at + 1]
            c += sample * later[at + 2]
            d += sample * later[at + 3]
            e += sample * later[at + 4]
            f += sample * later[at + 5]
            g += sample * later[at + 6]
            h += sample * later[at + 7]
        found[lag], found[lag + 1], found[lag + 2], found[lag + 3] = a, b, c, d
        found[lag + 4], found[lag + 5], found[lag + 6], found[lag + 7] = e, f, g, h


def autocorrelation_plain(samples: Array, n_samples: int, first: int, found: Array) -> None:
    """Return the same by `numpy.correlate`."""
    found[:] = np.correlate(samples, samples[:n_samples], "valid")[first:][: len(found)]


@compiled_sums
def likenesses(source: Any, later: Any, found: Any, energies: Any) -> None:
    """Correlation, -1 to 1, of a stretch of samples with others that begin one sample after the other.

    Parameters
    ----------
    source : Array [shape=(n_samples,)]
        of a signal whose peak is 1
    later : Array [shape=(n_samples + n_lags,)]
        samples from the first of the other stretches on
    found : Array [shape=(n_lags,)]
        the result; 0 where there is no energy
    energies : Array [shape=(n_lags,)]
        room for the energies of the other stretches
    """
    n_samples = len(source)
    for lag in range(0, len(found), 5):
        a = b = c = d = e = np.float32(0)
        other = later[lag:]
        for at in range(n_samples):
            sample = source[at]
            a += sample * other[at]
            b += sample * other[at + 1]
            c += sample * other[at + 2]
            d += sample * other[at + 3]
            e += sample * other[at + 4]
        found[lag], found[lag + 1], found[lag + 2], found[lag + 3], found[lag + 4] = a, b, c, d, e
    energy = float(dot(later[:n_samples], later[:n_samples]))
    least = _FAINT * energy
    for lag in range(len(found)):
        energies[lag] = max(energy, least)
        energy += later[lag + n_samples] * later[lag + n_samples] - later[lag] * later[lag]
    here = dot(source, source)
    for lag in range(len(found)):
        found[lag] /= np.sqrt(here * energies[lag] + _NOTHING)


def likenesses_plain(source: Array, later: Array, found: Array, energies: Array) -> None:
    """Return the same by matrix products in double precision."""
    others = np.lib.stride_tricks.sliding_window_view(later.astype(np.float64), len(source))[: len(found)]
    energy = np.square(others).sum(axis=1)
    energies[:] = np.maximum(energy, _FAINT * energy[0])
    found[:] = others @ source / np.sqrt(np.square(source).sum() * energies + _NOTHING)


@inlined
def vertex(values: Any, top: int) -> tuple[float, float]:
    """Place and height of the parabola through a value and its neighbours; of the value itself at an end."""
    if top == 0 or top == len(values) - 1:
        return float(top), float(values[top])
    slope = 0.5 * (values[top + 1] - values[top - 1])
    bend = 2 * values[top] - values[top - 1] - values[top + 1]
    if bend <= 0:
        return float(top), float(values[top])
    return top + slope / bend, values[top] + 0.5 * slope * slope / bend

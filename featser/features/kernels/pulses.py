"""Glottal pulses, one per period of the voice, and the cycle-to-cycle changes measured at them.

In each voiced segment the search starts at the largest sample of the middle period. It moves towards both ends, each
time by the lag of the largest correlation with the current period.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.correlation import LAGS_PER_PASS, correlations, correlations_plain, vertex
from featser.features.kernels.jit import compiled, inlined
from featser.features.kernels.pitch import HOP, PADDING

Array = NDArray[np.float32]
Positions = NDArray[np.float64]
"""Positions in the signal, in samples, or values at them."""

_SHORTEST, _LONGEST = 0.8, 1.25
"""Limits of the distance of two pulses, in periods of the pitch track."""

_FEWEST_SAMPLES = 25
"""Shortest distance of two pulses in samples, which limits their number."""

_SMALLEST_CORRELATION = 0.3
"""Smallest correlation of two periods that makes a pulse."""

_SMALLEST_CORRELATION_OUTSIDE = 0.7
"""The same for a pulse just outside the voiced segment."""

_MOST_LAGS = 160
"""Lags of the longest search: 0.45 of the longest period, rounded up."""

FEWEST_CHANGES = 3
"""Smallest number of changes in a mean."""

_REACH = 0.2
"""Half width of the window in which the amplitude of a pulse is measured, in periods."""


@compiled
def glottal_pulses(signal: Any, periods: Any) -> Any:
    """Find the pulses of all voiced segments.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        with peak 1, between `PADDING` zeros
    periods : Array [shape=(n_steps,)]
        pitch period in samples, every `HOP` samples; 0 where unvoiced

    Returns
    -------
    NDArray of float64 [shape=(n_pulses,)]
        positions in samples, ascending
    """
    most = len(signal) // _FEWEST_SAMPLES + 8
    pulses, followed, counts = np.empty(most), np.empty((2, most)), np.zeros(2, np.int64)
    n_pulses, step = 0, 0
    while step < len(periods):
        begin = step
        while step < len(periods) and periods[step] > 0:
            step += 1
        if step == begin:
            step += 1
            continue
        segment, origin = periods[begin:step], PADDING + begin * HOP
        middle = (step - begin - 1) // 2
        first = _largest(signal, origin + middle * HOP, segment[middle])
        for side in range(2):
            counts[side] = _follow(signal, segment, origin, first, 2 * side - 1, followed[side])
        least = pulses[n_pulses - 1] + _SHORTEST * segment[0] if n_pulses > 0 else -np.inf
        for which in range(-counts[0], counts[1] + 1):
            position = first
            if which != 0:
                position = followed[0, -which - 1] if which < 0 else followed[1, which - 1]
            if position > least:
                pulses[n_pulses] = position
                n_pulses += 1
    return pulses[:n_pulses] - PADDING


@inlined
def _largest(signal: Any, centre: int, period: float) -> float:
    """Interpolated position of the largest magnitude within half a period of a sample."""
    reach = int(0.5 * period)
    sizes = np.abs(signal[centre - reach : centre + reach + 1])
    position, _ = vertex(sizes, int(np.argmax(sizes)))
    return centre - reach + position


@inlined
def _follow(signal: Any, segment: Any, origin: int, first: float, direction: int, pulses: Any) -> int:
    """Write the pulses after (direction 1) or before (-1) the first of a voiced segment; return their number."""
    found, energies = np.empty(_MOST_LAGS, np.float32), np.empty(_MOST_LAGS, np.float32)
    n_pulses, at, step = 0, first, _nearest_step(first, origin)
    while 0 <= step < len(segment):
        period = segment[step]
        span, nearest = int(period + 0.5), int(_SHORTEST * period)
        n_lags = -(-(int(_LONGEST * period) - nearest + 1) // LAGS_PER_PASS) * LAGS_PER_PASS
        start = int(at - 0.5 * period + 0.5)
        other = start + nearest if direction > 0 else start - nearest - n_lags + 1
        if min(start, other) < 0 or max(start, other + n_lags) + span > len(signal):
            break
        correlations(signal[start : start + span], signal[other : other + n_lags + span], found[:n_lags], energies)
        position, correlation = vertex(found[:n_lags], int(np.argmax(found[:n_lags])))
        at += other + position - start
        step = _nearest_step(at, origin)
        if correlation > (_SMALLEST_CORRELATION if 0 <= step < len(segment) else _SMALLEST_CORRELATION_OUTSIDE):
            pulses[n_pulses] = at
            n_pulses += 1
    return n_pulses


@inlined
def _nearest_step(position: float, origin: int) -> int:
    return int(np.floor((position - origin) / HOP + 0.5))


def glottal_pulses_plain(signal: Array, periods: Array) -> Positions:
    """Reference implementation with lists, one segment after the other."""
    pulses: list[float] = []
    edges = np.flatnonzero(np.diff(np.pad(periods > 0, 1).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        segment, origin = periods[begin:end], PADDING + begin * HOP
        middle = (end - begin - 1) // 2
        first = _largest(signal, origin + middle * HOP, segment[middle])
        before = _follow_plain(signal, segment, origin, first, -1)
        after = _follow_plain(signal, segment, origin, first, 1)
        least = pulses[-1] + _SHORTEST * segment[0] if pulses else -np.inf
        pulses += [position for position in [*before[::-1], first, *after] if position > least]
    return np.array(pulses) - PADDING


def _follow_plain(signal: Array, segment: Array, origin: int, first: float, direction: int) -> list[float]:
    pulses, at, step = [], first, _nearest_step(first, origin)
    while 0 <= step < len(segment):
        period = segment[step]
        span, start = int(period + 0.5), int(at - 0.5 * period + 0.5)
        shortest, longest = int(_SHORTEST * period), int(_LONGEST * period)
        n_lags = -(-(longest - shortest + 1) // LAGS_PER_PASS) * LAGS_PER_PASS
        lags = shortest + np.arange(n_lags) if direction > 0 else -shortest - np.arange(n_lags)[::-1]
        if start + min(lags[0], 0) < 0 or start + max(lags[-1] + 1, 0) + span > len(signal):
            break
        found, energies = np.empty((2, n_lags), np.float32)
        correlations_plain(signal[start : start + span], signal[start + lags[0] :][: n_lags + span], found, energies)
        position, correlation = vertex(found, int(found.argmax()))
        at += lags[0] + position
        step = _nearest_step(at, origin)
        if correlation > (_SMALLEST_CORRELATION if 0 <= step < len(segment) else _SMALLEST_CORRELATION_OUTSIDE):
            pulses.append(at)
    return pulses


@compiled
def pulse_amplitudes(signal: Any, pulses: Any, steady: float) -> Any:
    r"""Root mean square around each pulse, weighted by :math:`(1 - u^2)^2`.

    ``u`` runs from -1 to 1 over a fifth of the period before and a fifth of the period after the pulse.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        between `PADDING` zeros
    pulses : NDArray of float64 [shape=(n_pulses,)]
        positions in samples
    steady : float
        largest ratio of the periods before and after a pulse

    Returns
    -------
    NDArray of float64 [shape=(n_pulses,)]
        NaN at the first and the last pulse, and where the ratio of the periods is larger than ``steady``
    """
    amplitudes = np.full(len(pulses), np.nan)
    for which in range(1, len(pulses) - 1):
        position = pulses[which] + PADDING
        before, after = pulses[which] - pulses[which - 1], pulses[which + 1] - pulses[which]
        if max(before, after) > steady * min(before, after):
            continue
        energy, weights = 0.0, 0.0
        for at in range(int(np.ceil(position - _REACH * before)), int(np.floor(position + _REACH * after)) + 1):
            away = (at - position) / (_REACH * (before if at < position else after))
            weight = (1 - away * away) ** 2
            energy += weight * signal[at] * signal[at]
            weights += weight
        amplitudes[which] = np.sqrt(energy / weights)
    return amplitudes


def pulse_amplitudes_plain(signal: Array, pulses: Positions, steady: float) -> Positions:
    """Reference implementation, pulse by pulse."""
    amplitudes = np.full(len(pulses), np.nan)
    for which in range(1, len(pulses) - 1):
        before, after = np.diff(pulses[which - 1 : which + 2])
        if max(before, after) > steady * min(before, after):
            continue
        away = np.arange(len(signal)) - PADDING - pulses[which]
        away /= _REACH * np.where(away < 0, before, after)
        weight = np.where(np.abs(away) <= 1, (1 - away**2) ** 2, 0)
        amplitudes[which] = np.sqrt((weight @ np.square(signal.astype(np.float64))) / weight.sum())
    return amplitudes


@compiled
def relative_changes(positions: Any, values: Any, largest_ratio: float, centres: Any, around: float) -> Any:
    """Mean change of consecutive values around each frame, relative to their mean, as in jitter and shimmer.

    Parameters
    ----------
    positions : NDArray of float64 [shape=(n_values - 1,)]
        position of each change, ascending
    values : NDArray of float64 [shape=(n_values,)]
        positive, or NaN
    largest_ratio : float
        changes by a larger ratio, or from or to NaN, are left out
    centres : NDArray of float64 [shape=(n_frames,)]
        centres of the frames, ascending
    around : float
        half width of a frame, in the unit of the positions

    Returns
    -------
    Array [shape=(n_frames,)]
        NaN where a frame has fewer than `FEWEST_CHANGES` changes
    """
    n_steady = 0
    steady, change, size = np.empty(len(positions)), np.zeros(len(positions) + 1), np.zeros(len(positions) + 1)
    for which in range(len(positions)):
        before, after = values[which], values[which + 1]
        if 0 < before <= largest_ratio * after and after <= largest_ratio * before:  # not so if one is NaN
            steady[n_steady] = positions[which]
            n_steady += 1
            change[n_steady] = change[n_steady - 1] + abs(after - before)
            size[n_steady] = size[n_steady - 1] + 0.5 * (before + after)
    share = np.full(len(centres), np.nan, np.float32)
    first, last = 0, 0
    for frame in range(len(centres)):
        while first < n_steady and steady[first] < centres[frame] - around:
            first += 1
        while last < n_steady and steady[last] <= centres[frame] + around:
            last += 1
        if last - first >= FEWEST_CHANGES:
            share[frame] = (change[last] - change[first]) / (size[last] - size[first])
    return share


def relative_changes_plain(
    positions: Positions, values: Positions, largest_ratio: float, centres: Positions, around: float
) -> Array:
    """Reference implementation, frame by frame."""
    before, after = values[:-1], values[1:]
    steady = (before > 0) & (np.maximum(before, after) <= largest_ratio * np.minimum(before, after))
    shares = np.full(len(centres), np.nan, np.float32)
    for frame, centre in enumerate(centres):
        counts = steady & (np.abs(positions - centre) <= around)
        if counts.sum() >= FEWEST_CHANGES:
            shares[frame] = np.abs(after - before)[counts].mean() / (0.5 * (before + after))[counts].mean()
    return shares

"""Glottal pulses: one point in each period of the voice, found by its likeness to the one before.

The search begins at the largest sample in the middle of a voiced stretch and goes from there to both its ends.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.correlation import NEAR_AT_ONCE, likenesses, likenesses_plain, vertex
from featser.features.kernels.jit import compiled, inlined
from featser.features.kernels.pitch import HOP, PADDING

Array = NDArray[np.float32]
Places = NDArray[np.float64]

_SHORTEST, _LONGEST = 0.8, 1.25
"""Limits of the step from one pulse to the next, in periods of the pitch track."""

_FEWEST_SAMPLES = 25
"""The shortest step there is: so many samples hold at most one pulse."""

_LIKE = 0.3
"""Likeness of one period to the next that makes a pulse of what is there."""

_VERY_LIKE = 0.7
"""The same for the one that may lie just outside the voiced stretch."""

_MOST_LAGS = 160
"""Room for the longest search: 0.45 of the longest period, rounded up."""

FEWEST_CHANGES = 3
"""A mean of fewer says more about chance than about the voice."""

_REACH = 0.2
"""Share of a period on either side of a pulse in which its amplitude is taken."""


@compiled
def glottal_pulses(signal: Any, periods: Any) -> Any:
    """Places of the pulses of all voiced stretches, ascending, in samples.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        with a peak of 1, between `PADDING` zeros
    periods : Array [shape=(n_steps,)]
        period of the voice in samples every `HOP` samples; 0 where there is none
    """
    most = len(signal) // _FEWEST_SAMPLES + 8
    pulses, walked, counts = np.empty(most), np.empty((2, most)), np.zeros(2, np.int64)
    n_pulses, step = 0, 0
    while step < len(periods):
        begin = step
        while step < len(periods) and periods[step] > 0:
            step += 1
        if step == begin:
            step += 1
            continue
        stretch, origin = periods[begin:step], PADDING + begin * HOP
        middle = (step - begin - 1) // 2
        first = _largest(signal, origin + middle * HOP, stretch[middle])
        for side in range(2):
            counts[side] = _walk(signal, stretch, origin, first, 2 * side - 1, walked[side])
        least = pulses[n_pulses - 1] + _SHORTEST * stretch[0] if n_pulses > 0 else -np.inf
        for which in range(-counts[0], counts[1] + 1):
            place = first
            if which != 0:
                place = walked[0, -which - 1] if which < 0 else walked[1, which - 1]
            if place > least:
                pulses[n_pulses] = place
                n_pulses += 1
    return pulses[:n_pulses] - PADDING


@inlined
def _largest(signal: Any, centre: int, period: float) -> float:
    """Place of the largest sample within half a period around a place, between the samples."""
    reach = int(0.5 * period)
    sizes = np.abs(signal[centre - reach : centre + reach + 1])
    place, _ = vertex(sizes, int(np.argmax(sizes)))
    return centre - reach + place


@inlined
def _walk(signal: Any, stretch: Any, origin: int, first: float, way: int, pulses: Any) -> int:
    """Write the pulses after (way 1) or before (way -1) the first of a voiced stretch; return how many there are."""
    found, energies = np.empty(_MOST_LAGS, np.float32), np.empty(_MOST_LAGS, np.float32)
    n_pulses, at, step = 0, first, _nearest_step(first, origin)
    while 0 <= step < len(stretch):
        period = stretch[step]
        span, nearest = int(period + 0.5), int(_SHORTEST * period)
        n_lags = -(-(int(_LONGEST * period) - nearest + 1) // NEAR_AT_ONCE) * NEAR_AT_ONCE
        start = int(at - 0.5 * period + 0.5)
        other = start + nearest if way > 0 else start - nearest - n_lags + 1
        if min(start, other) < 0 or max(start, other + n_lags) + span > len(signal):
            break
        likenesses(signal[start : start + span], signal[other : other + n_lags + span], found[:n_lags], energies)
        place, likeness = vertex(found[:n_lags], int(np.argmax(found[:n_lags])))
        at += other + place - start
        step = _nearest_step(at, origin)
        if likeness > (_LIKE if 0 <= step < len(stretch) else _VERY_LIKE):
            pulses[n_pulses] = at
            n_pulses += 1
    return n_pulses


@inlined
def _nearest_step(place: float, origin: int) -> int:
    return int(np.floor((place - origin) / HOP + 0.5))


def glottal_pulses_plain(signal: Array, periods: Array) -> Places:
    """Return the same with lists, one stretch after the other."""
    pulses: list[float] = []
    edges = np.flatnonzero(np.diff(np.pad(periods > 0, 1).astype(np.int8)))
    for begin, end in edges.reshape(-1, 2):
        stretch, origin = periods[begin:end], PADDING + begin * HOP
        middle = (end - begin - 1) // 2
        first = _largest(signal, origin + middle * HOP, stretch[middle])
        before = _walk_plain(signal, stretch, origin, first, -1)
        after = _walk_plain(signal, stretch, origin, first, 1)
        least = pulses[-1] + _SHORTEST * stretch[0] if pulses else -np.inf
        pulses += [place for place in [*before[::-1], first, *after] if place > least]
    return np.array(pulses) - PADDING


def _walk_plain(signal: Array, stretch: Array, origin: int, first: float, way: int) -> list[float]:
    pulses, at, step = [], first, _nearest_step(first, origin)
    while 0 <= step < len(stretch):
        period = stretch[step]
        span, start = int(period + 0.5), int(at - 0.5 * period + 0.5)
        shortest, longest = int(_SHORTEST * period), int(_LONGEST * period)
        n_lags = -(-(longest - shortest + 1) // NEAR_AT_ONCE) * NEAR_AT_ONCE
        lags = shortest + np.arange(n_lags) if way > 0 else -shortest - np.arange(n_lags)[::-1]
        if start + min(lags[0], 0) < 0 or start + max(lags[-1] + 1, 0) + span > len(signal):
            break
        found, energies = np.empty((2, n_lags), np.float32)
        likenesses_plain(signal[start : start + span], signal[start + lags[0] :][: n_lags + span], found, energies)
        place, likeness = vertex(found, int(found.argmax()))
        at += lags[0] + place
        step = _nearest_step(at, origin)
        if likeness > (_LIKE if 0 <= step < len(stretch) else _VERY_LIKE):
            pulses.append(at)
    return pulses


@compiled
def pulse_amplitudes(signal: Any, pulses: Any, steady: float) -> Any:
    r"""Root mean square around each pulse, weighted by :math:`(1 - u^2)^2`; NaN at the first and the last.

    ``u`` runs from -1 to 1 over a fifth of the period before and a fifth of that after the pulse.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        between `PADDING` zeros
    pulses : NDArray [shape=(n_pulses,)]
        places in samples
    steady : float
        ratio of the periods before and after a pulse above which it gets NaN, too
    """
    amplitudes = np.full(len(pulses), np.nan)
    for which in range(1, len(pulses) - 1):
        place = pulses[which] + PADDING
        before, after = pulses[which] - pulses[which - 1], pulses[which + 1] - pulses[which]
        if max(before, after) > steady * min(before, after):
            continue
        energy, weights = 0.0, 0.0
        for at in range(int(np.ceil(place - _REACH * before)), int(np.floor(place + _REACH * after)) + 1):
            away = (at - place) / (_REACH * (before if at < place else after))
            weight = (1 - away * away) ** 2
            energy += weight * signal[at] * signal[at]
            weights += weight
        amplitudes[which] = np.sqrt(energy / weights)
    return amplitudes


def pulse_amplitudes_plain(signal: Array, pulses: Places, steady: float) -> Places:
    """Return the same pulse by pulse."""
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
def local_changes(places: Any, values: Any, largest_ratio: float, centres: Any, around: float) -> Any:
    """Mean change between neighbouring values as a share of their mean, over the places around each centre.

    Parameters
    ----------
    places : NDArray [shape=(n_values - 1,)]
        where each change happens, ascending
    values : NDArray [shape=(n_values,)]
        positive, or NaN
    largest_ratio : float
        neighbours with a larger ratio do not count, nor do those one of which is NaN
    centres : NDArray [shape=(n_frames,)]
        ascending
    around : float
        how far from the centre a place may be

    Returns
    -------
    Array [shape=(n_frames,)]
        NaN where fewer than `FEWEST_CHANGES` count
    """
    n_steady = 0
    steady, change, size = np.empty(len(places)), np.zeros(len(places) + 1), np.zeros(len(places) + 1)
    for which in range(len(places)):
        before, after = values[which], values[which + 1]
        if 0 < before <= largest_ratio * after and after <= largest_ratio * before:  # not so if one is NaN
            steady[n_steady] = places[which]
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


def local_changes_plain(places: Places, values: Places, largest_ratio: float, centres: Places, around: float) -> Array:
    """Return the same frame by frame."""
    before, after = values[:-1], values[1:]
    steady = (before > 0) & (np.maximum(before, after) <= largest_ratio * np.minimum(before, after))
    shares = np.full(len(centres), np.nan, np.float32)
    for frame, centre in enumerate(centres):
        counts = steady & (np.abs(places - centre) <= around)
        if counts.sum() >= FEWEST_CHANGES:
            shares[frame] = np.abs(after - before)[counts].mean() / (0.5 * (before + after))[counts].mean()
    return shares

"""Statistics of many tracks that depend on time: trends, centroids, rises and falls, crossings.

Tracks are packed by `featser.features.kernels.statistics.pack`. Times are frame indices.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from featser.features.kernels.jit import compiled, compiled_sums, inlined_sums
from featser.features.kernels.statistics import Array, Counts, Doubles


@compiled_sums
def trends(packed: Any, counts: Any, times: Any, rows: Any, means: Any) -> Any:
    """Least-squares line and parabola through each track.

    With ``u`` the time from the mean time of the defined frames, the parabola is a sum of the polynomials ``1``, ``u``
    and ``q = u^2 - u sum(u^3) / sum(u^2) - mean(u^2)``. They are orthogonal over the defined frames, so one pass finds
    all coefficients, and those of the line are the same.

    Parameters
    ----------
    packed, counts, times, rows : NDArray
        tracks, as `featser.features.kernels.statistics.pack` returns them
    means : NDArray of float64 [shape=(n_tracks,)]
        mean of each track

    Returns
    -------
    NDArray of float64 [shape=(5, n_tracks)]
        slope per frame, value of the line at the first defined frame, root mean square residual of the line (NaN for
        fewer than two defined frames), coefficient of the squared time, root mean square residual of the parabola (NaN
        for fewer than three)
    """
    result = np.full((5, len(packed)), np.nan)
    complete = _time_sums(times[0])
    for row in range(len(packed)):
        count = counts[row]
        if count < 2:
            continue
        track, time, mean = packed[row][:count], times[rows[row]][:count], means[row]
        centre, spread, lean = complete if rows[row] == 0 else _time_sums(time)
        turn, offset = lean / spread, spread / count
        line, bend, bends = 0.0, 0.0, 0.0
        for i in range(count):
            u, deviation = time[i] - centre, track[i] - mean
            q = u * (u - turn) - offset
            line += u * deviation
            bend += q * deviation
            bends += q * q
        slope = line / spread
        curve = bend / bends if count > 2 else 0.0
        line_error, curve_error = 0.0, 0.0
        for i in range(count):
            u = time[i] - centre
            residual = (track[i] - mean) - slope * u
            line_error += residual * residual
            residual -= curve * (u * (u - turn) - offset)
            curve_error += residual * residual
        result[0, row] = slope
        result[1, row] = mean + slope * (time[0] - centre)
        result[2, row] = np.sqrt(line_error / count)
        if count > 2:
            result[3, row] = curve
            result[4, row] = np.sqrt(curve_error / count)
    return result


@inlined_sums
def _time_sums(time: Any) -> Any:
    """Mean time, and sums of the second and third powers of the deviations from it."""
    total = 0.0
    for i in range(len(time)):
        total += time[i]
    centre = total / max(len(time), 1)
    second, third = 0.0, 0.0
    for i in range(len(time)):
        u = time[i] - centre
        second += u * u
        third += u * u * u
    return centre, second, third


def trends_plain(packed: Array, counts: Counts, times: Doubles, rows: Counts, means: Doubles) -> Doubles:
    """Reference implementation with `numpy.polyfit`, one track at a time; ``means`` is unused."""
    del means

    def fits(track: Doubles, time: Doubles) -> list[float]:
        found = []
        for degree in (1, 2):
            enough = len(track) > degree
            fit = np.polyfit(time - time[0], track, degree) if enough else np.full(degree + 1, np.nan)
            found += [*fit[: 3 - degree], np.sqrt(np.mean((track - np.polyval(fit, time - time[0])) ** 2))]
        return found

    return _each(fits, 5, packed, counts, times, rows)


@compiled_sums
def centroids(packed: Any, counts: Any, times: Any, rows: Any, floors: Any) -> Any:
    """Mean frame index, weighted by the height above a floor.

    Parameters
    ----------
    packed, counts, times, rows : NDArray
        tracks, as `featser.features.kernels.statistics.pack` returns them
    floors : NDArray of float64 [shape=(n_tracks,)]
        lower limit of each track

    Returns
    -------
    NDArray of float64 [shape=(n_tracks,)]
        NaN where no value lies above the floor
    """
    result = np.full(len(packed), np.nan)
    for row in range(len(packed)):
        count, floor = counts[row], floors[row]
        track, time = packed[row][:count], times[rows[row]][:count]
        total, turning = 0.0, 0.0
        for i in range(count):
            weight = track[i] - floor
            total += weight
            turning += weight * time[i]
        if total > 0:
            result[row] = turning / total
    return result


def centroids_plain(packed: Array, counts: Counts, times: Doubles, rows: Counts, floors: Doubles) -> Doubles:
    """Reference implementation with `numpy.average`, one track at a time."""
    result = np.full(len(packed), np.nan)
    for row in range(len(packed)):
        weights = packed[row, : counts[row]].astype(np.float64) - floors[row]
        if weights.any():
            result[row] = np.average(times[rows[row], : counts[row]], weights=weights)
    return result


@compiled_sums
def rises_and_falls(packed: Any, counts: Any, times: Any, rows: Any) -> Any:
    """Sums of the upward and of the downward steps between consecutive defined frames, and of their durations.

    Parameters
    ----------
    packed, counts, times, rows : NDArray
        tracks, as `featser.features.kernels.statistics.pack` returns them

    Returns
    -------
    NDArray of float64 [shape=(4, n_tracks)]
        sum of rises, sum of falls, duration of rises, duration of falls; durations in frames, with the gaps that steps
        cross; NaN for fewer than two defined frames
    """
    result = np.full((4, len(packed)), np.nan)
    for row in range(len(packed)):
        count = counts[row]
        if count < 2:
            continue
        track, time = packed[row][:count], times[rows[row]][:count]
        rise, fall, rising, falling = 0.0, 0.0, 0.0, 0.0
        for i in range(count - 1):
            step = np.float64(track[i + 1]) - np.float64(track[i])
            lasting = time[i + 1] - time[i]
            rise += step if step > 0 else 0.0
            fall += step if step < 0 else 0.0
            rising += lasting if step > 0 else 0.0
            falling += lasting if step < 0 else 0.0
        result[0, row] = rise
        result[1, row] = fall
        result[2, row] = rising
        result[3, row] = falling
    return result


def rises_and_falls_plain(packed: Array, counts: Counts, times: Doubles, rows: Counts) -> Doubles:
    """Reference implementation with `numpy.diff`, one track at a time."""

    def sums(track: Doubles, time: Doubles) -> list[float]:
        steps, lasting = np.diff(track), np.diff(time)
        up, down = steps > 0, steps < 0
        return [steps[up].sum(), steps[down].sum(), lasting[up].sum(), lasting[down].sum()]

    return _each(sums, 4, packed, counts, times, rows, fewest=2)


@compiled
def ends(counts: Any, times: Any, rows: Any) -> Any:
    """Indices of the first and the last defined frame.

    Parameters
    ----------
    counts, times, rows : NDArray
        defined frames, as `featser.features.kernels.statistics.pack` returns them

    Returns
    -------
    NDArray of float64 [shape=(2, n_tracks)]
        NaN for tracks without defined frames
    """
    result = np.full((2, len(counts)), np.nan)
    for row in range(len(counts)):
        if counts[row] > 0:
            result[0, row] = times[rows[row], 0]
            result[1, row] = times[rows[row], counts[row] - 1]
    return result


def ends_plain(counts: Counts, times: Doubles, rows: Counts) -> Doubles:
    """Reference implementation with indexing."""
    result = np.full((2, len(counts)), np.nan)
    for row in np.flatnonzero(counts):
        result[:, row] = times[rows[row], [0, counts[row] - 1]]
    return result


@compiled
def first_times(packed: Any, counts: Any, times: Any, rows: Any, sought: Any) -> Any:
    """Index of the first frame in which each track has a given value.

    Parameters
    ----------
    packed, counts, times, rows : NDArray
        tracks, as `featser.features.kernels.statistics.pack` returns them
    sought : NDArray of float64 [shape=(n_tracks,)]
        value of each track, rounded to single precision before it is compared

    Returns
    -------
    NDArray of float64 [shape=(n_tracks,)]
        NaN where no frame has the value
    """
    result = np.full(len(packed), np.nan)
    for row in range(len(packed)):
        track, value = packed[row][: counts[row]], np.float32(sought[row])
        for i in range(len(track)):
            if track[i] == value:
                result[row] = times[rows[row], i]
                break
    return result


def first_times_plain(packed: Array, counts: Counts, times: Doubles, rows: Counts, sought: Doubles) -> Doubles:
    """Reference implementation with `numpy.argmax`, one track at a time."""
    result = np.full(len(packed), np.nan)
    for row, count in enumerate(counts):
        hits = packed[row, :count] == np.float32(sought[row])
        if hits.any():
            result[row] = times[rows[row], np.argmax(hits)]
    return result


@compiled
def crossings(packed: Any, counts: Any, levels: Any) -> Any:
    """Count the crossings of a level; a value equal to the level counts as above it.

    Parameters
    ----------
    packed, counts : NDArray
        tracks, as `featser.features.kernels.statistics.pack` returns them
    levels : NDArray of float64 [shape=(n_tracks,)]
        level of each track

    Returns
    -------
    NDArray of int64 [shape=(n_tracks,)]
    """
    result = np.zeros(len(packed), np.int64)
    for row in range(len(packed)):
        count, level = counts[row], levels[row]
        track = packed[row][:count]
        passed = np.int32(0)
        for i in range(count - 1):
            passed += np.int32((track[i] < level) != (track[i + 1] < level))
        result[row] = passed
    return result


def crossings_plain(packed: Array, counts: Counts, levels: Doubles) -> Counts:
    """Reference implementation that compares neighbours, one track at a time."""
    below = [track[:count] < level for track, count, level in zip(packed, counts, levels, strict=True)]
    return np.array([np.count_nonzero(each[1:] != each[:-1]) for each in below], dtype=np.int64)


def _each(
    statistic: Callable[[Doubles, Doubles], list[float]],
    n_numbers: int,
    packed: Array,
    counts: Counts,
    times: Doubles,
    rows: Counts,
    fewest: int = 2,
) -> Doubles:
    """Apply a function of values and times to each track with at least ``fewest`` defined frames; NaN elsewhere."""
    result = np.full((n_numbers, len(packed)), np.nan)
    for row in np.flatnonzero(counts >= fewest):
        count = counts[row]
        result[:, row] = statistic(packed[row, :count].astype(np.float64), times[rows[row], :count])
    return result

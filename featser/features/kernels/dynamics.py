"""Statistics of many tracks over time: trends, centroids, rises and falls, crossings.

Tracks are packed as in `featser.features.kernels.statistics`: row ``i`` holds the values of ``counts[i]`` defined
frames, and ``times[rows[i]]`` the numbers of these frames. Times are counted in frames.
"""

from collections.abc import Callable
from typing import Any

import numpy as np

from featser.features.kernels.jit import compiled, compiled_sums, inlined_sums
from featser.features.kernels.statistics import Array, Counts, Doubles


@compiled_sums
def trends(packed: Any, counts: Any, times: Any, rows: Any, means: Any) -> Any:
    """Least-squares line and parabola through each track.

    With ``u`` the time from the middle of the defined frames, the parabola is written in the polynomials ``1``, ``u``
    and ``q = u^2 - u sum(u^3) / sum(u^2) - mean(u^2)``, which are orthogonal over the defined frames, so that one
    pass finds all three coefficients, and the line is part of the parabola.

    Returns
    -------
    NDArray of float64 [shape=(5, n_tracks)]
        slope per frame, value of the line at the first defined frame, root mean square of its residual (NaN below two
        frames), coefficient of the squared time, root mean square of the parabola's residual (NaN below three)
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
    """Mean time, and sums of the second and third power of the distance from it."""
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
    """Return the same by `numpy.polyfit`, one track at a time; means are not needed."""
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
    """Mean frame number, weighted by how far each track lies above its floor; NaN where it never does."""
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
    """Return the same by `numpy.average`, one track at a time."""
    result = np.full(len(packed), np.nan)
    for row in range(len(packed)):
        weights = packed[row, : counts[row]].astype(np.float64) - floors[row]
        if weights.any():
            result[row] = np.average(times[rows[row], : counts[row]], weights=weights)
    return result


@compiled_sums
def rises_and_falls(packed: Any, counts: Any, times: Any, rows: Any) -> Any:
    """Sum of rises, sum of falls, frames spent rising, frames spent falling per track, shape ``(4, n_tracks)``.

    A step leads from one defined frame to the next; over a gap it takes longer than one frame. NaN below two frames.
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
    """Return the same by `numpy.diff`, one track at a time."""

    def sums(track: Doubles, time: Doubles) -> list[float]:
        steps, lasting = np.diff(track), np.diff(time)
        up, down = steps > 0, steps < 0
        return [steps[up].sum(), steps[down].sum(), lasting[up].sum(), lasting[down].sum()]

    return _each(sums, 4, packed, counts, times, rows, fewest=2)


@compiled
def ends(counts: Any, times: Any, rows: Any) -> Any:
    """Numbers of the first and the last defined frame per track, shape ``(2, n_tracks)``; NaN without any."""
    result = np.full((2, len(counts)), np.nan)
    for row in range(len(counts)):
        if counts[row] > 0:
            result[0, row] = times[rows[row], 0]
            result[1, row] = times[rows[row], counts[row] - 1]
    return result


def ends_plain(counts: Counts, times: Doubles, rows: Counts) -> Doubles:
    """Return the same by indexing."""
    result = np.full((2, len(counts)), np.nan)
    for row in np.flatnonzero(counts):
        result[:, row] = times[rows[row], [0, counts[row] - 1]]
    return result


@compiled
def first_times(packed: Any, counts: Any, times: Any, rows: Any, sought: Any) -> Any:
    """Number of the first frame whose value is the one sought in each track, shape ``(n_tracks,)``; NaN if none is."""
    result = np.full(len(packed), np.nan)
    for row in range(len(packed)):
        track, value = packed[row][: counts[row]], np.float32(sought[row])
        for i in range(len(track)):
            if track[i] == value:
                result[row] = times[rows[row], i]
                break
    return result


def first_times_plain(packed: Array, counts: Counts, times: Doubles, rows: Counts, sought: Doubles) -> Doubles:
    """Return the same by `numpy.argmax`, one track at a time."""
    result = np.full(len(packed), np.nan)
    for row, count in enumerate(counts):
        hits = packed[row, :count] == np.float32(sought[row])
        if hits.any():
            result[row] = times[rows[row], np.argmax(hits)]
    return result


@compiled
def crossings(packed: Any, counts: Any, levels: Any) -> Any:
    """How often each track passes from below its level to the level or above, or back, shape ``(n_tracks,)``."""
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
    """Return the same by comparing neighbours, one track at a time."""
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
    """Apply a function of values and times to each track with enough frames, shape ``(n_numbers, n_tracks)``."""
    result = np.full((n_numbers, len(packed)), np.nan)
    for row in np.flatnonzero(counts >= fewest):
        count = counts[row]
        result[:, row] = statistic(packed[row, :count].astype(np.float64), times[rows[row], :count])
    return result

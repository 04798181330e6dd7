"""Statistics of many tracks that do not depend on the order of the frames, summed in double precision.

Kernels read packed tracks: row ``i`` has ``counts[i]`` defined values, followed by NaN. The innermost loops run over
defined values only, without a test for NaN, so they are vectorised.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, compiled_sums

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]
Counts = NDArray[np.int64]

LARGEST = float(np.finfo(np.float32).max)
"""Largest number of single precision."""


def pack(values: Array) -> tuple[Array, Counts, Doubles, Counts]:
    """Move undefined frames to the end of each track.

    Parameters
    ----------
    values : Array [shape=(n_tracks, n_frames)]
        contiguous; NaN where undefined

    Returns
    -------
    packed : Array [shape=(n_tracks, n_frames)]
        defined values of each track in order, then NaN; ``values`` itself if all are defined
    counts : NDArray of int64 [shape=(n_tracks,)]
        defined frames per track
    times : NDArray of float64 [shape=(1 + n_gappy, n_frames)]
        indices of all frames, and of the defined frames of each track with gaps
    rows : NDArray of int64 [shape=(n_tracks,)]
        row of ``times`` for each track
    """
    counts = _count_defined(values)
    gappy = counts < values.shape[1]
    rows = np.where(gappy, np.cumsum(gappy), 0)
    times = np.empty((1 + int(rows.max(initial=0)), values.shape[1]))
    times[0] = np.arange(values.shape[1])
    if len(times) > 1:
        values = values.copy()
        _pack(values, rows, times)
    return values, counts, times, rows


def pack_plain(values: Array) -> tuple[Array, Counts, Doubles, Counts]:
    """Reference implementation with a stable sort; ``times`` beyond ``counts`` may differ."""
    undefined = np.isnan(values)
    order = np.argsort(undefined, axis=1, kind="stable")
    gappy = undefined.any(axis=1)
    times = np.vstack([np.arange(values.shape[1]), order[gappy]]).astype(np.float64)
    rows = np.where(gappy, np.cumsum(gappy), 0)
    return np.take_along_axis(values, order, axis=1), (~undefined).sum(axis=1), times, rows


@compiled
def _count_defined(values: Any) -> Any:
    counts = np.empty(len(values), np.int64)
    for row in range(len(values)):
        track = values[row]
        count = np.int32(0)
        for i in range(len(track)):
            count += np.int32(track[i] == track[i])
        counts[row] = count
    return counts


@compiled
def _pack(values: Any, rows: Any, times: Any) -> None:
    for row in range(len(values)):
        if rows[row] == 0:
            continue
        track, time = values[row], times[rows[row]]
        count = 0
        for i in range(len(track)):
            if not np.isnan(track[i]):
                track[count] = track[i]
                time[count] = i
                count += 1
        track[count:] = np.nan
        time[count:] = np.nan


@compiled_sums
def moments(packed: Any, counts: Any) -> Any:
    """Mean and central moments of orders 2 to 4.

    Parameters
    ----------
    packed, counts : NDArray
        tracks, as `pack` returns them

    Returns
    -------
    NDArray of float64 [shape=(4, n_tracks)]
        NaN for tracks without defined frames
    """
    result = np.full((4, len(packed)), np.nan)
    for row in range(len(packed)):
        count = counts[row]
        if count == 0:
            continue
        track = packed[row][:count]
        total = 0.0
        for i in range(count):
            total += track[i]
        mean = total / count
        second, third, fourth = 0.0, 0.0, 0.0
        for i in range(count):
            deviation = track[i] - mean
            square = deviation * deviation
            second += square
            third += square * deviation
            fourth += square * square
        result[0, row] = mean
        result[1, row] = second / count
        result[2, row] = third / count
        result[3, row] = fourth / count
    return result


def moments_plain(packed: Array, counts: Counts) -> Doubles:
    """Reference implementation with numpy, one track at a time."""
    result = np.full((4, len(packed)), np.nan)
    for row in np.flatnonzero(counts):
        track = packed[row, : counts[row]].astype(np.float64)
        deviations = track - track.mean()
        result[:, row] = [track.mean(), *(np.mean(deviations**order) for order in (2, 3, 4))]
    return result


@compiled
def quantiles(ordered: Any, counts: Any, share: float) -> Any:
    """Quantile of each track, interpolated linearly.

    Parameters
    ----------
    ordered : Array [shape=(n_tracks, n_frames)]
        values in ascending order, NaN last
    counts : NDArray of int64 [shape=(n_tracks,)]
        defined frames per track
    share : float
        0 to 1

    Returns
    -------
    NDArray of float64 [shape=(n_tracks,)]
        NaN for tracks without defined frames
    """
    result = np.full(len(ordered), np.nan)
    for row in range(len(ordered)):
        if counts[row] > 0:
            position = share * (counts[row] - 1)
            below = int(np.floor(position))
            low = np.float64(ordered[row, below])
            high = np.float64(ordered[row, int(np.ceil(position))])
            result[row] = low + (position - below) * (high - low)
    return result


def quantiles_plain(ordered: Array, counts: Counts, share: float) -> Doubles:
    """Reference implementation with `numpy.quantile`, one track at a time."""
    result = np.full(len(ordered), np.nan)
    for row in np.flatnonzero(counts):
        result[row] = np.quantile(ordered[row, : counts[row]].astype(np.float64), share)
    return result


@compiled
def shares_above(ordered: Any, counts: Any, levels: Any) -> Any:
    """Share of the defined frames above a level, found by bisection.

    Parameters
    ----------
    ordered : Array [shape=(n_tracks, n_frames)]
        values in ascending order, NaN last
    counts : NDArray of int64 [shape=(n_tracks,)]
        defined frames per track
    levels : NDArray of float64 [shape=(n_tracks,)]
        level of each track

    Returns
    -------
    NDArray of float64 [shape=(n_tracks,)]
        0 to 1; NaN for tracks without defined frames
    """
    result = np.full(len(ordered), np.nan)
    for row in range(len(ordered)):
        low, high = 0, counts[row]
        while low < high:
            middle = (low + high) // 2
            if ordered[row, middle] <= levels[row]:
                low = middle + 1
            else:
                high = middle
        if counts[row] > 0:
            result[row] = (counts[row] - low) / counts[row]
    return result


def shares_above_plain(ordered: Array, counts: Counts, levels: Doubles) -> Doubles:
    """Reference implementation that counts."""
    above = (ordered.astype(np.float64) > levels[:, None]).sum(axis=1)
    return np.divide(above, counts, out=np.full(len(counts), np.nan), where=counts > 0)


@compiled
def select_frames(values: Any, kept: Any) -> Any:
    """Copy some of the frames.

    Parameters
    ----------
    values : Array [shape=(n_tracks, n_frames)]
        tracks
    kept : NDArray of int64 [shape=(n_kept,)]
        frame indices

    Returns
    -------
    Array [shape=(n_tracks, n_kept)]
    """
    result = np.empty((len(values), len(kept)), values.dtype)
    for row in range(len(values)):
        source, target = values[row], result[row]
        for i in range(len(kept)):
            target[i] = source[kept[i]]
    return result


def select_frames_plain(values: Array, kept: Counts) -> Array:
    """Reference implementation with indexing."""
    return values[:, kept]


@compiled
def to_float32(values: Any) -> Any:
    """Round to single precision.

    Parameters
    ----------
    values : NDArray of float64 [shape=(n_values,)]
        any numbers

    Returns
    -------
    Array [shape=(n_values,)]
        NaN where a value exceeds `LARGEST`
    """
    result = np.empty(len(values), np.float32)
    for i in range(len(values)):
        result[i] = values[i] if abs(values[i]) <= LARGEST else np.nan
    return result


def to_float32_plain(values: Doubles) -> Array:
    """Reference implementation with numpy."""
    return np.where(np.abs(values) <= LARGEST, values, np.nan).astype(np.float32)

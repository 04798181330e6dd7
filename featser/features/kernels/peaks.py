"""Peaks of many tracks at once, with an innermost loop over tracks, not over frames.

The state at a frame depends on the frames before it, so the search along one track cannot be vectorised. `LANES` tracks
are searched side by side, with selections in place of branches.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]

LANES = 32
"""Tracks that are searched side by side."""

_SIGN, _EXTREME, _TOP, _COUNT, _LAST, _HEIGHT, _DISTANCE, _SQUARE, _LEVEL, _DROP = range(0, 10 * LANES, LANES)
"""Offset of each quantity in the array that holds the state of all lanes."""


@compiled
def peaks(values: Any, levels: Any, drops: Any) -> Any:
    """Count and measure the peaks of each track.

    A peak is the highest frame between a rise and a fall by more than a given drop, if it lies above a given level; the
    first one, if several are equal. Undefined frames are skipped.

    Parameters
    ----------
    values : NDArray of float32 [shape=(n_tracks, n_frames)]
        tracks, not packed; NaN where undefined
    levels, drops : NDArray of float64 [shape=(n_tracks,)]
        level and smallest prominence of the peaks of each track

    Returns
    -------
    NDArray of float64 [shape=(4, n_tracks)]
        number of peaks, sum of their heights above the level, sum and sum of squares of the distances between
        consecutive peaks in frames
    """
    n_tracks, n_frames = values.shape
    result = np.empty((4, n_tracks))
    state = np.empty(10 * LANES)
    frame = np.full(LANES, np.nan, np.float32)
    for start in range(0, n_tracks, LANES):
        lanes = min(LANES, n_tracks - start)
        state[:] = 0.0
        state[_SIGN : _SIGN + LANES] = -1.0
        state[_EXTREME : _EXTREME + LANES] = -np.inf
        for lane in range(lanes):
            state[_LEVEL + lane], state[_DROP + lane] = levels[start + lane], drops[start + lane]
        for i in range(n_frames):
            for lane in range(lanes):
                frame[lane] = values[start + lane, i]
            _step(frame, float(i), state)
        for lane in range(lanes):
            track = start + lane
            result[0, track], result[1, track] = state[_COUNT + lane], state[_HEIGHT + lane]
            result[2, track], result[3, track] = state[_DISTANCE + lane], state[_SQUARE + lane]
    return result


@inlined
def _step(frame: Any, time: float, s: Any) -> None:
    """Update the state of all lanes by one frame.

    The sign of a lane is 1 while its track rises, and -1 while it falls. Values are multiplied by the sign. The extreme
    is the highest value since the last change of sign. The sign changes at a value below the extreme by more than the
    drop.
    """
    for lane in range(LANES):
        sign, extreme, top = s[lane + _SIGN], s[lane + _EXTREME], s[lane + _TOP]
        count, last = s[lane + _COUNT], s[lane + _LAST]
        value = sign * frame[lane]
        higher = value > extreme
        turns = extreme - value > s[lane + _DROP]
        height = extreme - s[lane + _LEVEL]
        peak = turns & (sign > 0) & (height > 0)
        distance = top - last if peak & (count > 0) else 0.0
        s[lane + _COUNT] = count + 1.0 if peak else count
        s[lane + _LAST] = top if peak else last
        s[lane + _HEIGHT] += height if peak else 0.0
        s[lane + _DISTANCE] += distance
        s[lane + _SQUARE] += distance * distance
        s[lane + _SIGN] = -sign if turns else sign
        s[lane + _EXTREME] = value if higher else (-value if turns else extreme)
        s[lane + _TOP] = time if higher | turns else top


def peaks_plain(values: Array, levels: Doubles, drops: Doubles) -> Doubles:
    """Reference implementation by the definition: the fall on both sides of each frame, up to the next higher frame."""
    result = np.zeros((4, len(values)))
    for row, (level, drop) in enumerate(zip(levels, drops, strict=True)):
        times = np.flatnonzero(~np.isnan(values[row]))
        track = values[row, times].astype(np.float64)
        found = [i for i in range(len(track)) if track[i] > level and _is_peak(track, i, drop)]
        distances = np.diff(times[found])
        result[:, row] = len(found), (track[found] - level).sum(), distances.sum(), (distances**2).sum()
    return result


def _is_peak(track: Doubles, at: int, drop: float) -> bool:
    """Whether the track falls by more than the drop before a frame as high (left) or higher (right), on both sides."""
    before, after = track[:at][::-1], track[at + 1 :]
    before = before[: np.argmax(before >= track[at])] if (before >= track[at]).any() else before
    after = after[: np.argmax(after > track[at])] if (after > track[at]).any() else after
    return bool((track[at] - before > drop).any() and (track[at] - after > drop).any())

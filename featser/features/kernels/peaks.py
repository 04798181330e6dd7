"""Peaks of many tracks at once: a walk whose innermost loop runs over tracks, not over frames.

Whether a frame turns the walk around depends on the frames before it, so that one track alone can neither be
vectorised nor its turns foreseen by the processor. `LANES` tracks side by side need no branch.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]
Doubles = NDArray[np.float64]

LANES = 32

_SIGN, _EXTREME, _TOP, _COUNT, _LAST, _HEIGHT, _DISTANCE, _SQUARE, _LEVEL, _DROP = range(0, 10 * LANES, LANES)
"""Where each quantity of the lanes begins in their state."""


@compiled
def peaks(values: Any, levels: Any, drops: Any) -> Any:
    """Peaks of each track, found by walking along it with a hysteresis.

    A peak is the highest frame between a rise and a fall by more than the track's drop, if it lies above the track's
    level; of equal ones the first. The walk steps over undefined frames.

    Parameters
    ----------
    values : NDArray of float32 [shape=(n_tracks, n_frames)]
        NaN where undefined; not packed
    levels, drops : NDArray of float64 [shape=(n_tracks,)]

    Returns
    -------
    NDArray of float64 [shape=(4, n_tracks)]
        number of peaks, sum of their heights above the level, sum and sum of squares of the distances in frames
        between neighbours
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
    """One frame of all lanes. A lane's sign is 1 on the way up and -1 on the way down, where the track is mirrored.

    The extreme is the highest value since the last turn; a value lower than it by more than the drop is the next turn.
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
    """Return the same by definition: of each frame ask how deep it lies on both sides before a higher one comes."""
    result = np.zeros((4, len(values)))
    for row, (level, drop) in enumerate(zip(levels, drops, strict=True)):
        times = np.flatnonzero(~np.isnan(values[row]))
        track = values[row, times].astype(np.float64)
        found = [i for i in range(len(track)) if track[i] > level and _is_peak(track, i, drop)]
        distances = np.diff(times[found])
        result[:, row] = len(found), (track[found] - level).sum(), distances.sum(), (distances**2).sum()
    return result


def _is_peak(track: Doubles, at: int, drop: float) -> bool:
    """Whether a fall by more than the drop comes on both sides before a frame as high (left) or higher (right)."""
    before, after = track[:at][::-1], track[at + 1 :]
    before = before[: np.argmax(before >= track[at])] if (before >= track[at]).any() else before
    after = after[: np.argmax(after > track[at])] if (after > track[at]).any() else after
    return bool((track[at] - before > drop).any() and (track[at] - after > drop).any())

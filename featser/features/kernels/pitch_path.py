"""The most likely pitch track: one candidate of each frame, or none, such that the pitch seldom jumps.

Costs are those of Boersma (1993), made for frames 10 ms apart.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]

VOICING_THRESHOLD = 0.5
"""Likeness of a frame to itself one period later from which it is rather voiced than not."""

SILENCE_THRESHOLD = 0.03
"""Peak of a frame, as a share of that of the recording, around which it becomes voiced rather than silent."""

OCTAVE_COST = 0.025
"""What a candidate loses per octave that it is lower, for what repeats once repeats twice."""

JUMP_COST = 0.3
"""What the track pays per octave between neighbouring frames."""

SWITCH_COST = 0.2
"""What the track pays where voice begins or ends."""

_SILENT = SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD)


@compiled
def best_path(periods: Any, likenesses: Any, peaks: Any, shortest: float, longest: float) -> tuple[Any, Any]:
    """Period and likeness of each frame on the path whose likenesses, less its costs, have the highest sum.

    Parameters
    ----------
    periods, likenesses : Array [shape=(n_frames, n_candidates)]
        what each frame can choose from; a period of 0 is none
    peaks : Array [shape=(n_frames,)]
        as a share of the peak of the recording
    shortest, longest : float
        limits of a period

    Returns
    -------
    periods, likenesses : Array [shape=(n_frames,)]
        the period is 0 in unvoiced frames, the likeness there that of the best candidate; 0 to 1
    """
    n_frames, unvoiced = periods.shape
    origin = np.zeros((n_frames, unvoiced + 1), np.int8)
    octaves = np.zeros((2, unvoiced))
    totals = np.zeros((2, unvoiced + 1))
    for frame in range(n_frames):
        now, before = frame % 2, 1 - frame % 2
        for state in range(unvoiced + 1):
            gain = VOICING_THRESHOLD + max(0.0, 2 - peaks[frame] / _SILENT)
            if state < unvoiced:
                period = np.float64(periods[frame, state])
                if not shortest <= period <= longest:
                    totals[now, state] = -np.inf
                    continue
                octaves[now, state] = np.log2(period)
                gain = likenesses[frame, state] - OCTAVE_COST * octaves[now, state] + OCTAVE_COST * np.log2(longest)
            best = -np.inf
            for previous in range(unvoiced + 1):
                cost = 0.0 if state == previous else SWITCH_COST
                if state < unvoiced and previous < unvoiced:
                    cost = JUMP_COST * abs(octaves[now, state] - octaves[before, previous])
                if totals[before, previous] - cost > best:
                    best = totals[before, previous] - cost
                    origin[frame, state] = previous
            totals[now, state] = gain + (best if frame > 0 else 0.0)
    return _chosen(periods, likenesses, origin, int(np.argmax(totals[(n_frames - 1) % 2])))


@inlined
def _chosen(periods: Any, likenesses: Any, origin: Any, state: int) -> tuple[Any, Any]:
    """Follow the path from its end to its beginning."""
    n_frames, unvoiced = periods.shape
    period, likeness = np.zeros(n_frames, np.float32), np.zeros(n_frames, np.float32)
    for frame in range(n_frames - 1, -1, -1):
        if state < unvoiced:
            period[frame] = periods[frame, state]
            likeness[frame] = likenesses[frame, state]
        else:
            for each in likenesses[frame]:
                likeness[frame] = max(likeness[frame], each)
        likeness[frame] = min(max(likeness[frame], 0.0), 1.0)
        state = origin[frame, state]
    return period, likeness


def best_path_plain(
    periods: Array, likenesses: Array, peaks: Array, shortest: float, longest: float
) -> tuple[Array, Array]:
    """Return the same by matrices of costs."""
    n_frames, n_candidates = periods.shape
    valid = (periods >= shortest) & (periods <= longest)
    octaves = np.log2(np.where(valid, periods, longest), dtype=np.float64)
    voiced = np.where(valid, likenesses + OCTAVE_COST * (np.log2(longest) - octaves), -np.inf)
    unvoiced = VOICING_THRESHOLD + np.maximum(0, 2 - peaks / _SILENT)
    gains = np.column_stack([voiced, unvoiced])
    totals, origins = gains[0], np.zeros((n_frames, n_candidates + 1), np.int64)
    for frame in range(1, n_frames):
        costs = np.full((n_candidates + 1, n_candidates + 1), SWITCH_COST)
        costs[:-1, :-1] = JUMP_COST * np.abs(octaves[frame - 1][:, None] - octaves[frame])
        costs[-1, -1] = 0
        ways = totals[:, None] - costs
        origins[frame], totals = ways.argmax(axis=0), ways.max(axis=0) + gains[frame]
    states = np.full(n_frames, totals.argmax())
    for frame in range(n_frames - 1, 0, -1):
        states[frame - 1] = origins[frame, states[frame]]
    padded = np.pad(periods, ((0, 0), (0, 1)))
    best = np.column_stack([likenesses, likenesses.max(axis=1)])
    rows = np.arange(n_frames)
    return padded[rows, states], np.clip(best[rows, states], 0, 1)

"""Most likely pitch track: dynamic programming over the candidates of each frame and the unvoiced state.

The costs are those of Boersma, "Accurate short-term analysis of the fundamental frequency", 1993, for a hop of 10 ms.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]

VOICING_THRESHOLD = 0.5
"""Correlation with the signal one period later above which a frame is more likely voiced than unvoiced."""

SILENCE_THRESHOLD = 0.03
"""Peak of a frame, as a share of the peak of the recording, that separates silent from voiced frames."""

OCTAVE_COST = 0.025
"""Cost of a candidate per octave that it is lower; it prefers a period to its multiples."""

JUMP_COST = 0.3
"""Cost of a change of pitch between neighbouring frames, per octave."""

SWITCH_COST = 0.2
"""Cost of a change between voiced and unvoiced."""

_SILENT = SILENCE_THRESHOLD / (1 + VOICING_THRESHOLD)


@compiled
def best_path(periods: Any, correlations: Any, peaks: Any, shortest: float, longest: float) -> tuple[Any, Any]:
    """Choose one candidate or the unvoiced state for each frame, by the largest sum of correlations less costs.

    Parameters
    ----------
    periods : Array [shape=(n_frames, n_candidates)]
        candidates in samples; 0 for missing ones
    correlations : Array [shape=(n_frames, n_candidates)]
        normalised cross-correlation at each candidate
    peaks : Array [shape=(n_frames,)]
        peak of each frame, as a share of the peak of the recording
    shortest, longest : float
        limits of a period, in samples

    Returns
    -------
    periods : Array [shape=(n_frames,)]
        chosen period in samples; 0 in unvoiced frames
    correlations : Array [shape=(n_frames,)]
        correlation at the chosen candidate, and at the best one in unvoiced frames; 0 to 1
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
                gain = correlations[frame, state] - OCTAVE_COST * octaves[now, state] + OCTAVE_COST * np.log2(longest)
            best = -np.inf
            for previous in range(unvoiced + 1):
                cost = 0.0 if state == previous else SWITCH_COST
                if state < unvoiced and previous < unvoiced:
                    cost = JUMP_COST * abs(octaves[now, state] - octaves[before, previous])
                if totals[before, previous] - cost > best:
                    best = totals[before, previous] - cost
                    origin[frame, state] = previous
            totals[now, state] = gain + (best if frame > 0 else 0.0)
    return _trace_back(periods, correlations, origin, int(np.argmax(totals[(n_frames - 1) % 2])))


@inlined
def _trace_back(periods: Any, correlations: Any, origin: Any, state: int) -> tuple[Any, Any]:
    """Trace the path back from its last state."""
    n_frames, unvoiced = periods.shape
    period, correlation = np.zeros(n_frames, np.float32), np.zeros(n_frames, np.float32)
    for frame in range(n_frames - 1, -1, -1):
        if state < unvoiced:
            period[frame] = periods[frame, state]
            correlation[frame] = correlations[frame, state]
        else:
            for each in correlations[frame]:
                correlation[frame] = max(correlation[frame], each)
        correlation[frame] = min(max(correlation[frame], 0.0), 1.0)
        state = origin[frame, state]
    return period, correlation


def best_path_plain(
    periods: Array, correlations: Array, peaks: Array, shortest: float, longest: float
) -> tuple[Array, Array]:
    """Reference implementation with matrices of costs."""
    n_frames, n_candidates = periods.shape
    valid = (periods >= shortest) & (periods <= longest)
    octaves = np.log2(np.where(valid, periods, longest), dtype=np.float64)
    voiced = np.where(valid, correlations + OCTAVE_COST * (np.log2(longest) - octaves), -np.inf)
    unvoiced = VOICING_THRESHOLD + np.maximum(0, 2 - peaks / _SILENT)
    gains = np.column_stack([voiced, unvoiced])
    totals, origins = gains[0], np.zeros((n_frames, n_candidates + 1), np.int64)
    for frame in range(1, n_frames):
        costs = np.full((n_candidates + 1, n_candidates + 1), SWITCH_COST)
        costs[:-1, :-1] = JUMP_COST * np.abs(octaves[frame - 1][:, None] - octaves[frame])
        costs[-1, -1] = 0
        paths = totals[:, None] - costs
        origins[frame], totals = paths.argmax(axis=0), paths.max(axis=0) + gains[frame]
    states = np.full(n_frames, totals.argmax())
    for frame in range(n_frames - 1, 0, -1):
        states[frame - 1] = origins[frame, states[frame]]
    padded = np.pad(periods, ((0, 0), (0, 1)))
    best = np.column_stack([correlations, correlations.max(axis=1)])
    rows = np.arange(n_frames)
    return padded[rows, states], np.clip(best[rows, states], 0, 1)

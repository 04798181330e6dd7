"""Candidates for the pitch period of each frame, among which `pitch_path` chooses.

The search has two stages, as in Talkin's RAPT. The autocorrelation of the low-passed and decimated signal selects a few
periods. The normalised cross-correlation of the full-rate signal with itself one period later scores and refines them.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.correlation import (
    autocorrelation,
    autocorrelation_plain,
    correlations,
    correlations_plain,
    dot,
    vertex,
)
from featser.features.kernels.jit import compiled, compiled_sums, inlined, inlined_sums

Array = NDArray[np.float32]

HOP = 160
"""Hop of the search in samples: 10 ms, for which the costs in `pitch_path` are chosen."""

DECIMATION = 4
"""Decimation factor of the coarse search, which runs at 4 kHz; the shortest period has eight samples there."""

PADDING = 640
"""Zeros before and after the signal, in samples: 40 ms, more than any search reads beyond its ends."""

N_CANDIDATES = 3
"""Candidates per frame; a fourth and a fifth do not change the pitch."""

_SPAN = 320
"""Samples that are correlated with those one period later: 20 ms, more than one period of any voice."""

_REACH = 304
"""Samples on either side of the frame centre that the fine search reads."""

_NEAR = 2
"""Samples on either side of a coarse period within which the fine search refines it."""

_PEAK_REACH = 133
"""Samples on either side of the frame centre in which the peak of a frame is taken: one period of the lowest voice."""

_QUIET = 0.02
"""Peak of a frame, as a share of the peak of the recording, below which the frame has no candidates."""

_FAINT = 1e-9
"""Energy of a decimated frame below which it consists of rounding errors and has no candidates."""

_WEAK = 0.3
"""Autocorrelation below which a maximum is not a candidate."""

_LAG_COST = 0.0006
"""Cost per sample of the period, which prefers a period to its multiples."""


@compiled_sums
def decimate(signal: Any, taps: Any, n_out: int) -> Any:
    """Low-pass the signal with a finite impulse response, and keep every `DECIMATION`-th sample.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        at least ``DECIMATION * (n_out - 1) + n_taps`` samples
    taps : Array [shape=(n_taps,)]
        coefficients of the filter
    n_out : int
        samples to compute

    Returns
    -------
    Array [shape=(n_out,)]
    """
    low = np.empty(n_out, np.float32)
    for i in range(n_out):
        low[i] = dot(taps, signal[DECIMATION * i : DECIMATION * i + len(taps)])
    return low


def decimate_plain(signal: Array, taps: Array, n_out: int) -> Array:
    """Reference implementation: a matrix product."""
    return np.lib.stride_tricks.sliding_window_view(signal, len(taps))[::DECIMATION][:n_out] @ taps


@compiled
def pitch_candidates(signal: Any, low: Any, taper: Any, scale: Any, first: int) -> tuple[Any, Any, Any]:
    """Find the most likely pitch periods of each frame.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        with peak 1, between `PADDING` zeros
    low : Array [shape=(n_low,)]
        the same, low-passed and decimated; the taper of frame ``t`` begins at sample ``t * HOP // DECIMATION``
    taper : Array [shape=(n_taper,)]
        weights of the samples of a frame in the coarse search
    scale : Array [shape=(n_lags,)]
        correction of the autocorrelation for the taper at each lag of the coarse search
    first : int
        shortest of these lags, in samples of ``low``

    Returns
    -------
    periods : Array [shape=(n_frames, N_CANDIDATES)]
        in samples; 0 for missing candidates
    correlations : Array [shape=(n_frames, N_CANDIDATES)]
        normalised cross-correlation at each period, -1 to 1; 0 for missing candidates
    peaks : Array [shape=(n_frames,)]
        largest magnitude around the centre of each frame, after subtraction of its mean
    """
    n_frames = 1 + (len(signal) - 2 * PADDING) // HOP
    periods = np.zeros((n_frames, N_CANDIDATES), np.float32)
    strengths = np.zeros((n_frames, N_CANDIDATES), np.float32)
    peaks = np.zeros(n_frames, np.float32)
    peak_bits = peaks.view(np.int32)
    segment = np.empty(2 * _REACH, np.float32)
    tapered = np.zeros(len(taper) + first + len(scale) + 8, np.float32)
    coarse = np.empty(len(scale), np.float32)
    fine, energies = np.empty(2 * _NEAR + 1, np.float32), np.empty(2 * _NEAR + 1, np.float32)
    for frame in range(n_frames):
        peak_bits[frame] = _centre(signal[frame * HOP + PADDING - _REACH :], segment)
        if peaks[frame] < _QUIET:
            continue
        energy = _taper(low[frame * HOP // DECIMATION :], taper, tapered)
        if energy < _FAINT:
            continue
        autocorrelation(tapered, len(taper), first, coarse)
        for k in range(len(scale)):
            coarse[k] *= scale[k] / energy
        n_found = _maxima(coarse, first, periods[frame], strengths[frame])
        for rank in range(n_found):
            rounded = int(periods[frame, rank] + 0.5)
            start = _REACH - (_SPAN + rounded) // 2
            correlations(segment[start : start + _SPAN], segment[start + rounded - _NEAR :], fine, energies)
            position, height = vertex(fine, int(np.argmax(fine)))
            periods[frame, rank] = rounded - _NEAR + position
            strengths[frame, rank] = min(height, 1.0)
    return periods, strengths, peaks


def pitch_candidates_plain(
    signal: Array, low: Array, taper: Array, scale: Array, first: int
) -> tuple[Array, Array, Array]:
    """Reference implementation, frame by frame."""
    n_frames = 1 + (len(signal) - 2 * PADDING) // HOP
    periods, strengths = np.zeros((2, n_frames, N_CANDIDATES), np.float32)
    peaks = np.zeros(n_frames, np.float32)
    coarse, (fine, energies) = np.zeros(len(scale), np.float32), np.zeros((2, 2 * _NEAR + 1), np.float32)
    for frame in range(n_frames):
        segment = signal[frame * HOP + PADDING - _REACH :][: 2 * _REACH]
        segment = segment - segment.mean()
        peaks[frame] = np.abs(segment[_REACH - _PEAK_REACH : _REACH + _PEAK_REACH]).max()
        samples = low[frame * HOP // DECIMATION :][: len(taper)]
        tapered = (samples - samples.mean()) * taper
        energy = np.square(tapered).sum()
        if peaks[frame] < _QUIET or energy < _FAINT:
            continue
        autocorrelation_plain(np.pad(tapered, (0, first + len(scale) + 8)), len(taper), first, coarse)
        for rank, rounded in enumerate(_maxima_plain(coarse * scale / energy, first)):
            start = _REACH - (_SPAN + rounded) // 2
            correlations_plain(segment[start : start + _SPAN], segment[start + rounded - _NEAR :], fine, energies)
            position, height = vertex(fine, int(fine.argmax()))
            periods[frame, rank], strengths[frame, rank] = rounded - _NEAR + position, min(height, 1.0)
    return periods, strengths, peaks


@inlined_sums
def _centre(source: Any, segment: Any) -> Any:
    """Copy samples after subtraction of their mean; return the peak in their middle, as the bits of a float.

    The bits of floats without sign have the same order as the floats, and the maximum of integers is vectorised.
    """
    mean = np.float32(0)
    for i in range(2 * _REACH):
        mean += source[i]
    mean /= np.float32(2 * _REACH)
    for i in range(2 * _REACH):
        segment[i] = source[i] - mean
    middle = segment[_REACH - _PEAK_REACH : _REACH + _PEAK_REACH].view(np.int32)
    peak = np.int32(0)
    for i in range(2 * _PEAK_REACH):
        peak = max(peak, middle[i] & np.int32(0x7FFFFFFF))
    return peak


@inlined_sums
def _taper(source: Any, taper: Any, tapered: Any) -> Any:
    """Weight samples after subtraction of their mean; return their energy."""
    mean, energy = np.float32(0), np.float32(0)
    for i in range(len(taper)):
        mean += source[i]
    mean /= np.float32(len(taper))
    for i in range(len(taper)):
        tapered[i] = (source[i] - mean) * taper[i]
        energy += tapered[i] * tapered[i]
    return energy


@inlined
def _maxima(coarse: Any, first: int, periods: Any, scores: Any) -> int:
    """Write the periods of the best local maxima in descending order of their score; return their number."""
    n_found = 0
    for lag in range(1, len(coarse) - 1):
        if coarse[lag] <= _WEAK or coarse[lag] <= coarse[lag - 1] or coarse[lag] < coarse[lag + 1]:
            continue
        position, height = vertex(coarse, lag)
        period = DECIMATION * (first + position)
        score = height - _LAG_COST * period
        if n_found < N_CANDIDATES:
            n_found += 1
        elif score <= scores[-1]:
            continue
        rank = n_found - 1
        while rank > 0 and score > scores[rank - 1]:
            scores[rank], periods[rank] = scores[rank - 1], periods[rank - 1]
            rank -= 1
        scores[rank], periods[rank] = score, period
    return n_found


def _maxima_plain(coarse: Array, first: int) -> list[int]:
    lags = [
        k for k in range(1, len(coarse) - 1) if coarse[k] > max(coarse[k - 1], _WEAK) and coarse[k] >= coarse[k + 1]
    ]
    found = [vertex(coarse, lag) for lag in lags]
    scored = [
        (height - _LAG_COST * DECIMATION * (first + position), DECIMATION * (first + position))
        for position, height in found
    ]
    return [int(period + 0.5) for _, period in sorted(scored, key=lambda each: -each[0])[:N_CANDIDATES]]

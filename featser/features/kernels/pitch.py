"""Candidates for the period of the voice in each frame; `pitch_path` chooses among them.

A coarse search and a fine one, as in Talkin's RAPT: the autocorrelation of the low-passed and decimated signal names
a few periods, and the correlation of the whole signal with itself one period later says how good each of them is.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.correlation import (
    autocorrelation,
    autocorrelation_plain,
    dot,
    likenesses,
    likenesses_plain,
    vertex,
)
from featser.features.kernels.jit import compiled, compiled_sums, inlined, inlined_sums

Array = NDArray[np.float32]

HOP = 160
"""Samples from one frame of the search to the next: 10 ms, for which the costs of a path are made."""

DECIMATION = 4
"""The coarse search runs at 4 kHz: eight samples in the shortest period."""

PADDING = 640
"""Zeros that the signal has before and after it: 40 ms, more than any search reaches beyond its ends."""

N_CANDIDATES = 3
"""Periods that are tried for a frame; a fourth and a fifth change nothing."""

_SPAN = 320
"""Samples that are compared with those one period later: 20 ms, more than one period of any voice."""

_REACH = 304
"""Samples on either side of the centre of a frame that the fine search reads."""

_NEAR = 2
"""Samples on either side of a coarse period in which the fine search looks."""

_PEAK_REACH = 133
"""Samples on either side of the centre in which the peak of a frame is taken: together a period of the lowest voice."""

_QUIET = 0.02
"""Share of the peak of the recording below which a frame holds no voice and is not looked into."""

_FAINT = 1e-9
"""Energy of a frame of the coarse search below which it only holds rounding errors."""

_WEAK = 0.3
"""Autocorrelation below which a maximum is no candidate."""

_LAG_COST = 0.0006
"""What a candidate loses per sample of its period, so that one period wins against two of its kind."""


@compiled_sums
def decimate(signal: Any, taps: Any, n_out: int) -> Any:
    """Weighted sums of ``len(taps)`` samples at every `DECIMATION`-th sample, shape ``(n_out,)``."""
    low = np.empty(n_out, np.float32)
    for place in range(n_out):
        low[place] = dot(taps, signal[DECIMATION * place : DECIMATION * place + len(taps)])
    return low


def decimate_plain(signal: Array, taps: Array, n_out: int) -> Array:
    """Return the same by a product of matrices."""
    return np.lib.stride_tricks.sliding_window_view(signal, len(taps))[::DECIMATION][:n_out] @ taps


@compiled
def pitch_candidates(signal: Any, low: Any, taper: Any, scale: Any, first: int) -> tuple[Any, Any, Any]:
    """Periods at which a frame is like itself, how much, and the peak of the frame.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        with a peak of 1, between `PADDING` zeros
    low : Array
        the same, low-passed and decimated; the taper centred on frame ``t`` begins at ``t * HOP // DECIMATION``
    taper : Array
        weights of the samples of a frame in the coarse search
    scale : Array [shape=(n_lags,)]
        what makes up for the taper at each lag of the coarse search
    first : int
        the shortest of these lags, in samples of ``low``

    Returns
    -------
    periods, likenesses : Array [shape=(n_frames, N_CANDIDATES)]
        in samples, and -1 to 1; 0 where there are fewer candidates
    peaks : Array [shape=(n_frames,)]
        largest sample around the centre of the frame, less the mean
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
        peak_bits[frame] = _cut(signal[frame * HOP + PADDING - _REACH :], segment)
        if peaks[frame] < _QUIET:
            continue
        energy = _weight(low[frame * HOP // DECIMATION :], taper, tapered)
        if energy < _FAINT:
            continue
        autocorrelation(tapered, len(taper), first, coarse)
        for k in range(len(scale)):
            coarse[k] *= scale[k] / energy
        n_found = _maxima(coarse, first, periods[frame], strengths[frame])
        for which in range(n_found):
            middle = int(periods[frame, which] + 0.5)
            start = _REACH - (_SPAN + middle) // 2
            likenesses(segment[start : start + _SPAN], segment[start + middle - _NEAR :], fine, energies)
            place, height = vertex(fine, int(np.argmax(fine)))
            periods[frame, which] = middle - _NEAR + place
            strengths[frame, which] = min(height, 1.0)
    return periods, strengths, peaks


def pitch_candidates_plain(
    signal: Array, low: Array, taper: Array, scale: Array, first: int
) -> tuple[Array, Array, Array]:
    """Return the same frame by frame."""
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
        for which, middle in enumerate(_maxima_plain(coarse * scale / energy, first)):
            start = _REACH - (_SPAN + middle) // 2
            likenesses_plain(segment[start : start + _SPAN], segment[start + middle - _NEAR :], fine, energies)
            place, height = vertex(fine, int(fine.argmax()))
            periods[frame, which], strengths[frame, which] = middle - _NEAR + place, min(height, 1.0)
    return periods, strengths, peaks


@inlined_sums
def _cut(source: Any, segment: Any) -> Any:
    """Copy samples less their mean; return the bits of the peak in their middle.

    Without its sign a float is ordered as its bits are, and of integers the compiler takes sixteen maxima at once.
    """
    mean = np.float32(0)
    for place in range(2 * _REACH):
        mean += source[place]
    mean /= np.float32(2 * _REACH)
    for place in range(2 * _REACH):
        segment[place] = source[place] - mean
    middle = segment[_REACH - _PEAK_REACH : _REACH + _PEAK_REACH].view(np.int32)
    peak = np.int32(0)
    for place in range(2 * _PEAK_REACH):
        peak = max(peak, middle[place] & np.int32(0x7FFFFFFF))
    return peak


@inlined_sums
def _weight(source: Any, taper: Any, tapered: Any) -> Any:
    """Taper samples less their mean; return their energy."""
    mean, energy = np.float32(0), np.float32(0)
    for place in range(len(taper)):
        mean += source[place]
    mean /= np.float32(len(taper))
    for place in range(len(taper)):
        tapered[place] = (source[place] - mean) * taper[place]
        energy += tapered[place] * tapered[place]
    return energy


@inlined
def _maxima(coarse: Any, first: int, periods: Any, scores: Any) -> int:
    """Write the periods of the best local maxima, best first; return how many there are."""
    n_found = 0
    for lag in range(1, len(coarse) - 1):
        if coarse[lag] <= _WEAK or coarse[lag] <= coarse[lag - 1] or coarse[lag] < coarse[lag + 1]:
            continue
        place, height = vertex(coarse, lag)
        period = DECIMATION * (first + place)
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
        (height - _LAG_COST * DECIMATION * (first + place), DECIMATION * (first + place)) for place, height in found
    ]
    return [int(period + 0.5) for _, period in sorted(scored, key=lambda each: -each[0])[:N_CANDIDATES]]

"""Power spectra of many frames at once: a real FFT whose innermost loop runs over frames, not over bins.

Frames are held as lanes: sample ``j`` of `LANES` consecutive frames lies contiguous in memory, so every step of the
transform is one vector operation on all of them. The transform is a self-sorting radix-4 FFT of the even samples as
real and the odd samples as imaginary parts (Van Loan, Computational frameworks for the fast Fourier transform, 1992,
sec. 1.7 and 4.3).
"""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]

LANES = {np.dtype(np.float32): 40, np.dtype(np.float64): 28}
"""Frames per block. Not a power of two: with 16 or 32 the sixteen streams of a butterfly would lie at multiples of
4 KiB, all in the same set of the cache, and the transform would take twice the time."""

_STRIP = 16
"""Samples in a line of the cache."""


def power_spectrogram(hops: Array, n_frames: int, window: NDArray[np.floating], n_fft: int) -> Array:
    """Squared magnitude of the short-time Fourier transform, in the precision of the window.

    Parameters
    ----------
    hops : Array [shape=(hop, n_hops)]
        the signal with ``n_fft // 2`` zeros before it, cut into hops, transposed; see `as_hops`
    window : NDArray [shape=(n_window,)]
        taper, centred in the transform; its type is the precision of the transform

    Returns
    -------
    Array [shape=(n_fft // 2 + 1, n_frames)]
        equal to `power_spectrogram_plain` within single precision
    """
    half, lanes = n_fft // 2, LANES[window.dtype]
    stages = _stages(half, window.dtype)
    cosine, sine = _rotation(n_fft, window.dtype)
    power = np.empty((half + 1, max(n_frames, lanes)), dtype=np.float32)
    first, second = np.zeros((2, 2 * half * lanes), dtype=window.dtype)
    start = (n_fft - len(window)) // 2
    for frame in _block_starts(n_frames, lanes):
        source, target = first, second
        _load(hops, frame, lanes, window, start, source)
        for stage, twiddles in stages:
            stage(source, target, twiddles)
            source, target = target, source
        _finish(source, cosine, sine, frame, power)
    return power[:, :n_frames]


def power_spectrogram_plain(hops: Array, n_frames: int, window: NDArray[np.floating], n_fft: int) -> Array:
    """Return the same by `numpy.fft` in double precision."""
    signal = hops.T.ravel()
    frames = np.lib.stride_tricks.sliding_window_view(signal, n_fft)[:: len(hops)][:n_frames]
    taper = np.zeros(n_fft)
    start = (n_fft - len(window)) // 2
    taper[start : start + len(window)] = window
    spectrum = np.fft.rfft(frames * taper)
    return np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T, dtype=np.float32)


def as_hops(signal: Array, hop: int, n_fft: int) -> Array:
    """Signal between zeros, cut into hops and transposed, shape ``(hop, n_hops)``; enough hops for whole blocks."""
    n_frames = max(1 + len(signal) // hop, *LANES.values())
    hops = np.zeros((hop, n_frames + -(-n_fft // hop)), dtype=np.float32)
    _cut(np.ascontiguousarray(signal), n_fft // 2, hops)
    return hops


def as_hops_plain(signal: Array, hop: int, n_fft: int) -> Array:
    """Return the same by numpy, with as many hops as the signal needs."""
    n_hops = 1 + len(signal) // hop + -(-n_fft // hop)
    padded = np.pad(signal, (n_fft // 2, n_hops * hop - n_fft // 2 - len(signal)))
    return padded.reshape(n_hops, hop).T


def _block_starts(n_frames: int, lanes: int) -> list[int]:
    """First frame of each block; the last block overlaps the one before it, so that all are full."""
    if n_frames <= lanes:
        return [0]
    return [*range(0, n_frames - lanes, lanes), n_frames - lanes]


@lru_cache(maxsize=8)
def _rotation(n_fft: int, dtype: np.dtype[np.floating]) -> tuple[NDArray[np.floating], NDArray[np.floating]]:
    angle = -2 * np.pi * np.arange(n_fft // 4 + 1) / n_fft
    return np.cos(angle).astype(dtype), np.sin(angle).astype(dtype)


@lru_cache(maxsize=8)
def _stages(n_points: int, dtype: np.dtype[np.floating]) -> list[tuple[Callable[..., None], NDArray[np.floating]]]:
    """Steps of a complex transform of a power of two, with the twiddle factors of each."""
    stages: list[tuple[Callable[..., None], NDArray[np.floating]]] = []
    left, stride, lanes = n_points, 1, LANES[dtype]
    while left >= 4:
        angle = -2j * np.pi * np.arange(left // 4) / left
        factors = [part(np.exp(power * angle)) for power in (1, 2, 3) for part in (np.real, np.imag)]
        stages.append((_radix_4(n_points, left, stride, lanes), np.array(factors, dtype=dtype)))
        left, stride = left // 4, stride * 4
    if left == 2:
        stages.append((_radix_2(n_points, lanes), np.zeros((6, 1), dtype=dtype)))
    return stages


@numba.njit(nogil=True, cache=True)
def _cut(signal: Any, n_before: int, hops: Any) -> None:
    """Lay the signal out behind ``n_before`` zeros, strip by strip, so that each line of the cache is read once."""
    hop, n_hops = hops.shape
    for first in range(0, hop, _STRIP):
        for number in range(n_hops):
            start = number * hop + first - n_before
            if start >= 0 and start + _STRIP <= len(signal) and first + _STRIP <= hop:
                strip = signal[start : start + _STRIP]
                for sample in range(_STRIP):
                    hops[first + sample, number] = strip[sample]
            else:
                for sample in range(max(0, -start), min(_STRIP, hop - first, len(signal) - start)):
                    hops[first + sample, number] = signal[start + sample]


@numba.njit(nogil=True, cache=True)
def _load(hops: Any, frame: int, lanes: int, window: Any, start: int, block: Any) -> None:
    """Weight samples by the window and lay even ones out as real, odd ones as imaginary parts."""
    hop = hops.shape[0]
    imaginary = len(block) // 2
    if len(window) * lanes < len(block):
        block[:] = 0
    for position in range(len(window)):
        sample = start + position
        place = (sample // 2) * lanes + (sample % 2) * imaginary
        column = frame + sample // hop
        source = hops[sample % hop, column : column + lanes]
        target = block[place : place + lanes]
        weight = window[position]
        for lane in range(lanes):
            target[lane] = weight * source[lane]


@numba.njit(nogil=True, cache=True)
def _finish(block: Any, cosine: Any, sine: Any, frame: int, power: Any) -> None:
    """Take the spectra of even and odd samples apart, put them together, and square."""
    half = power.shape[0] - 1
    lanes = len(block) // (2 * half)
    real, imaginary = block[: half * lanes], block[half * lanes :]
    lowest, highest = power[0, frame : frame + lanes], power[half, frame : frame + lanes]
    for lane in range(lanes):
        lowest[lane] = (real[lane] + imaginary[lane]) ** 2
        highest[lane] = (real[lane] - imaginary[lane]) ** 2
    even, odd = np.empty((2, lanes), block.dtype), np.empty((2, lanes), block.dtype)
    for k in range(1, half // 2 + 1):
        low_r, high_r = real[k * lanes : (k + 1) * lanes], real[(half - k) * lanes : (half - k + 1) * lanes]
        low_i, high_i = imaginary[k * lanes : (k + 1) * lanes], imaginary[(half - k) * lanes : (half - k + 1) * lanes]
        c, s = cosine[k], sine[k]
        for lane in range(lanes):
            even[0, lane] = low_r[lane] + high_r[lane]
            even[1, lane] = low_i[lane] - high_i[lane]
            sum_i, difference_r = low_i[lane] + high_i[lane], high_r[lane] - low_r[lane]
            odd[0, lane] = sum_i * c - difference_r * s
            odd[1, lane] = sum_i * s + difference_r * c
        below, above = power[k, frame : frame + lanes], power[half - k, frame : frame + lanes]
        quarter = np.float32(0.25)
        for lane in range(lanes):
            below[lane] = quarter * ((even[0, lane] + odd[0, lane]) ** 2 + (even[1, lane] + odd[1, lane]) ** 2)
        for lane in range(lanes):
            above[lane] = quarter * ((even[0, lane] - odd[0, lane]) ** 2 + (even[1, lane] - odd[1, lane]) ** 2)


def _radix_4(n_points: int, left: int, stride: int, lanes: int) -> Callable[..., None]:
    """Step of the transform whose distances are constants, without which the compiler would not vectorise it."""
    imaginary = n_points * lanes
    run = stride * lanes
    quarter = left // 4 * run

    @numba.njit(nogil=True, cache=True)
    def step(source: Any, target: Any, twiddles: Any) -> None:
        for p in range(left // 4):
            c1, s1, c2, s2, c3, s3 = twiddles[:, p]
            x = source[run * p : run * p + imaginary + 3 * quarter + run]
            y = target[4 * run * p : 4 * run * p + imaginary + 4 * run]
            for i in range(run):
                ar, br, cr, dr = x[i], x[i + quarter], x[i + 2 * quarter], x[i + 3 * quarter]
                j = i + imaginary
                ai, bi, ci, di = x[j], x[j + quarter], x[j + 2 * quarter], x[j + 3 * quarter]
                sum_r, sum_i, gap_r, gap_i = ar + cr, ai + ci, ar - cr, ai - ci
                other_r, other_i, turn_r, turn_i = br + dr, bi + di, bi - di, dr - br
                y[i], y[j] = sum_r + other_r, sum_i + other_i
                r, k = gap_r + turn_r, gap_i + turn_i
                y[i + run], y[j + run] = r * c1 - k * s1, r * s1 + k * c1
                r, k = sum_r - other_r, sum_i - other_i
                y[i + 2 * run], y[j + 2 * run] = r * c2 - k * s2, r * s2 + k * c2
                r, k = gap_r - turn_r, gap_i - turn_i
                y[i + 3 * run], y[j + 3 * run] = r * c3 - k * s3, r * s3 + k * c3

    return step


def _radix_2(n_points: int, lanes: int) -> Callable[..., None]:
    """Last step where the number of points is no power of four."""
    imaginary = n_points * lanes
    run = n_points // 2 * lanes

    @numba.njit(nogil=True, cache=True)
    def step(source: Any, target: Any, _twiddles: Any) -> None:
        for i in range(run):
            j = i + imaginary
            ar, br, ai, bi = source[i], source[i + run], source[j], source[j + run]
            target[i], target[i + run] = ar + br, ar - br
            target[j], target[j + run] = ai + bi, ai - bi

    return step

"""Power spectra of all frames of a signal, a block of frames at a time."""

from collections.abc import Callable
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.fft import (
    GAP,
    LANES,
    SCRATCH,
    SIZES,
    first_pass,
    last_pass,
    middle_pass,
    radix_4,
    radix_8,
    twiddle_factors,
)
from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]
Factors = NDArray[np.float64]

_STRIP = 16
"""Samples per cache line."""


def power_spectrogram(signal: Array, hop: int, window: NDArray[np.floating], n_fft: int) -> Array:
    """Squared magnitude of the short-time Fourier transform, computed in double precision.

    Parameters
    ----------
    signal : Array [shape=(n_samples,)]
        signal, continued by zeros; frames are centred on multiples of ``hop`` samples
    hop : int
        distance of two frames in samples
    window : NDArray of float [shape=(n_window,)]
        taper, centred in the transform; at most ``n_fft`` samples
    n_fft : int
        length of the transform, a power of two from 32 to 65,536

    Returns
    -------
    Array [shape=(n_fft // 2 + 1, 1 + n_samples // hop)]
        power of each bin and frame

    Raises
    ------
    ValueError
        another length of the transform
    """
    n_points, n_frames = n_fft // 2, 1 + len(signal) // hop
    taper = np.zeros(n_fft)
    start = (n_fft - len(window)) // 2
    taper[start : start + len(window)] = 0.5 * window  # in place of a division of each bin by 4
    power = np.empty((n_points + 1, max(n_frames, LANES)), dtype=np.float32)
    tile = np.empty((min(hop, n_fft), _columns(n_fft, hop)), dtype=np.float32)
    blocks, scratch = np.empty((2, 2 * n_points * LANES + GAP)), np.empty(SCRATCH)
    transform, offsets, factors, rotation = _plan(n_fft, hop)
    transform(np.ascontiguousarray(signal), hop, taper, offsets, factors, rotation, tile, blocks, scratch, power)
    return power[:, :n_frames]


def power_spectrogram_plain(signal: Array, hop: int, window: NDArray[np.floating], n_fft: int) -> Array:
    """Reference implementation with `numpy.fft`."""
    padded = np.pad(signal.astype(np.float64), n_fft // 2)
    frames = np.lib.stride_tricks.sliding_window_view(padded, n_fft)[::hop]
    taper = np.zeros(n_fft)
    start = (n_fft - len(window)) // 2
    taper[start : start + len(window)] = window
    spectrum = np.fft.rfft(frames * taper)
    return np.ascontiguousarray((spectrum.real**2 + spectrum.imag**2).T, dtype=np.float32)


@lru_cache(maxsize=8)
def _plan(n_fft: int, hop: int) -> tuple[Callable[..., None], NDArray[np.int64], Factors, Factors]:
    """Compiled transform, offset of each sample in a tile, twiddle factors, and rotation of the bins."""
    n_points = n_fft // 2
    if n_points not in SIZES:
        raise ValueError(f"n_fft is {n_fft}; it must be a power of two from 32 to 65,536")
    sample = np.arange(n_fft)
    angle = -2 * np.pi * np.arange(n_fft // 4 + 1) / n_fft
    offsets = sample % hop * _columns(n_fft, hop) + sample // hop
    return _transform(n_points), offsets, twiddle_factors(n_points), np.array([np.cos(angle), np.sin(angle)])


def _columns(n_fft: int, hop: int) -> int:
    """Number of hops that a block of frames covers."""
    return LANES + (n_fft - 1) // hop


@lru_cache(maxsize=8)
def _transform(n_points: int) -> Callable[..., None]:  # noqa: C901 - the compiler decides all branches on n_points
    """Return the transform for one number of complex points, compiled at its first call."""
    radix = 4 if n_points.bit_length() % 2 else 8  # 4 if the number of points is a power of four

    def transform(
        signal: Any, hop: int, taper: Any, offsets: Any, factors: Any, rotation: Any,
        tile: Any, blocks: Any, scratch: Any, power: Any,
    ) -> None:  # fmt: skip
        n_frames = power.shape[1]
        flat = tile.reshape(tile.size)
        for first in range(0, n_frames, LANES):
            frame = min(first, n_frames - LANES)  # the last block overlaps the previous one, so all are full
            source, target = blocks[0], blocks[1]
            _copy_hops(signal, frame * hop - n_points, hop, tile)
            first_pass(flat, offsets, taper, factors[0], n_points, source)
            if n_points > 32:
                middle_pass(source, factors[1], n_points, 4, target)
                source, target = target, source
            if n_points > 128:
                middle_pass(source, factors[2], n_points, 16, target)
                source, target = target, source
            if n_points > 512:
                middle_pass(source, factors[3], n_points, 64, target)
                source, target = target, source
            if n_points > 2048:
                middle_pass(source, factors[4], n_points, 256, target)
                source, target = target, source
            if n_points > 8192:
                middle_pass(source, factors[5], n_points, 1024, target)
                source, target = target, source
            if radix == 4:
                last_pass(source, radix_4, factors[-1], n_points, radix, rotation, scratch, frame, power)
            else:
                last_pass(source, radix_8, factors[-1], n_points, radix, rotation, scratch, frame, power)

    transform.__qualname__ = f"transform_{n_points}"  # names its cache file: two processes may compile two lengths
    return compiled(transform)


@inlined
def _copy_hops(signal: Any, start: int, hop: int, tile: Any) -> None:
    """Copy the hops of a block to the columns of a tile, with zeros beyond the ends of the signal."""
    n_rows, n_columns = tile.shape
    for first in range(0, n_rows, _STRIP):
        for column in range(n_columns):
            begin = start + column * hop + first
            if begin >= 0 and begin + _STRIP <= len(signal) and first + _STRIP <= n_rows:
                strip = signal[begin : begin + _STRIP]
                for sample in range(_STRIP):
                    tile[first + sample, column] = strip[sample]
            else:
                for sample in range(min(_STRIP, n_rows - first)):
                    inside = 0 <= begin + sample < len(signal)
                    tile[first + sample, column] = signal[begin + sample] if inside else np.float32(0)

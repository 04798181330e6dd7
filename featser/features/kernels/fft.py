"""Passes of a real FFT whose innermost loops run over frames, not over bins.

Frames are held as lanes: number ``k`` of `LANES` consecutive frames lies contiguous in memory, so every step is one
vector operation on all of them. The transform is a self-sorting radix-4 FFT of the even samples as real and the odd
samples as imaginary parts (Van Loan, Computational frameworks for the fast Fourier transform, 1992, sec. 1.7 and 4.3).
Its first pass weights the samples on their way in, its last one squares the bins on their way out.

A block of frames is one array: the real parts of all points, `GAP` numbers that nobody reads, the imaginary parts. All
distances within it follow from the number of points; they must be constants where a pass is compiled, else the
compiler does not vectorise it, so passes are copied into the loop that asks for them.
"""

from typing import Any

import numba
import numpy as np

LANES = 32
"""Frames per block: whole vectors and whole lines of the cache, and few enough for two blocks in its second level."""

GAP = 192
"""Numbers between real and imaginary parts. Without it all streams of a pass would lie at multiples of 4 KiB, in one
set of the first level, and the longer transform would take half as long again."""

SCRATCH = 48 * LANES
"""Numbers that the last pass has in hand: two times eight points, and eight on their way there."""

SIZES = tuple(1 << power for power in range(4, 16))
"""Numbers of points that can be transformed."""

_copied = numba.njit(nogil=True, forceinline=True)


@_copied
def first_pass(tile: Any, places: Any, taper: Any, twiddles: Any, n_points: int, target: Any) -> None:
    """Weight the samples, and combine points that are a quarter of the transform apart.

    Sample ``j`` of all lanes begins at ``places[j]`` of the tile, and is weighted by ``taper[j]``.
    """
    quarter, imaginary = n_points // 4, n_points * LANES + GAP
    for p in range(quarter):
        a, b, c, d = 2 * p, 2 * (p + quarter), 2 * (p + 2 * quarter), 2 * (p + 3 * quarter)
        even_a, odd_a = tile[places[a] : places[a] + LANES], tile[places[a + 1] : places[a + 1] + LANES]
        even_b, odd_b = tile[places[b] : places[b] + LANES], tile[places[b + 1] : places[b + 1] + LANES]
        even_c, odd_c = tile[places[c] : places[c] + LANES], tile[places[c + 1] : places[c + 1] + LANES]
        even_d, odd_d = tile[places[d] : places[d] + LANES], tile[places[d + 1] : places[d + 1] + LANES]
        a_r, b_r, c_r, d_r = taper[a], taper[b], taper[c], taper[d]
        a_i, b_i, c_i, d_i = taper[a + 1], taper[b + 1], taper[c + 1], taper[d + 1]
        c1, s1, c2, s2, c3, s3 = _column(twiddles, p)
        y = target[4 * LANES * p : 4 * LANES * p + imaginary + 4 * LANES]
        for i in range(LANES):
            j = i + imaginary
            y[i], y[j], r1, i1, r2, i2, r3, i3 = _butterfly(
                a_r * even_a[i], b_r * even_b[i], c_r * even_c[i], d_r * even_d[i],
                a_i * odd_a[i], b_i * odd_b[i], c_i * odd_c[i], d_i * odd_d[i],
            )  # fmt: skip
            y[i + LANES], y[j + LANES] = _turned(r1, i1, c1, s1)
            y[i + 2 * LANES], y[j + 2 * LANES] = _turned(r2, i2, c2, s2)
            y[i + 3 * LANES], y[j + 3 * LANES] = _turned(r3, i3, c3, s3)


@_copied
def middle_pass(source: Any, twiddles: Any, n_points: int, stride: int, target: Any) -> None:
    """Combine points a quarter of the transform apart, ``stride`` neighbours alike."""
    imaginary, run = n_points * LANES + GAP, stride * LANES
    for p in range(n_points // (4 * stride)):
        _four_turned(source, run * p, twiddles, p, n_points, run, target, 4 * run * p, imaginary)


@_copied
def last_pass(
    source: Any, twiddles: Any, n_points: int, n_apart: int, rotation: Any, scratch: Any, frame: int, power: Any
) -> None:
    """Combine the last four points, or eight; take the spectra of even and odd samples apart, and square."""
    apart = n_points // n_apart
    below, above, between = scratch, scratch[2 * n_apart * LANES :], scratch[4 * n_apart * LANES :]
    for q in range(apart // 2 + 1):
        opposite = (apart - q) % apart
        if n_apart == 4:
            _four(source, q * LANES, n_points, n_apart, below)
            _four(source, opposite * LANES, n_points, n_apart, above)
        else:
            _eight(source, q * LANES, twiddles, n_points, between, below)
            _eight(source, opposite * LANES, twiddles, n_points, between, above)
        _square(scratch, q, n_points, n_apart, rotation, frame, power)


@_copied
def _four(source: Any, start: int, n_points: int, n_apart: int, target: Any) -> None:
    """Combine four points a quarter of the transform apart, none turned; real and imaginary parts ``n_apart`` apart."""
    quarter, imaginary, beyond = n_points // 4 * LANES, n_points * LANES + GAP, n_apart * LANES
    x = source[start : start + imaginary + 3 * quarter + LANES]
    y = target[: beyond + 4 * LANES]
    for i in range(LANES):
        j, k = i + imaginary, i + beyond
        y[i], y[k], r1, i1, r2, i2, r3, i3 = _butterfly(
            x[i], x[i + quarter], x[i + 2 * quarter], x[i + 3 * quarter],
            x[j], x[j + quarter], x[j + 2 * quarter], x[j + 3 * quarter],
        )  # fmt: skip
        y[i + LANES], y[k + LANES] = r1, i1
        y[i + 2 * LANES], y[k + 2 * LANES] = r2, i2
        y[i + 3 * LANES], y[k + 3 * LANES] = r3, i3


@_copied
def _four_turned(
    source: Any, start: int, twiddles: Any, p: int, n_points: int, run: int, target: Any, place: int, beyond: int
) -> None:
    """Combine four points, ``run`` numbers of each, and turn them; imaginary parts go ``beyond`` the real ones."""
    quarter, imaginary = n_points // 4 * LANES, n_points * LANES + GAP
    c1, s1, c2, s2, c3, s3 = _column(twiddles, p)
    x = source[start : start + imaginary + 3 * quarter + run]
    y = target[place : place + beyond + 4 * run]
    for i in range(run):
        j, k = i + imaginary, i + beyond
        y[i], y[k], r1, i1, r2, i2, r3, i3 = _butterfly(
            x[i], x[i + quarter], x[i + 2 * quarter], x[i + 3 * quarter],
            x[j], x[j + quarter], x[j + 2 * quarter], x[j + 3 * quarter],
        )  # fmt: skip
        y[i + run], y[k + run] = _turned(r1, i1, c1, s1)
        y[i + 2 * run], y[k + 2 * run] = _turned(r2, i2, c2, s2)
        y[i + 3 * run], y[k + 3 * run] = _turned(r3, i3, c3, s3)


@_copied
def _eight(source: Any, start: int, twiddles: Any, n_points: int, scratch: Any, target: Any) -> None:
    """Combine eight points an eighth of the transform apart."""
    half, beyond = 4 * LANES, 8 * LANES
    _four(source, start, n_points, 8, scratch)
    _four_turned(source, start + n_points // 8 * LANES, twiddles, 1, n_points, LANES, scratch, half, beyond)
    for i in range(half):
        a_r, b_r, a_i, b_i = scratch[i], scratch[i + half], scratch[i + beyond], scratch[i + beyond + half]
        target[i], target[i + half] = a_r + b_r, a_r - b_r
        target[i + beyond], target[i + beyond + half] = a_i + b_i, a_i - b_i


@_copied
def _square(scratch: Any, q: int, n_points: int, n_apart: int, rotation: Any, frame: int, power: Any) -> None:
    """Power of bins whose points are in hand: ``q`` and every ``n_points / n_apart``-th, and those opposite of them."""
    apart, opposite = n_points // n_apart, 2 * n_apart
    if q == 0:
        lowest, highest = power[0, frame : frame + LANES], power[n_points, frame : frame + LANES]
        for lane in range(LANES):
            real, imaginary = scratch[lane], scratch[n_apart * LANES + lane]
            lowest[lane], highest[lane] = 4 * (real + imaginary) ** 2, 4 * (real - imaginary) ** 2
        for m in range(1, n_apart // 2 + 1):
            _pair(scratch, m, n_apart - m, n_apart, m * apart, rotation, frame, power)
    else:
        for m in range(n_apart // 2):
            _pair(scratch, m, opposite + n_apart - 1 - m, n_apart, q + m * apart, rotation, frame, power)
            _pair(scratch, opposite + m, n_apart - 1 - m, n_apart, apart - q + m * apart, rotation, frame, power)


@_copied
def _pair(scratch: Any, low: int, high: int, n_apart: int, k: int, rotation: Any, frame: int, power: Any) -> None:
    """Take the spectra of even and odd samples apart at a bin and the opposite one, put them together, and square."""
    imaginary, c, s = n_apart * LANES, rotation[0, k], rotation[1, k]
    low_r, high_r = scratch[low * LANES : (low + 1) * LANES], scratch[high * LANES : (high + 1) * LANES]
    low_i = scratch[imaginary + low * LANES : imaginary + (low + 1) * LANES]
    high_i = scratch[imaginary + high * LANES : imaginary + (high + 1) * LANES]
    below, above = power[k, frame : frame + LANES], power[len(power) - 1 - k, frame : frame + LANES]
    for lane in range(LANES):
        even_r, even_i = low_r[lane] + high_r[lane], low_i[lane] - high_i[lane]
        sum_i, gap_r = low_i[lane] + high_i[lane], high_r[lane] - low_r[lane]
        odd_r, odd_i = sum_i * c - gap_r * s, sum_i * s + gap_r * c
        below[lane] = (even_r + odd_r) ** 2 + (even_i + odd_i) ** 2
        above[lane] = (even_r - odd_r) ** 2 + (even_i - odd_i) ** 2


@_copied
def _butterfly(
    a_r: Any, b_r: Any, c_r: Any, d_r: Any, a_i: Any, b_i: Any, c_i: Any, d_i: Any
) -> tuple[Any, Any, Any, Any, Any, Any, Any, Any]:
    """Fourier transform of four points: real and imaginary part of each."""
    sum_r, sum_i, gap_r, gap_i = a_r + c_r, a_i + c_i, a_r - c_r, a_i - c_i
    other_r, other_i, turn_r, turn_i = b_r + d_r, b_i + d_i, b_i - d_i, d_r - b_r
    return (
        sum_r + other_r, sum_i + other_i, gap_r + turn_r, gap_i + turn_i,
        sum_r - other_r, sum_i - other_i, gap_r - turn_r, gap_i - turn_i,
    )  # fmt: skip


@_copied
def _turned(real: Any, imaginary: Any, cosine: Any, sine: Any) -> tuple[Any, Any]:
    """Multiply by a point of the unit circle."""
    return real * cosine - imaginary * sine, real * sine + imaginary * cosine


@_copied
def _column(twiddles: Any, p: int) -> tuple[Any, Any, Any, Any, Any, Any]:
    return twiddles[0, p], twiddles[1, p], twiddles[2, p], twiddles[3, p], twiddles[4, p], twiddles[5, p]


def twiddle_factors(n_points: int) -> Any:
    """Factors of each pass of four, shape ``(n_passes, 6, n_points // 4)``: cosines and sines of three powers."""
    left, factors = n_points, []
    while left >= 4:
        angle = -2j * np.pi * np.arange(left // 4) / left
        own = np.zeros((6, n_points // 4))
        own[:, : left // 4] = [part(np.exp(power * angle)) for power in (1, 2, 3) for part in (np.real, np.imag)]
        factors.append(own)
        left //= 4
    return np.array(factors)

"""Passes of a real fast Fourier transform whose innermost loops run over frames, not over bins.

A block holds `LANES` consecutive frames. The values of one point in all frames of the block lie side by side, so every
step is a vector operation on all frames. The transform is a self-sorting radix-4 FFT of complex points, whose real
parts are the even samples and whose imaginary parts are the odd samples (Van Loan, Computational frameworks for the
fast Fourier transform, 1992, sec. 1.7 and 4.3). The first pass weights the samples, and the last pass squares the bins.

A block is one array: the real parts of all points, `GAP` unused values, the imaginary parts. All distances in it follow
from the number of points. The compiler vectorises a pass only if these distances are constants, so each pass is
compiled for its number of points and inlined into the transform.
"""

from typing import Any

import numpy as np

from featser.features.kernels.jit import inlined

LANES = 32
"""Frames per block: a multiple of the vector and cache line lengths. Two blocks fit into the second-level cache."""

GAP = 192
"""Values between real and imaginary parts. Without them all streams of a pass are a multiple of 4 KiB apart and map to
one set of the first-level cache, which makes the long transform 50 % slower."""

SCRATCH = 48 * LANES
"""Values of the buffer of the last pass: two groups of eight complex points, and one intermediate group."""

SIZES = tuple(1 << power for power in range(4, 16))
"""Supported numbers of points."""


@inlined
def first_pass(tile: Any, offsets: Any, taper: Any, twiddles: Any, n_points: int, target: Any) -> None:
    """Weight the samples, and combine points that are a quarter of the transform apart.

    Parameters
    ----------
    tile : NDArray of float32 [shape=(n_values,)]
        samples; those of sample ``j`` in all frames begin at ``offsets[j]``
    offsets : NDArray of int64 [shape=(2 * n_points,)]
        first value of each sample in ``tile``
    taper : NDArray of float64 [shape=(2 * n_points,)]
        weight of each sample
    twiddles : NDArray of float64 [shape=(6, n_points // 4)]
        factors of this pass, from `twiddle_factors`
    n_points : int
        complex points, half the number of samples
    target : NDArray of float64 [shape=(2 * n_points * LANES + GAP,)]
        receives the block
    """
    quarter, imaginary = n_points // 4, n_points * LANES + GAP
    for p in range(quarter):
        a, b, c, d = 2 * p, 2 * (p + quarter), 2 * (p + 2 * quarter), 2 * (p + 3 * quarter)
        even_a, odd_a = tile[offsets[a] : offsets[a] + LANES], tile[offsets[a + 1] : offsets[a + 1] + LANES]
        even_b, odd_b = tile[offsets[b] : offsets[b] + LANES], tile[offsets[b + 1] : offsets[b + 1] + LANES]
        even_c, odd_c = tile[offsets[c] : offsets[c] + LANES], tile[offsets[c + 1] : offsets[c + 1] + LANES]
        even_d, odd_d = tile[offsets[d] : offsets[d] + LANES], tile[offsets[d + 1] : offsets[d + 1] + LANES]
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
            y[i + LANES], y[j + LANES] = _rotate(r1, i1, c1, s1)
            y[i + 2 * LANES], y[j + 2 * LANES] = _rotate(r2, i2, c2, s2)
            y[i + 3 * LANES], y[j + 3 * LANES] = _rotate(r3, i3, c3, s3)


@inlined
def middle_pass(source: Any, twiddles: Any, n_points: int, stride: int, target: Any) -> None:
    """Combine points that are a quarter of the transform apart; ``stride`` neighbours have the same twiddle factors.

    Parameters
    ----------
    source : NDArray of float64 [shape=(2 * n_points * LANES + GAP,)]
        block from the previous pass
    twiddles : NDArray of float64 [shape=(6, n_points // 4)]
        factors of this pass
    n_points, stride : int
        complex points; product of the radices of all previous passes
    target : NDArray of float64 [shape=(2 * n_points * LANES + GAP,)]
        receives the block
    """
    imaginary, run = n_points * LANES + GAP, stride * LANES
    for p in range(n_points // (4 * stride)):
        _rotated_radix_4(source, run * p, twiddles, p, n_points, run, target, 4 * run * p, imaginary)


@inlined
def last_pass(
    source: Any, combine: Any, twiddles: Any, n_points: int, radix: int, rotation: Any, scratch: Any, frame: int,
    power: Any,
) -> None:  # fmt: skip
    """Finish the transform of complex points, separate the spectra of even and odd samples, and square the bins.

    Parameters
    ----------
    source : NDArray of float64 [shape=(2 * n_points * LANES + GAP,)]
        block from the previous pass
    combine : compiled function
        `radix_4` or `radix_8`
    twiddles : NDArray of float64 [shape=(6, n_points // 4)]
        factors of the last pass of four
    n_points, radix : int
        complex points; 4 or 8
    rotation : NDArray of float64 [shape=(2, n_points // 2 + 1)]
        cosine and sine of the angle between even and odd samples in each bin
    scratch : NDArray of float64 [shape=(SCRATCH,)]
        buffer
    frame : int
        first frame of the block
    power : NDArray of float32 [shape=(n_points + 1, n_frames)]
        receives the squared magnitudes
    """
    apart = n_points // radix
    between = scratch[4 * radix * LANES :]
    for q in range(apart // 2 + 1):
        for side in range(2):
            start = (apart - q) % apart if side else q
            combine(source, start * LANES, twiddles, n_points, radix, between, scratch[2 * side * radix * LANES :])
        _square(scratch, q, n_points, radix, rotation, frame, power)


@inlined
def radix_4(source: Any, start: int, _twiddles: Any, n_points: int, radix: int, _scratch: Any, target: Any) -> None:
    """Combine four points a quarter of the transform apart; imaginary parts follow ``radix`` real parts."""
    quarter, imaginary, beyond = n_points // 4 * LANES, n_points * LANES + GAP, radix * LANES
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


@inlined
def radix_8(source: Any, start: int, twiddles: Any, n_points: int, radix: int, scratch: Any, target: Any) -> None:
    """Combine eight points an eighth of the transform apart; imaginary parts follow ``radix`` real parts."""
    half, beyond = 4 * LANES, radix * LANES
    radix_4(source, start, twiddles, n_points, radix, scratch, scratch)
    _rotated_radix_4(source, start + n_points // 8 * LANES, twiddles, 1, n_points, LANES, scratch, half, beyond)
    for i in range(half):
        a_r, b_r, a_i, b_i = scratch[i], scratch[i + half], scratch[i + beyond], scratch[i + beyond + half]
        target[i], target[i + half] = a_r + b_r, a_r - b_r
        target[i + beyond], target[i + beyond + half] = a_i + b_i, a_i - b_i


@inlined
def _rotated_radix_4(
    source: Any, start: int, twiddles: Any, p: int, n_points: int, run: int, target: Any, first: int, beyond: int
) -> None:
    """Combine four points, ``run`` values of each, and rotate them; imaginary parts lie ``beyond`` the real parts."""
    quarter, imaginary = n_points // 4 * LANES, n_points * LANES + GAP
    c1, s1, c2, s2, c3, s3 = _column(twiddles, p)
    x = source[start : start + imaginary + 3 * quarter + run]
    y = target[first : first + beyond + 4 * run]
    for i in range(run):
        j, k = i + imaginary, i + beyond
        y[i], y[k], r1, i1, r2, i2, r3, i3 = _butterfly(
            x[i], x[i + quarter], x[i + 2 * quarter], x[i + 3 * quarter],
            x[j], x[j + quarter], x[j + 2 * quarter], x[j + 3 * quarter],
        )  # fmt: skip
        y[i + run], y[k + run] = _rotate(r1, i1, c1, s1)
        y[i + 2 * run], y[k + 2 * run] = _rotate(r2, i2, c2, s2)
        y[i + 3 * run], y[k + 3 * run] = _rotate(r3, i3, c3, s3)


@inlined
def _square(scratch: Any, q: int, n_points: int, radix: int, rotation: Any, frame: int, power: Any) -> None:
    """Power of the bins in the buffer: ``q``, every ``n_points / radix``-th from there, and their mirror images."""
    apart, opposite = n_points // radix, 2 * radix
    if q == 0:
        lowest, highest = power[0, frame : frame + LANES], power[n_points, frame : frame + LANES]
        for lane in range(LANES):
            real, imaginary = scratch[lane], scratch[radix * LANES + lane]
            lowest[lane], highest[lane] = 4 * (real + imaginary) ** 2, 4 * (real - imaginary) ** 2
        for m in range(1, radix // 2 + 1):
            _pair(scratch, m, radix - m, radix, m * apart, rotation, frame, power)
    else:
        for m in range(radix // 2):
            _pair(scratch, m, opposite + radix - 1 - m, radix, q + m * apart, rotation, frame, power)
            _pair(scratch, opposite + m, radix - 1 - m, radix, apart - q + m * apart, rotation, frame, power)


@inlined
def _pair(scratch: Any, low: int, high: int, radix: int, k: int, rotation: Any, frame: int, power: Any) -> None:
    """Power of bin ``k`` and of its mirror image: separate the spectra of even and odd samples, add them, square."""
    imaginary, c, s = radix * LANES, rotation[0, k], rotation[1, k]
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


@inlined
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


@inlined
def _rotate(real: Any, imaginary: Any, cosine: Any, sine: Any) -> tuple[Any, Any]:
    """Multiply a complex number by ``cosine + i sine``."""
    return real * cosine - imaginary * sine, real * sine + imaginary * cosine


@inlined
def _column(twiddles: Any, p: int) -> tuple[Any, Any, Any, Any, Any, Any]:
    return twiddles[0, p], twiddles[1, p], twiddles[2, p], twiddles[3, p], twiddles[4, p], twiddles[5, p]


def twiddle_factors(n_points: int) -> Any:
    """Return the twiddle factors of all passes of four.

    Parameters
    ----------
    n_points : int
        complex points, one of `SIZES`

    Returns
    -------
    NDArray of float64 [shape=(n_passes, 6, n_points // 4)]
        cosine and sine of one, two and three times the angle of each point; a pass uses as many columns as it has
        groups of four
    """
    left, factors = n_points, []
    while left >= 4:
        angle = -2j * np.pi * np.arange(left // 4) / left
        own = np.zeros((6, n_points // 4))
        own[:, : left // 4] = [part(np.exp(power * angle)) for power in (1, 2, 3) for part in (np.real, np.imag)]
        factors.append(own)
        left //= 4
    return np.array(factors)

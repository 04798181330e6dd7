"""Resonances of many frames at once: linear prediction, and the quadratic factors of its polynomial.

A polynomial with real coefficients is a product of quadratic factors with real coefficients. Each resonance is one of
these factors. All five factors are corrected together: each by the remainder of the polynomial modulo the factor,
divided by the product of the other factors. This is the iteration of Weierstrass, Durand and Kerner for quadratic
factors (Kerner, Numerische Mathematik 8, 1966). It needs neither complex numbers nor branches, so sixteen frames are
computed side by side. A few frames do not converge in twelve iterations, because two real roots are not yet in one
factor. Their roots are computed one by one with the method of Laguerre, which always converges.

Arrays of a block are flat: coefficient ``k`` of lane ``l`` is at index ``k * LANES + l``. The distances are constants,
without which the compiler would not vectorise.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.features.kernels.jit import compiled, inlined

Array = NDArray[np.float32]

ORDER = 10
"""Order of the linear prediction."""

N_FORMANTS = 3
"""Resonances that are returned."""

LANES = 16
"""Frames that are computed side by side."""

WHITE_NOISE = 1.0 + 1e-6
"""Gain of lag 0: white noise 60 dB below the frame, without which the equations of a pure tone would be singular."""

_N_FACTORS = ORDER // 2

_BLOCK = 2 * LANES
"""Values per factor: two coefficients of each lane."""

_N_ITERATIONS = 12

_CONVERGED = 1e-5
"""Largest correction in the last iteration."""

_REAL = 1e-6
"""Imaginary part below which a root is real."""

_START = np.array([[-1.84 * np.cos(np.pi * (k + 0.5) / _N_FACTORS), 0.92**2] for k in range(_N_FACTORS)]).ravel()


def resonances(lags: Array, frames: NDArray[np.intp], nyquist: float, margin: float) -> Array:
    """Frequencies and bandwidths of the lowest three resonances of some frames.

    Parameters
    ----------
    lags : Array [shape=(ORDER + 1, n_frames)]
        autocorrelation of each frame at a sampling rate of ``2 * nyquist``
    frames : NDArray of int [shape=(n_chosen,)]
        indices of the frames to analyse; these have energy
    nyquist : float
        half the sampling rate, in Hz
    margin : float
        resonances within this distance of 0 or ``nyquist`` are left out, in Hz

    Returns
    -------
    Array [shape=(2 * N_FORMANTS, n_frames)]
        frequencies in ascending order, then their bandwidths, in Hz; NaN in other frames, and for missing resonances
    """
    found = np.full((2 * N_FORMANTS, lags.shape[1]), np.nan, dtype=np.float32)
    _resonances(lags, frames, nyquist, margin, _START, found)
    return found


def resonances_plain(lags: Array, frames: NDArray[np.intp], nyquist: float, margin: float) -> Array:
    """Reference implementation with the normal equations and the eigenvalues of the companion matrix."""
    found = np.full((2 * N_FORMANTS, lags.shape[1]), np.nan, dtype=np.float32)
    distance = np.abs(np.subtract.outer(np.arange(ORDER), np.arange(ORDER)))
    for frame in frames:
        column = lags[:, frame].astype(np.float64)
        column[0] *= WHITE_NOISE
        roots = np.roots(np.concatenate([[1.0], -np.linalg.solve(column[distance], column[1:])]))
        hertz = np.angle(roots) * nyquist / np.pi
        inside = np.flatnonzero((hertz > margin) & (hertz < nyquist - margin))
        lowest = inside[np.argsort(hertz[inside])][:N_FORMANTS]
        found[: len(lowest), frame] = hertz[lowest]
        found[N_FORMANTS : N_FORMANTS + len(lowest), frame] = -np.log(np.abs(roots[lowest])) * 2 * nyquist / np.pi
    return found


@compiled
def _resonances(lags: Any, frames: Any, nyquist: float, margin: float, start: Any, found: Any) -> None:
    """Fill ``found`` with the resonances of the chosen frames, one block of `LANES` frames after the other."""
    block, polynomial = np.empty((ORDER + 1) * LANES), np.ones((ORDER + 1) * LANES)
    factors, steps = np.empty(2 * _N_FACTORS * _BLOCK), np.empty(_N_FACTORS * _BLOCK)
    for first in range(0, len(frames), LANES):
        n_lanes = min(LANES, len(frames) - first)
        for lane in range(LANES):
            frame = frames[first + min(lane, n_lanes - 1)]
            for lag in range(ORDER + 1):
                block[lag * LANES + lane] = lags[lag, frame]
        _predict(block, polynomial)
        _factorise(polynomial, start, factors, steps)
        for lane in range(n_lanes):
            converged = True
            for k in range(2 * _N_FACTORS):
                converged &= abs(steps[k * LANES + lane]) < _CONVERGED
            if not converged:
                _solve(polynomial[lane::LANES].copy(), factors[lane::LANES])
            _lowest(factors[lane::LANES], nyquist, margin, found[:, frames[first + lane]])


@inlined
def _predict(lags: Any, polynomial: Any) -> None:
    """Coefficients of the prediction error filter by the recursion of Levinson and Durbin."""
    error, reflection = np.empty(LANES), np.empty(LANES)
    for lane in range(LANES):
        error[lane] = WHITE_NOISE * lags[lane]
    for order in range(1, ORDER + 1):
        reflection[:] = 0.0
        for step in range(order):
            for lane in range(LANES):
                reflection[lane] -= polynomial[step * LANES + lane] * lags[(order - step) * LANES + lane]
        for lane in range(LANES):
            reflection[lane] /= error[lane]
            polynomial[order * LANES + lane] = reflection[lane]
            error[lane] *= 1.0 - reflection[lane] * reflection[lane]
        for low in range(1, order // 2 + 1):
            high = order - low
            for lane in range(LANES):
                below, above = polynomial[low * LANES + lane], polynomial[high * LANES + lane]
                polynomial[low * LANES + lane] = below + reflection[lane] * above
                polynomial[high * LANES + lane] = above + reflection[lane] * below


@inlined
def _factorise(polynomial: Any, start: Any, factors: Any, steps: Any) -> None:
    """Quadratic factors ``x^2 + b x + c``, with b and c in alternation; ``steps`` receives the last corrections.

    The factors are stored twice in a row, so that the four others always follow a factor.
    """
    for k in range(4 * _N_FACTORS):
        factors[k * LANES : (k + 1) * LANES] = start[k % (2 * _N_FACTORS)]
    for _ in range(_N_ITERATIONS):
        for k in range(_N_FACTORS):
            here, there = k * _BLOCK, (k + _N_FACTORS) * _BLOCK
            step = steps[here : here + _BLOCK]
            _correct(polynomial, factors[here : here + _BLOCK], factors[here + _BLOCK : there], step)
            for i in range(_BLOCK):
                factors[here + i] += step[i]
            for i in range(_BLOCK):
                factors[there + i] = factors[here + i]


@inlined
def _correct(polynomial: Any, factor: Any, others: Any, step: Any) -> None:
    """Correction of a factor: the polynomial divided by the product of the other factors, both modulo the factor."""
    for lane in range(LANES):
        b, c = factor[lane], factor[LANES + lane]
        u, v = polynomial[LANES + lane] - b, polynomial[2 * LANES + lane] - c
        for power in range(3, ORDER + 1):
            u, v = v - b * u, polynomial[power * LANES + lane] - c * u
        s, t = others[lane] - b, others[LANES + lane] - c
        for k in range(1, _N_FACTORS - 1):
            g, h = others[k * _BLOCK + lane] - b, others[k * _BLOCK + LANES + lane] - c
            s, t = s * h + t * g - b * (s * g), t * h - c * (s * g)
        across = t - b * s
        scale = 1.0 / (t * across + c * s * s)
        step[lane] = (u * t - v * s) * scale
        step[LANES + lane] = (v * across + c * u * s) * scale


@inlined
def _solve(polynomial: Any, factors: Any) -> None:
    """Quadratic factors of one polynomial by deflation, which overwrites it; factors of real roots are ``x^2 - 1``."""
    degree = len(polynomial) - 1
    for k in range(_N_FACTORS):
        factors[2 * k], factors[2 * k + 1] = 0.0, -1.0
    k = 0
    while degree > 0:
        root = _laguerre(polynomial, degree)
        if abs(root.imag) < _REAL:
            for i in range(1, degree):
                polynomial[i] += root.real * polynomial[i - 1]
            degree -= 1
        else:
            b, c = -2.0 * root.real, root.real**2 + root.imag**2
            for i in range(1, degree - 1):
                polynomial[i] -= b * polynomial[i - 1] + (c * polynomial[i - 2] if i > 1 else 0.0)
            factors[2 * k], factors[2 * k + 1] = b, c
            degree -= 2
            k += 1


@inlined
def _laguerre(polynomial: Any, degree: int) -> complex:
    """Find a root of small magnitude with the method of Laguerre."""
    root = complex(0.0, 0.1)
    for _ in range(60):
        value, slope, bend = complex(polynomial[0]), 0j, 0j
        for i in range(1, degree + 1):
            bend = bend * root + slope
            slope = slope * root + value
            value = value * root + polynomial[i]
        if abs(value) < 1e-14:
            break
        g = slope / value
        spread = np.sqrt((degree - 1) * (degree * (g * g - 2.0 * bend / value) - g * g))
        divisor = g + spread if abs(g + spread) > abs(g - spread) else g - spread
        if abs(divisor) == 0.0:
            break
        root -= degree / divisor
        if abs(degree / divisor) < 1e-12:
            break
    return root


@inlined
def _lowest(factors: Any, nyquist: float, margin: float, found: Any) -> None:
    """Write the lowest three resonances within the band, sorted by frequency."""
    for k in range(_N_FACTORS):
        b, c = factors[2 * k], factors[2 * k + 1]
        if 4.0 * c <= b * b:
            continue
        hertz = np.float32(np.arctan2(np.sqrt(4.0 * c - b * b), -b) * nyquist / np.pi)
        width = np.float32(-np.log(c) * nyquist / np.pi)
        if margin < hertz < nyquist - margin:
            for rank in range(N_FORMANTS):
                if not hertz >= found[rank]:
                    hertz, found[rank] = found[rank], hertz
                    width, found[N_FORMANTS + rank] = found[N_FORMANTS + rank], width

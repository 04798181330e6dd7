"""The source: glottal pulses with jitter and shimmer, and the noise of breath between them.

Every step is continuous in its inputs: a rounding error of one machine moves no pulse by a whole sample,
so two machines differ by a last bit at most.
"""

import numpy as np

from featser.synthetic.tract import FloatArray

OPEN_QUOTIENT = 0.6
"""Share of a cycle during which the glottis is open; 0.6 is a modal voice."""

SHIMMER_PER_JITTER = 4.0
"""Relative spread of the cycles' amplitude over that of their length: 4 % where the jitter is 1 %."""


def glottal_phase(f0: FloatArray, jitter: float, rng: np.random.Generator, sample_rate: int) -> FloatArray:
    """Cycles since the start, every cycle with a length of its own.

    Parameters
    ----------
    f0 : np.ndarray [shape=(n_samples,)]
        Hz, above 0
    jitter : float
        standard deviation of a cycle's length, relative to the length
    rng : np.random.Generator
        of the lengths
    sample_rate : int
        Hz

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        rises from 0; an integer is the opening of the glottis

    """
    even = np.cumsum(f0) / sample_rate
    n_cycles = int(even[-1])
    openings = np.interp(np.arange(n_cycles + 1), even, np.arange(len(f0)))
    spare = np.full(10, sample_rate / f0[-1])
    lengths = np.concatenate([np.diff(openings), spare])
    lengths *= np.maximum(1 + jitter * rng.standard_normal(len(lengths)), 0.5)
    edges = np.concatenate([[0.0], np.cumsum(lengths)])
    return np.interp(np.arange(len(f0)), edges, np.arange(len(edges)))


def glottal_flow(phase: FloatArray) -> FloatArray:
    r"""Air through the glottis, between 0 and 1: the KLGLOTT88 pulse.

    .. math:: U(\varphi) = \tfrac{27}{4 q^3} \varphi^2 (q - \varphi),\quad 0 \le \varphi < q

    Source: Klatt and Klatt, JASA 87, 1990, sec. IV.
    """
    cycle = np.mod(phase, 1.0)
    opened = np.minimum(cycle, OPEN_QUOTIENT)
    return np.asarray(27 / (4 * OPEN_QUOTIENT**3) * opened**2 * (OPEN_QUOTIENT - opened))


def voicing(phase: FloatArray, shimmer: float, rng: np.random.Generator) -> FloatArray:
    """Change of the flow from sample to sample, which is what the lips radiate; of unit power."""
    n_cycles = int(phase[-1]) + 2
    gains = 1 + shimmer * rng.standard_normal(n_cycles)
    pulses = np.diff(glottal_flow(phase), prepend=0.0) * np.interp(phase, np.arange(n_cycles) + 0.5, gains)
    return unit_power(pulses)


def aspiration(phase: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Noise of the air, louder while the glottis is open; of unit power."""
    return unit_power(rng.standard_normal(len(phase)) * (0.3 + glottal_flow(phase)))


def unit_power(signal: FloatArray) -> FloatArray:
    """Scale to a root mean square of 1; silence stays silence."""
    level = float(np.sqrt(np.mean(signal**2)))
    return signal / level if level > 0 else signal

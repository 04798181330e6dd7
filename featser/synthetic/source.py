"""Voice source: glottal pulses with jitter and shimmer, and aspiration noise.

Every step is continuous in its inputs, so rounding errors never move a pulse by a whole sample. Results of different
machines differ in the last bit at most.
"""

import numpy as np

from featser.synthetic.tract import FloatArray

OPEN_QUOTIENT = 0.6
"""Share of a cycle during which the glottis is open; 0.6 is that of a modal voice."""

SHIMMER_PER_JITTER = 4.0
"""Ratio of shimmer to jitter: the shimmer is 4 % for a jitter of 1 %."""


def glottal_phase(f0: FloatArray, jitter: float, rng: np.random.Generator, sample_rate: int) -> FloatArray:
    """Integrate F0 to the number of glottal cycles since the start, with random cycle lengths.

    Parameters
    ----------
    f0 : np.ndarray [shape=(n_samples,)]
        Hz, above 0
    jitter : float
        standard deviation of the cycle length, relative to the length
    rng : np.random.Generator
        generator of the cycle lengths
    sample_rate : int
        Hz

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        ascending from 0; the glottis opens at integers
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
    r"""Glottal flow of the KLGLOTT88 model.

    .. math:: U(\varphi) = \tfrac{27}{4 q^3} \varphi^2 (q - \varphi),\quad 0 \le \varphi < q

    Parameters
    ----------
    phase : np.ndarray [shape=(n_samples,)]
        cycles, as `glottal_phase` returns them

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        0 to 1

    References
    ----------
    Klatt and Klatt, Analysis, synthesis, and perception of voice quality variations among female and male talkers,
    JASA 87(2), 1990, sec. IV.
    """
    cycle = np.mod(phase, 1.0)
    opened = np.minimum(cycle, OPEN_QUOTIENT)
    return np.asarray(27 / (4 * OPEN_QUOTIENT**3) * opened**2 * (OPEN_QUOTIENT - opened))


def voicing(phase: FloatArray, shimmer: float, rng: np.random.Generator) -> FloatArray:
    """First difference of the glottal flow, as radiated by the lips.

    Parameters
    ----------
    phase : np.ndarray [shape=(n_samples,)]
        cycles, as `glottal_phase` returns them
    shimmer : float
        standard deviation of the amplitude of the cycles, relative to the mean
    rng : np.random.Generator
        generator of the amplitudes

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        of unit power
    """
    n_cycles = int(phase[-1]) + 2
    gains = 1 + shimmer * rng.standard_normal(n_cycles)
    pulses = np.diff(glottal_flow(phase), prepend=0.0) * np.interp(phase, np.arange(n_cycles) + 0.5, gains)
    return unit_power(pulses)


def aspiration(phase: FloatArray, rng: np.random.Generator) -> FloatArray:
    """Aspiration noise, whose level rises with the glottal flow.

    Parameters
    ----------
    phase : np.ndarray [shape=(n_samples,)]
        cycles, as `glottal_phase` returns them
    rng : np.random.Generator
        generator of the noise

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        of unit power
    """
    return unit_power(rng.standard_normal(len(phase)) * (0.3 + glottal_flow(phase)))


def unit_power(signal: FloatArray) -> FloatArray:
    """Scale a signal to a root mean square of 1.

    Parameters
    ----------
    signal : np.ndarray [shape=(n_samples,)]

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
        silence is returned unchanged
    """
    level = float(np.sqrt(np.mean(signal**2)))
    return signal / level if level > 0 else signal

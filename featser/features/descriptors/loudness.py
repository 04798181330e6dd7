"""How loud a frame is, to a meter and to an ear."""

from functools import lru_cache

import numpy as np

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.descriptors.bands import N_LOG_MEL, mel_bands
from featser.features.descriptors.spectral import spectral_shape
from featser.features.filterbanks import hz_to_mel, mel_to_hz
from featser.features.frames import Array, Frames, Framing
from featser.features.registry import low_level_descriptor

LOUDNESS_EXPONENT = 0.23
"""Twice the power is 2 ** 0.23 = 1.17 times as loud."""

_HANN_POWER = 3 / 8
"""Mean square of a Hann window."""


@low_level_descriptor(family="loudness", unit="dB of full scale", parameters="short window, Hann")
def log_energy(frames: Frames) -> Array:
    r"""Level of the frame: its mean square, weighted by the window.

    .. math:: 10 \log_{10} \sum_n (w_n x_{t,n})^2 / \sum_n w_n^2

    Returns
    -------
    Array [shape=(n_frames,)]
        0 for a full-scale constant, -3 for a full-scale tone; at least -100, and at most 80 below the loudest frame

    References
    ----------
    Rabiner and Schafer, Theory and applications of digital speech processing, Pearson, 2011.

    Examples
    --------
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    >>> round(float(np.median(log_energy(Frames(tone)))), 2)
    -3.01
    """
    energy = frames.shared(spectral_shape).energy
    both_sides = 2 * energy - frames.power[0] - frames.power[-1]
    return kernels.bands.levels(both_sides * np.float32(_mean_square(frames.framing, frames.n_fft)))


@low_level_descriptor(family="loudness", unit="relative", parameters="26 mel bands, exponent 0.23, short window")
def loudness(frames: Frames) -> Array:
    r"""Loudness to the ear: the sum over bands of their energies, weighted by its sensitivity and compressed.

    .. math:: \sum_m (e_m E_{m,t})^{0.23}

    with ``E`` the mean square in a mel band and ``e`` the curve of equal loudness at 40 phon, 1 where it is largest.
    A recording has no absolute level, so neither has this; it grows with the power of 0.46 of the amplitude.

    Returns
    -------
    Array [shape=(n_frames,)]
        not negative, 0 for silence

    References
    ----------
    Zwicker and Fastl, Psychoacoustics: facts and models, Springer, 1999 (the exponent); Hermansky,
    Perceptual linear predictive (PLP) analysis of speech, JASA 87(4), 1990 (the curve); Eyben et al., The Geneva
    minimalistic acoustic parameter set (GeMAPS), IEEE TAC 7(2), 2016 (the sum over mel bands).

    Examples
    --------
    Energy spread over many bands is louder than the same energy in one:

    >>> t = np.arange(16000) / 16000
    >>> noise = np.random.default_rng(0).normal(0, 0.5, 16000).astype(np.float32)
    >>> tone = np.sqrt(0.5) * np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    >>> bool(np.median(loudness(Frames(noise))) > 2 * np.median(loudness(Frames(tone))))
    True
    """
    weights = _sensitivity() * np.float32(2 * _mean_square(frames.framing, frames.n_fft))
    return kernels.bands.compressed_sum(frames.shared(mel_bands), weights, LOUDNESS_EXPONENT)


def _mean_square(framing: Framing, n_fft: int) -> float:
    """What a sum of powers over all ``n_fft`` bins is multiplied by to be the mean square of the samples."""
    return 1 / (n_fft * framing.window * _HANN_POWER)


@lru_cache(maxsize=1)
def _sensitivity() -> Array:
    """Weight of each mel band, shape ``(26,)``: the ear's, times the width that the band was divided by."""
    edges = mel_to_hz(np.linspace(0.0, hz_to_mel(np.array(SAMPLE_RATE / 2)), N_LOG_MEL + 2))
    omega = np.square(2 * np.pi * edges[1:-1])
    curve = (omega + 56.8e6) * omega**2 / ((omega + 6.3e6) ** 2 * (omega + 0.38e9) * (omega**3 + 9.58e26))
    weights: Array = (curve / curve.max() * (edges[2:] - edges[:-2]) / 2).astype(np.float32)
    return weights

"""Level and perceived loudness of a frame."""

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
"""Exponent from power to loudness: doubling the power multiplies the loudness by 2 ** 0.23 = 1.17."""

_HANN_POWER = 3 / 8
"""Mean square of a Hann window."""


@low_level_descriptor(family="loudness", unit="dB of full scale", parameters="short window, Hann")
def log_energy(frames: Frames) -> Array:
    r"""Level of the windowed mean square of a frame.

    .. math:: 10 \log_{10} \sum_n (w_n x_{t,n})^2 / \sum_n w_n^2

    Returns
    -------
    Array [shape=(n_frames,)]
        dB of full scale: 0 for a constant of 1, -3 for a sine of amplitude 1; clipped at -100 dB and at 80 dB below
        the maximum of the recording

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
    r"""Perceived loudness: sum of compressed mel-band energies, weighted by an equal-loudness curve.

    .. math:: \sum_m (e_m E_{m,t})^{0.23}

    where :math:`E_{m,t}` is the mean square in a mel band and :math:`e_m` the equal-loudness curve at 40 phon, scaled
    to a maximum of 1. Recordings are not calibrated, so the scale is relative. Loudness is proportional to the
    amplitude to the power of 0.46.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 or more; 0 for silence

    References
    ----------
    Zwicker and Fastl, Psychoacoustics: facts and models, Springer, 1999 (the exponent); Hermansky,
    Perceptual linear predictive (PLP) analysis of speech, JASA 87(4), 1990 (the curve); Eyben et al., The Geneva
    minimalistic acoustic parameter set (GeMAPS), IEEE TAC 7(2), 2016 (the sum over mel bands).

    Examples
    --------
    Noise is louder than a tone of the same energy, because its energy is spread over many bands:

    >>> t = np.arange(16000) / 16000
    >>> noise = np.random.default_rng(0).normal(0, 0.5, 16000).astype(np.float32)
    >>> tone = np.sqrt(0.5) * np.sin(2 * np.pi * 1000 * t).astype(np.float32)
    >>> bool(np.median(loudness(Frames(noise))) > 2 * np.median(loudness(Frames(tone))))
    True
    """
    weights = _sensitivity() * np.float32(2 * _mean_square(frames.framing, frames.n_fft))
    return kernels.bands.compressed_sum(frames.shared(mel_bands), weights, LOUDNESS_EXPONENT)


def _mean_square(framing: Framing, n_fft: int) -> float:
    """Factor from the sum of the power over all ``n_fft`` bins to the mean square of the samples."""
    return 1 / (n_fft * framing.window * _HANN_POWER)


@lru_cache(maxsize=1)
def _sensitivity() -> Array:
    """Equal-loudness weight of each mel band times the width that normalised its filter, shape ``(26,)``."""
    edges = mel_to_hz(np.linspace(0.0, hz_to_mel(np.array(SAMPLE_RATE / 2)), N_LOG_MEL + 2))
    omega = np.square(2 * np.pi * edges[1:-1])
    curve = (omega + 56.8e6) * omega**2 / ((omega + 6.3e6) ** 2 * (omega + 0.38e9) * (omega**3 + 9.58e26))
    weights: Array = (curve / curve.max() * (edges[2:] - edges[:-2]) / 2).astype(np.float32)
    return weights

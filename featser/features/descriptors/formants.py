"""Formant frequencies and bandwidths of voiced frames, by linear prediction from the power spectrum."""

from functools import lru_cache

import numpy as np

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor

N_FORMANTS = 3

_ORDER = 10
_CEILING_HZ = 5500.0
_MARGIN_HZ = 50.0
_PRE_EMPHASIS_HZ = 50.0
_PARAMETERS = "10 poles, 0-5500 Hz, pre-emphasis from 50 Hz, short window"


@low_level_descriptor(family="formants", unit="Hz", n_dims=N_FORMANTS, parameters=_PARAMETERS)
def formant_frequency(frames: Frames) -> Array:
    r"""Frequencies of the first three formants.

    .. math:: F = \tfrac{f_c}{\pi} \arg z, \quad A(z) = 1 + \sum_{n=1}^{10} a_n z^{-n} = 0

    The coefficients :math:`a` come from the autocorrelation of the pre-emphasised power spectrum up to
    :math:`f_c` = 5500 Hz, as if the signal were sampled at 11 kHz. As in Praat, every pole between 50 and 5450 Hz is a
    formant, whatever its bandwidth. Where the model misses a formant, the next higher one takes its number.

    Returns
    -------
    Array [shape=(3, n_frames)]
        50 to 5450 Hz, ascending; NaN in unvoiced frames and where there are too few poles

    References
    ----------
    Makhoul, Linear prediction: a tutorial review, Proceedings of the IEEE 63(4), 1975, sec. IV-C (selective linear
    prediction); Boersma, Praat, a system for doing phonetics by computer, Glot International 5, 2001.

    Examples
    --------
    A pulse train through resonators at 500, 1500, 2500, 3500 and 4500 Hz:

    >>> pulses = np.zeros(16000)
    >>> pulses[::100] = 1.0
    >>> f = np.arange(8001)
    >>> poles = [1 / (c**2 - f**2 + 1j * f * 80) for c in (500.0, 1500.0, 2500.0, 3500.0, 4500.0)]
    >>> vowel = np.fft.irfft(np.fft.rfft(pulses) * np.prod(poles, axis=0))
    >>> vowel = (0.5 * vowel / np.abs(vowel).max()).astype(np.float32)
    >>> bool(np.abs(np.nanmedian(formant_frequency(Frames(vowel)), axis=1) - (500, 1500, 2500)).max() < 50)
    True
    """
    return frames.shared(_resonances)[:N_FORMANTS]


@low_level_descriptor(family="formants", unit="Hz", n_dims=N_FORMANTS, parameters=_PARAMETERS)
def formant_bandwidth(frames: Frames) -> Array:
    r"""Bandwidths of the first three formants.

    .. math:: B = -\tfrac{2 f_c}{\pi} \ln |z|

    where :math:`z` are the poles of `formant_frequency`.

    Returns
    -------
    Array [shape=(3, n_frames)]
        positive, in Hz; NaN where `formant_frequency` is NaN

    References
    ----------
    Markel and Gray, Linear prediction of speech, Springer, 1976, sec. 7.2.

    Examples
    --------
    Noise is unvoiced, so almost all of its frames are NaN:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> bool(np.isnan(formant_bandwidth(Frames(noise))).mean() > 0.9)
    True
    """
    return frames.shared(_resonances)[N_FORMANTS:]


def _resonances(frames: Frames) -> Array:
    """Frequencies and bandwidths of the formants in Hz, shape ``(6, n_frames)``."""
    transform = _autocorrelation_transform(frames.n_fft)
    lags = transform @ frames.power[: transform.shape[1]]
    voiced = np.flatnonzero(~np.isnan(frames.shared(track_pitch).hz) & (lags[0] > 0))
    return kernels.formants.resonances(lags, voiced, _CEILING_HZ, _MARGIN_HZ)


@lru_cache(maxsize=8)
def _autocorrelation_transform(n_fft: int) -> Array:
    r"""Matrix that maps a power spectrum to the autocorrelation of its pre-emphasised part below 5500 Hz.

    .. math:: R_{n,k} = w_k |1 - e^{-2 \pi 50 / 11000} e^{-i \theta_k}|^2 \cos n \theta_k

    where :math:`\theta_k` runs from 0 to :math:`\pi`, and :math:`w_k` is :math:`1 / K` (half of that at both ends) for
    :math:`K` intervals between bins. Shape ``(11, K + 1)``.
    """
    n_bins = round(_CEILING_HZ * n_fft / SAMPLE_RATE)
    theta = np.pi * np.arange(n_bins + 1) / n_bins
    weight = np.where((theta == 0) | (theta == np.pi), 1.0, 2.0) / (2 * n_bins)
    coefficient = np.exp(-np.pi * _PRE_EMPHASIS_HZ / _CEILING_HZ)
    weight *= np.abs(1 - coefficient * np.exp(-1j * theta)) ** 2
    transform: Array = (weight * np.cos(np.outer(np.arange(_ORDER + 1), theta))).astype(np.float32)
    return transform

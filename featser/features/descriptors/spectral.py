"""Shape of the short-window spectrum: centroid, bandwidth, rolloff, flatness, flux and entropy.

All but the flatness are NaN in frames without energy; functionals ignore NaN.
"""

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE
from featser.features import kernels
from featser.features.frames import Array, Frames, bin_frequencies
from featser.features.registry import low_level_descriptor

if TYPE_CHECKING:
    from featser.features.kernels.shape import Shape

BAND_EDGES_HZ = (0.0, 50.0, 250.0, 650.0, 1000.0, 2000.0, 4000.0, 5000.0, np.inf)
"""Limits of the bands whose energies and peaks `spectral_shape` returns; `bands` combines them."""

SLOPE_RANGES_HZ = ((0.0, 500.0), (500.0, 1500.0))

_DECIBELS_PER_OCTAVE_OF_POWER = 10 * np.log10(2)


def spectral_shape(frames: Frames) -> "Shape":
    """Compute all quantities of the shape and band descriptors in one pass over the spectrum.

    Parameters
    ----------
    frames : Frames
        signal and its spectra

    Returns
    -------
    Shape
        tracks of shape ``(n_frames,)`` or ``(n_bands, n_frames)``; see `featser.features.kernels.shape.Shape`
    """
    return kernels.shape.spectral_shape(frames.power, *_geometry(frames.n_fft))


@low_level_descriptor(family="shape", unit="Hz", parameters="of the magnitude, short window")
def spectral_centroid(frames: Frames) -> Array:
    r"""Spectral centroid: centre of mass of the magnitude spectrum.

    .. math:: c_t = \sum_k f_k |X_{k,t}| / \sum_k |X_{k,t}|

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 8000 Hz; NaN in frames without energy, where librosa returns 0; elsewhere equals
        ``librosa.feature.spectral_centroid(n_fft=512, win_length=400, hop_length=160)``

    References
    ----------
    Peeters, A large set of audio features for sound description, IRCAM, 2004, section 6.1.1.

    Examples
    --------
    The centroid of a pure tone is its frequency:

    >>> t = np.arange(16000) / 16000
    >>> tone = Frames(np.sin(2 * np.pi * 1000 * t).astype(np.float32))
    >>> round(float(np.median(spectral_centroid(tone))), -1)
    1000.0
    """
    return frames.shared(spectral_shape).centroid


@low_level_descriptor(family="shape", unit="Hz", parameters="of the magnitude, short window")
def spectral_bandwidth(frames: Frames) -> Array:
    r"""Spectral bandwidth: standard deviation of the frequency around the centroid, weighted by magnitude.

    .. math:: b_t = \sqrt{\sum_k (f_k - c_t)^2 |X_{k,t}| / \sum_k |X_{k,t}|}

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to 4000 Hz; NaN in frames without energy, where librosa returns 0; elsewhere equals
        ``librosa.feature.spectral_bandwidth(n_fft=512, win_length=400, hop_length=160)``

    References
    ----------
    Peeters, A large set of audio features for sound description, IRCAM, 2004.

    Examples
    --------
    The bandwidth of two tones of equal amplitude is half their distance:

    >>> t = np.arange(16000) / 16000
    >>> tones = np.sin(2 * np.pi * 1000 * t) + np.sin(2 * np.pi * 3000 * t)
    >>> round(float(np.median(spectral_bandwidth(Frames(tones.astype(np.float32))))), -1)
    1000.0
    """
    return frames.shared(spectral_shape).bandwidth


@low_level_descriptor(family="shape", unit="Hz", n_dims=4, parameters="25, 50, 75 and 95 % of the magnitude")
def spectral_rolloff(frames: Frames) -> Array:
    """Spectral rolloff: frequencies below which 25, 50, 75 and 95 % of the magnitude lie.

    Each is the frequency of the lowest bin at which the cumulative magnitude reaches the share.

    Returns
    -------
    Array [shape=(4, n_frames)]
        0 to 8000 Hz, quantised to bins; NaN in frames without energy, where librosa returns 0; elsewhere equals
        ``librosa.feature.spectral_rolloff(roll_percent=p, n_fft=512, win_length=400, hop_length=160)`` within a bin,
        with ``p`` = 0.25, 0.5, 0.75 and 0.95

    References
    ----------
    Peeters, A large set of audio features for sound description, IRCAM, 2004. The shares follow Schuller et al., The
    INTERSPEECH 2013 computational paralinguistics challenge, with 75 % in place of 90 %.

    Examples
    --------
    The magnitude of white noise is distributed evenly over frequency:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> (spectral_rolloff(Frames(noise)).mean(axis=1) / 80).round().tolist()
    [25.0, 50.0, 75.0, 95.0]
    """
    bin_width = np.float32(SAMPLE_RATE / frames.n_fft)
    return frames.shared(spectral_shape).rolloffs * bin_width


@low_level_descriptor(family="shape", unit="ratio", parameters="of the power, at least 1e-10 per bin, short window")
def spectral_flatness(frames: Frames) -> Array:
    r"""Spectral flatness: geometric mean divided by arithmetic mean of the power.

    .. math:: \exp\Bigl(\tfrac{1}{K} \sum_k \ln P_{k,t}\Bigr) \Big/ \tfrac{1}{K} \sum_k P_{k,t}

    Returns
    -------
    Array [shape=(n_frames,)]
        near 0 for a spectrum of few lines, 1 for a flat one. The power of each bin is clipped at 1e-10, so silence has
        a flatness of 1; equals ``librosa.feature.spectral_flatness(n_fft=512, win_length=400, hop_length=160)``

    References
    ----------
    Johnston, Transform coding of audio signals using perceptual noise criteria, IEEE JSAC 6(2), 1988.

    Examples
    --------
    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    >>> [bool(np.median(spectral_flatness(Frames(each))) > 0.4) for each in (noise, tone)]
    [True, False]
    """
    shape = frames.shared(spectral_shape)
    return np.minimum(np.exp2(shape.mean_log) / shape.floored, np.float32(1))


@low_level_descriptor(family="shape", unit="distance", parameters="magnitudes of unit length, short window")
def spectral_flux(frames: Frames) -> Array:
    r"""Spectral flux: Euclidean distance between the normalised magnitude spectra of a frame and the previous one.

    .. math:: \Bigl\| |X_t| / \|X_t\| - |X_{t-1}| / \|X_{t-1}\| \Bigr\|

    Both spectra have unit length, so a change of level alone gives 0.

    Returns
    -------
    Array [shape=(n_frames,)]
        0 to the square root of 2; NaN in the first frame and where the frame or the previous one has no energy

    References
    ----------
    Scheirer and Slaney, Construction and evaluation of a robust multifeature speech/music discriminator,
    ICASSP 1997.

    Examples
    --------
    The flux of a steady tone is 0, that of noise is not:

    >>> noise = np.random.default_rng(0).normal(0, 0.1, 16000).astype(np.float32)
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    >>> [round(float(np.nanmedian(spectral_flux(Frames(each)))), 1) for each in (tone, noise)]
    [0.0, 0.6]
    """
    return frames.shared(spectral_shape).flux


@low_level_descriptor(family="shape", unit="ratio to the maximum", parameters="of the power, short window")
def spectral_entropy(frames: Frames) -> Array:
    r"""Spectral entropy: entropy of the distribution of the energy over bins, divided by its maximum.

    .. math:: -\sum_k p_{k,t} \log p_{k,t} / \log K, \qquad p_{k,t} = P_{k,t} / \sum_j P_{j,t}

    Returns
    -------
    Array [shape=(n_frames,)]
        0 where one bin has all the energy, 1 where all bins have the same; NaN in frames without energy

    References
    ----------
    Misra, Ikbal, Bourlard and Hermansky, Spectral entropy based feature for robust ASR, ICASSP 2004.

    Examples
    --------
    The spectrum of an impulse has the same power in all bins:

    >>> impulse = np.zeros(160, dtype=np.float32)
    >>> impulse[0] = 1
    >>> round(float(spectral_entropy(Frames(impulse))[0]), 4)
    1.0
    """
    return frames.shared(spectral_shape).entropy


@lru_cache(maxsize=8)
def _geometry(n_fft: int) -> tuple[Array, NDArray[np.int64], Array]:
    """Frequencies of the bins, limits of the bands in bins, and regression weights of the slopes."""
    frequencies = bin_frequencies(n_fft)
    edges = np.searchsorted(frequencies, BAND_EDGES_HZ)
    slopes = np.stack([_slope_weights(frequencies, low, high) for low, high in SLOPE_RANGES_HZ], axis=1)
    n_sloping = 1 + int(np.flatnonzero(slopes.any(axis=1))[-1])
    return frequencies.astype(np.float32), edges, np.ascontiguousarray(slopes[:n_sloping], dtype=np.float32)


def _slope_weights(frequencies: NDArray[np.float64], low: float, high: float) -> NDArray[np.float64]:
    """Weights whose product with the binary logarithms of the power is the slope in dB per kHz, shape ``(n_bins,)``."""
    inside = (frequencies >= low) & (frequencies <= high)
    distance = np.where(inside, frequencies - frequencies[inside].mean(), 0.0) / 1000
    return _DECIBELS_PER_OCTAVE_OF_POWER * distance / np.square(distance).sum()

"""Matrices that are applied to spectra: mel filters, chroma filters, discrete cosine transform.

They depend on the frame geometry only. Results are cached and read-only.
"""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE
from featser.features.frames import Array, bin_frequencies

_MEL_BREAK_HZ = 1000.0
_MEL_BREAK = 15.0
_MEL_LINEAR_HZ = 200.0 / 3
_MEL_LOG_STEP = np.log(6.4) / 27


def hz_to_mel(frequencies: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert Hz to mel on Slaney's scale, linear below 1000 Hz and logarithmic above.

    Parameters
    ----------
    frequencies : NDArray of float64
        in Hz

    Returns
    -------
    NDArray of float64 [shape=frequencies.shape]
        in mel

    References
    ----------
    Slaney, Auditory Toolbox, Technical Report 1998-010, Interval Research Corporation.

    Examples
    --------
    >>> hz_to_mel(np.array([200.0, 1000.0, 6400.0])).round(6).tolist()
    [3.0, 15.0, 42.0]
    """
    linear = frequencies / _MEL_LINEAR_HZ
    above = np.maximum(frequencies, _MEL_BREAK_HZ)
    return np.where(frequencies < _MEL_BREAK_HZ, linear, _MEL_BREAK + np.log(above / _MEL_BREAK_HZ) / _MEL_LOG_STEP)


def mel_to_hz(mels: NDArray[np.float64]) -> NDArray[np.float64]:
    """Convert mel to Hz; inverse of `hz_to_mel`.

    Parameters
    ----------
    mels : NDArray of float64
        in mel

    Returns
    -------
    NDArray of float64 [shape=mels.shape]
        in Hz
    """
    return np.where(
        mels < _MEL_BREAK, mels * _MEL_LINEAR_HZ, _MEL_BREAK_HZ * np.exp(_MEL_LOG_STEP * (mels - _MEL_BREAK))
    )


@lru_cache(maxsize=8)
def mel_filters(n_fft: int, n_bands: int) -> Array:
    """Triangular filters of equal area, spaced evenly on the mel scale from 0 Hz to the Nyquist frequency.

    Parameters
    ----------
    n_fft : int
        length of the Fourier transform
    n_bands : int
        number of filters

    Returns
    -------
    Array [shape=(n_bands, n_fft // 2 + 1)]
        equal to ``librosa.filters.mel``
    """
    edges = mel_to_hz(np.linspace(0.0, hz_to_mel(np.array(SAMPLE_RATE / 2)), n_bands + 2))
    bins = bin_frequencies(n_fft)
    low, centre, high = edges[:-2, None], edges[1:-1, None], edges[2:, None]
    triangles = np.minimum((bins - low) / (centre - low), (high - bins) / (high - centre)).clip(min=0)
    return _constant(triangles * 2 / (high - low))


@lru_cache(maxsize=8)
def chroma_filters(n_fft: int) -> Array:
    """Weights of each bin for the twelve pitch classes from C to B.

    Each pitch class has a Gaussian weight, as wide as the bin in semitones and normalised to unit length per bin. A
    wider Gaussian, centred five octaves above A0, weights the octaves. The tuning is fixed at A4 = 440 Hz, because
    speech does not follow a scale and a tuning estimated per utterance would add noise.

    Parameters
    ----------
    n_fft : int
        length of the Fourier transform

    Returns
    -------
    Array [shape=(12, n_fft // 2 + 1)]

    References
    ----------
    Ellis, Chroma feature analysis and synthesis, LabROSA, Columbia University, 2007.
    """
    n_classes = 12
    semitones = n_classes * np.log2(np.arange(1, n_fft) * (SAMPLE_RATE / n_fft) / (440.0 / 16))
    semitones = np.concatenate([[semitones[0] - 1.5 * n_classes], semitones])
    width = np.concatenate([np.maximum(np.diff(semitones), 1.0), [1.0]])
    distance = semitones[None, :] - np.arange(n_classes)[:, None]
    distance = np.remainder(distance + n_classes / 2 + 10 * n_classes, n_classes) - n_classes / 2
    weights = np.exp(-0.5 * (2 * distance / width) ** 2)
    weights /= np.sqrt((weights**2).sum(axis=0))
    weights *= np.exp(-0.5 * ((semitones / n_classes - 5.0) / 2.0) ** 2)
    from_c = np.roll(weights, -3, axis=0)
    return _constant(from_c[:, : n_fft // 2 + 1])


@lru_cache(maxsize=8)
def cosine_transform(n_out: int, n_in: int) -> NDArray[np.float64]:
    """Matrix of the orthonormal type-II discrete cosine transform.

    Parameters
    ----------
    n_out : int
        number of coefficients
    n_in : int
        number of inputs

    Returns
    -------
    NDArray of float64 [shape=(n_out, n_in)]
    """
    phase = np.pi / n_in * np.outer(np.arange(n_out), np.arange(n_in) + 0.5)
    scale = np.full((n_out, 1), np.sqrt(2 / n_in))
    scale[0] = np.sqrt(1 / n_in)
    transform: NDArray[np.float64] = scale * np.cos(phase)
    transform.setflags(write=False)
    return transform


def _constant(values: NDArray[np.float64]) -> Array:
    single = np.ascontiguousarray(values, dtype=np.float32)
    single.setflags(write=False)
    return single

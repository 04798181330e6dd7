"""Chroma, spectral contrast and tonnetz: descriptors of the long-window spectrum."""

from functools import lru_cache
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from featser.features import kernels
from featser.features.filterbanks import chroma_filters
from featser.features.frames import Array, Frames, bin_frequencies
from featser.features.registry import low_level_descriptor

_CONTRAST_EDGES_HZ = (0.0, 200.0, 400.0, 800.0, 1600.0, 3200.0, 6400.0, np.inf)
_CONTRAST_SHARE = 0.02

_FIFTHS, _MINOR_THIRDS, _MAJOR_THIRDS = 7 / 6, 3 / 2, 2 / 3
"""Angle per semitone on each circle, in multiples of pi."""


@low_level_descriptor(
    family="chroma", unit="ratio to the maximum", n_dims=12, parameters="A4 = 440 Hz, long window", window="long"
)
def chroma(frames: Frames) -> Array:
    """Energy in the twelve pitch classes from C to B, divided by the maximum of the frame.

    Returns
    -------
    Array [shape=(12, n_frames)]
        0 to 1; 0 in frames without energy, as in librosa; NaN in frames that the long window skips; elsewhere equals
        ``librosa.feature.chroma_stft(n_fft=1024, hop_length=320, tuning=0)``

    References
    ----------
    Ellis, Chroma feature analysis and synthesis, LabROSA, Columbia University, 2007.

    Examples
    --------
    >>> t = np.arange(16000) / 16000
    >>> tone = Frames(np.sin(2 * np.pi * 440 * t).astype(np.float32))
    >>> "C C# D D# E F F# G G# A A# B".split()[int(np.nanmean(chroma(tone), axis=1).argmax())]
    'A'
    """
    classes = chroma_filters(frames.n_fft_long) @ frames.long_power
    strongest = classes.max(axis=0)
    scale: Array = np.where(strongest < np.finfo(np.float32).tiny, np.float32(1), strongest)
    return frames.spread(classes / scale)


@low_level_descriptor(
    family="contrast", unit="dB", n_dims=7, parameters="bands from 200 Hz in octaves, long window", window="long"
)
def spectral_contrast(frames: Frames) -> Array:
    """Spectral contrast: level of the peaks minus level of the valleys in seven octave bands.

    Peaks and valleys are the means of the largest and the smallest 2 % of the magnitudes in a band (at least one bin).
    The contrast is high for a clear voice and low for a noisy one.

    Returns
    -------
    Array [shape=(7, n_frames)]
        not negative, in dB; bands 0-200, 200-400, 400-800, 800-1600, 1600-3200, 3200-6400 and 6400-8000 Hz; NaN in
        frames that the long window skips; elsewhere equals
        ``librosa.feature.spectral_contrast(n_fft=1024, hop_length=320)``

    References
    ----------
    Jiang, Lu, Zhang, Tao and Cai, Music type classification by spectral contrast feature, ICME 2002.

    Examples
    --------
    A tone raises the contrast of its band:

    >>> rng = np.random.default_rng(0)
    >>> noise = rng.normal(0, 0.01, 16000).astype(np.float32)
    >>> tone = np.sin(2 * np.pi * 1000 * np.arange(16000) / 16000).astype(np.float32)
    >>> with_tone, without = (np.nanmean(spectral_contrast(Frames(x))[3]) for x in (tone + noise, noise))
    >>> bool(with_tone > without + 15)
    True
    """
    peaks, valleys = kernels.extremes.peaks_and_valleys(frames.long_power, _contrast_bands(frames.n_fft_long))
    return frames.spread(kernels.bands.levels(peaks) - kernels.bands.levels(valleys))


@lru_cache(maxsize=8)
def _contrast_bands(n_fft: int) -> NDArray[np.int64]:
    """First bin, stop bin and number of bins averaged per peak of each band, shape ``(7, 3)``.

    Each band but the lowest starts one bin below its lower edge. Each band but the highest leaves out the last bin
    below its upper edge. Both rules are librosa's.
    """
    frequencies = bin_frequencies(n_fft)
    bands = []
    for low, high in pairwise(_CONTRAST_EDGES_HZ):
        inside = np.flatnonzero((frequencies >= low) & (frequencies <= high))
        start = inside[0] - (1 if low > 0 else 0)
        stop = inside[-1] + 1
        n_bins = int(max(np.rint(_CONTRAST_SHARE * (stop - start)), 1))
        bands.append((int(start), int(stop if high == np.inf else stop - 1), n_bins))
    return np.array(bands)


@low_level_descriptor(
    family="tonal", unit="coordinate", n_dims=6, parameters="of the chroma, long window", window="long"
)
def tonnetz(frames: Frames) -> Array:
    """Tonal centroid: chroma projected onto the circles of fifths, minor thirds and major thirds.

    Returns
    -------
    Array [shape=(6, n_frames)]
        sine and cosine on the circle of fifths (-1 to 1), of minor thirds (-1 to 1) and of major thirds (-0.5 to
        0.5); 0 in frames without energy, as in librosa; NaN where `chroma` is NaN; elsewhere equals
        ``librosa.feature.tonnetz(chroma=chroma)``

    References
    ----------
    Harte, Sandler and Gasser, Detecting harmonic change in musical audio, ACM workshop on audio and music computing
    for multimedia, 2006.

    Examples
    --------
    On the circle of fifths a tone has a large radius, noise a small one:

    >>> noise = np.random.default_rng(0).normal(0, 0.5, 16000).astype(np.float32)
    >>> tone = np.sin(2 * np.pi * 1760 * np.arange(16000) / 16000).astype(np.float32)
    >>> radius = [np.nanmedian(np.hypot(*tonnetz(Frames(each))[:2])) for each in (tone, noise)]
    >>> bool(radius[0] > 0.5), bool(radius[1] < 0.3)
    (True, True)
    """
    classes = frames.shared(chroma)[:, :: frames.framing.long_step].astype(np.float64)
    total = classes.sum(axis=0)
    total[total == 0] = 1
    return frames.spread((_circles() @ classes / total).astype(np.float32))


@lru_cache(maxsize=1)
def _circles() -> NDArray[np.float64]:
    """Coordinates of each pitch class on the circles, shape ``(6, 12)``."""
    classes = np.pi * np.arange(12)
    circles = [(_FIFTHS, 1.0), (_MINOR_THIRDS, 1.0), (_MAJOR_THIRDS, 0.5)]
    coordinates = [radius * part(angle * classes) for angle, radius in circles for part in (np.sin, np.cos)]
    return np.array(coordinates)

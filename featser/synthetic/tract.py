"""Vocal tract filter: formants of the vowels, their frequency response, and time-varying filtering.

The tract is a cascade of second-order resonances (Fant, "Acoustic Theory of Speech Production", 1960), applied block by
block in the frequency domain.
"""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]
ComplexArray = NDArray[np.complex128]

ADULT_MALE_TRACT_CM = 17.5
"""Length of the uniform tube that resonates at 500, 1500, 2500 ... Hz."""

VOWELS = {
    "a": (730.0, 1090.0, 2440.0),
    "e": (530.0, 1840.0, 2480.0),
    "i": (270.0, 2290.0, 3010.0),
    "o": (570.0, 840.0, 2410.0),
    "u": (300.0, 870.0, 2240.0),
}
"""First three formants in Hz, male averages of Peterson and Barney, JASA 24, 1952, table II."""

HIGHER_FORMANTS = (3500.0, 4500.0, 5500.0, 6500.0, 7500.0)
"""Formants 4 to 8 in Hz, those of the uniform tube, for all vowels."""

BANDWIDTHS = np.array([80.0, 90.0, 130.0, 220.0, 320.0, 420.0, 520.0, 620.0])
"""Bandwidths of the eight formants in Hz, near the closed-glottis values of Fant, "The acoustics of speech", 1961."""

HOP_SECONDS = 0.016
"""Hop between blocks. The response is truncated 32 ms after its block, where it is below -60 dB."""


def formants(vowel: str, tract_cm: float) -> FloatArray:
    """Formants of a vowel.

    Parameters
    ----------
    vowel : str
        one of `VOWELS`
    tract_cm : float
        length of the vocal tract; formants scale with its inverse

    Returns
    -------
    np.ndarray [shape=(8,)]
        in Hz

    Examples
    --------
    >>> formants("a", 17.5)[:3].tolist()
    [730.0, 1090.0, 2440.0]
    """
    return np.array(VOWELS[vowel] + HIGHER_FORMANTS) * (ADULT_MALE_TRACT_CM / tract_cm)


def block_grid(n_samples: int, sample_rate: int) -> tuple[FloatArray, FloatArray]:
    """Times and frequencies at which `filtered` needs the response.

    Parameters
    ----------
    n_samples : int
        length of the signal
    sample_rate : int
        Hz

    Returns
    -------
    times : np.ndarray [shape=(n_blocks,)]
        centre of each block in seconds
    frequencies : np.ndarray [shape=(n_bins,)]
        Hz, from 0 to the Nyquist frequency
    """
    hop = hop_samples(sample_rate)
    times = np.arange(-(-n_samples // hop) + 1) * hop / sample_rate
    frequencies: FloatArray = np.arange(2 * hop + 1, dtype=np.float64) * sample_rate / (4 * hop)
    return times, frequencies


def hop_samples(sample_rate: int) -> int:
    """Return the hop between blocks in samples; a block is twice as long.

    Parameters
    ----------
    sample_rate : int
        Hz

    Returns
    -------
    int
    """
    return round(HOP_SECONDS * sample_rate)


def resonances(frequencies: FloatArray, centres: FloatArray, bandwidths: FloatArray) -> ComplexArray:
    r"""Frequency response of a cascade of resonators, 1 at 0 Hz.

    .. math:: H(f) = \prod_n \frac{F_n^2}{F_n^2 - f^2 + i f B_n}

    Parameters
    ----------
    frequencies : np.ndarray [shape=(n_bins,)]
        Hz
    centres : np.ndarray [shape=(n_blocks, n_resonances)]
        Hz, above 0
    bandwidths : np.ndarray [shape=(n_resonances,)]
        Hz

    Returns
    -------
    np.ndarray [shape=(n_blocks, n_bins)]
    """
    poles = np.ones((len(centres), len(frequencies)), dtype=np.complex128)
    for centre, bandwidth in zip(centres.T, bandwidths, strict=True):
        ratio = frequencies / centre[:, None]
        poles *= 1 - ratio**2 + 1j * ratio * (bandwidth / centre)[:, None]
    return 1 / poles


def band(frequencies: FloatArray, centre: float, width: float) -> FloatArray:
    """Gaussian band-pass response, for the noise of consonants.

    Parameters
    ----------
    frequencies : np.ndarray [shape=(n_bins,)]
        Hz
    centre : float
        centre frequency in Hz
    width : float
        standard deviation in Hz

    Returns
    -------
    np.ndarray [shape=(n_bins,)]
        0 to 1
    """
    return np.exp(-0.5 * ((frequencies - centre) / width) ** 2)


def tilt(frequencies: FloatArray, db_per_octave: float) -> FloatArray:
    """Spectral tilt: a gain of 1 up to 500 Hz and a constant slope above.

    Parameters
    ----------
    frequencies : np.ndarray [shape=(n_bins,)]
        Hz
    db_per_octave : float
        slope above 500 Hz

    Returns
    -------
    np.ndarray [shape=(n_bins,)]
        factor of the amplitude

    Examples
    --------
    >>> tilt(np.array([100.0, 500.0, 1000.0]), 6.0).round(2).tolist()
    [1.0, 1.0, 2.0]
    """
    octaves = np.log2(np.maximum(frequencies, 500.0) / 500.0)
    return np.asarray(10 ** (db_per_octave * octaves / 20))


def filtered(source: FloatArray, response: FloatArray | ComplexArray, sample_rate: int) -> FloatArray:
    """Filter a signal with a time-varying frequency response, by overlap-add.

    Parameters
    ----------
    source : np.ndarray [shape=(n_samples,)]
        input signal
    response : np.ndarray [shape=(n_blocks, n_bins) or (n_bins,)]
        response at the times and frequencies of `block_grid`
    sample_rate : int
        Hz

    Returns
    -------
    np.ndarray [shape=(n_samples,)]
    """
    hop = hop_samples(sample_rate)
    n_blocks = -(-len(source) // hop) + 1
    padded = np.zeros((n_blocks + 1) * hop)
    padded[hop : hop + len(source)] = source
    window = 0.5 - 0.5 * np.cos(np.pi * np.arange(2 * hop) / hop)
    blocks = sliding_window_view(padded, 2 * hop)[::hop] * window
    pieces = np.fft.irfft(np.fft.rfft(blocks, 4 * hop) * response, 4 * hop).reshape(n_blocks, 4, hop)
    result = np.zeros((n_blocks + 3, hop))
    for step in range(4):
        result[step : step + n_blocks] += pieces[:, step]
    return result.ravel()[hop : hop + len(source)]

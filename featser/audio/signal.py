"""The signal: mono samples at one sample rate."""

import numpy as np
from numpy.typing import NDArray

Signal = NDArray[np.float32]
"""Samples, shape ``(n_samples,)``, full scale at -1 and 1."""

SAMPLE_RATE = 16_000
"""Hz; all features are computed at this rate."""


def mix_down(samples: NDArray[np.float32]) -> Signal:
    """Average the channels of samples with shape ``(n_samples, n_channels)``.

    Parameters
    ----------
    samples : NDArray [shape=(n_samples, n_channels)]

    Returns
    -------
    Signal [shape=(n_samples,)]
        a view of the samples where there is one channel
    """
    if samples.shape[1] == 1:
        return samples[:, 0]
    with np.errstate(over="ignore", invalid="ignore"):  # values that are not finite are refused later
        mono: Signal = samples.mean(axis=1)
    return mono


def resample(signal: Signal, rate: int) -> Signal:
    """Resample a signal to `SAMPLE_RATE` with soxr, quality HQ.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
    rate : int
        its sample rate in Hz

    Returns
    -------
    Signal
        the same array where the rates agree
    """
    if rate == SAMPLE_RATE:
        return signal
    import soxr

    resampled: Signal = soxr.resample(signal, rate, SAMPLE_RATE, quality="HQ")
    return resampled

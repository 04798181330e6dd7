"""The signal: mono samples at one sample rate."""

from collections.abc import Iterable, Iterator

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


def resample_blocks(blocks: Iterable[Signal], rate: int) -> Iterator[Signal]:
    """Resample a signal block by block, with the values that `resample` gives for the whole signal.

    Parameters
    ----------
    blocks : iterable of Signal [shape=(n_samples,)]
        consecutive parts of a signal
    rate : int
        its sample rate in Hz

    Yields
    ------
    Signal
        part of the resampled signal for each block, possibly empty, and the rest after the last one
    """
    if rate == SAMPLE_RATE:
        yield from blocks
        return
    import soxr

    stream = soxr.ResampleStream(rate, SAMPLE_RATE, 1, dtype="float32", quality="HQ")
    for block in blocks:
        yield stream.resample_chunk(np.ascontiguousarray(block))
    yield stream.resample_chunk(np.zeros(0, np.float32), last=True)

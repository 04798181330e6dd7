"""Rounding to single precision and division without infinities."""

import numpy as np
from numpy.typing import NDArray

from featser.features import kernels
from featser.features.frames import Array


def to_float32(values: NDArray[np.float64]) -> Array:
    """Round to single precision.

    Parameters
    ----------
    values : NDArray of float64 [shape=(n_tracks,)]

    Returns
    -------
    Array [shape=(n_tracks,)]
        NaN where a value exceeds the range of single precision

    Examples
    --------
    >>> to_float32(np.array([0.5, 6e38, np.nan]))
    array([0.5, nan, nan], dtype=float32)
    """
    return kernels.statistics.to_float32(values)


def divide(dividend: NDArray[np.number], divisor: NDArray[np.number]) -> NDArray[np.float64]:
    """Divide in double precision.

    Parameters
    ----------
    dividend, divisor : NDArray [shape=(n_tracks,)]

    Returns
    -------
    NDArray of float64 [shape=(n_tracks,)]
        NaN where the divisor is 0

    Examples
    --------
    >>> divide(np.array([1, 2]), np.array([4, 0]))
    array([0.25,  nan])
    """
    return np.divide(dividend, divisor, out=np.full(len(dividend), np.nan), where=divisor != 0)

"""Conversion of power to decibels, clipped at a floor so that silence is finite."""

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-10
_RANGE_DB = 80.0


def decibels(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """Convert power to decibels: ``10 log10(power)``, clipped at -100 dB and at 80 dB below the maximum.

    Parameters
    ----------
    power : NDArray of float32
        not negative

    Returns
    -------
    NDArray of float64 [shape=power.shape]
        in double precision, because descriptors take small differences of levels

    Examples
    --------
    >>> decibels(np.array([1.0, 0.1, 0.0], dtype=np.float32)).round(6).tolist()
    [0.0, -10.0, -80.0]
    """
    level = 10 * np.log10(np.maximum(power, _SMALLEST, dtype=np.float64))
    return np.maximum(level, level.max() - _RANGE_DB)

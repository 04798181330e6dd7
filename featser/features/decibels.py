"""Decibels with a floor: the logarithm of a power, bounded below so that silence stays finite."""

import numpy as np
from numpy.typing import NDArray

_SMALLEST = 1e-10
_RANGE_DB = 80.0


def decibels(power: NDArray[np.float32]) -> NDArray[np.float64]:
    """``10 log10(power)``, at least -100 dB, and at most 80 dB below the loudest entry of the array.

    In double precision: what follows takes differences of these levels, and small ones matter.

    >>> decibels(np.array([1.0, 0.1, 0.0], dtype=np.float32)).round(6).tolist()
    [0.0, -10.0, -80.0]
    """
    level = 10 * np.log10(np.maximum(power, _SMALLEST, dtype=np.float64))
    return np.maximum(level, level.max() - _RANGE_DB)

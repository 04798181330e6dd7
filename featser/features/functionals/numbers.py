"""What functionals hand back: single precision, NaN instead of infinity."""

import numpy as np
from numpy.typing import NDArray

from featser.features import kernels
from featser.features.frames import Array


def single(values: NDArray[np.float64]) -> Array:
    """Round to single precision; NaN for what it cannot hold, as the range of a track from -3e38 to 3e38.

    >>> single(np.array([0.5, 6e38, np.nan]))
    array([0.5, nan, nan], dtype=float32)
    """
    return kernels.statistics.rounded(values)


def ratio(dividend: NDArray[np.number], divisor: NDArray[np.number]) -> NDArray[np.float64]:
    """Quotient in double precision; NaN where the divisor is 0.

    >>> ratio(np.array([1, 2]), np.array([4, 0]))
    array([0.25,  nan])
    """
    return np.divide(dividend, divisor, out=np.full(len(dividend), np.nan), where=divisor != 0)

"""Mean, standard deviation, skewness and kurtosis of a track.

Mean and standard deviation have the unit of the track. Skewness and kurtosis are g1 and g2 of Joanes and Gill,
Comparing measures of sample skewness and kurtosis, 1998.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import to_float32
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def mean(tracks: Tracks) -> Array:
    """Arithmetic mean."""
    return to_float32(tracks.moments.mean)


@functional
def std(tracks: Tracks) -> Array:
    """Population standard deviation (no Bessel correction)."""
    return to_float32(np.sqrt(tracks.moments.second))


@functional
def skewness(tracks: Tracks) -> Array:
    """Third standardised moment (biased estimate); NaN for a constant track."""
    spread = _spread(tracks)
    return to_float32(tracks.moments.third / (spread * spread * spread))


@functional
def kurtosis(tracks: Tracks) -> Array:
    """Excess kurtosis (Fisher, biased estimate), 0 for a normal distribution; NaN for a constant track."""
    spread = _spread(tracks)
    return to_float32(tracks.moments.fourth / np.square(spread * spread) - 3)


def _spread(tracks: Tracks) -> Numbers:
    """Standard deviation; NaN where it does not exceed the rounding error of the values."""
    spread = np.sqrt(tracks.moments.second)
    return np.where(spread > np.finfo(np.float32).eps * np.abs(tracks.moments.mean), spread, np.nan)

"""Moments of a track: its level, its spread and the shape of its distribution.

Mean and spread have the unit of the track. Skewness and kurtosis are g1 and g2 in Joanes and Gill, Comparing measures
of sample skewness and kurtosis, 1998.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import single
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def mean(tracks: Tracks) -> Array:
    """Arithmetic mean."""
    return single(tracks.moments.mean)


@functional
def std(tracks: Tracks) -> Array:
    """Population standard deviation (no Bessel correction)."""
    return single(np.sqrt(tracks.moments.second))


@functional
def skewness(tracks: Tracks) -> Array:
    """Third standardised moment (biased estimate); NaN for a track that does not move."""
    spread = _spread(tracks)
    return single(tracks.moments.third / (spread * spread * spread))


@functional
def kurtosis(tracks: Tracks) -> Array:
    """Excess kurtosis (Fisher, biased estimate), 0 for a normal distribution; NaN for a track that does not move."""
    spread = _spread(tracks)
    return single(tracks.moments.fourth / np.square(spread * spread) - 3)


def _spread(tracks: Tracks) -> Numbers:
    """Standard deviation; NaN where it is no more than the rounding of the track's values."""
    spread = np.sqrt(tracks.moments.second)
    return np.where(spread > np.finfo(np.float32).eps * np.abs(tracks.moments.mean), spread, np.nan)

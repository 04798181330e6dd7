"""Statistics that turn a track of any length into one number.

Every functional maps `Tracks` of shape ``(n_tracks, n_frames)`` to ``(n_tracks,)``; NaN where it is undefined.
"""

import numpy as np
from numpy.typing import NDArray

from featser.features.frames import Array
from featser.features.registry import FUNCTIONALS, Functional, functional
from featser.features.tracks import Tracks


@functional
def mean(tracks: Tracks) -> Array:
    """Arithmetic mean."""
    return _single(tracks.mean)


@functional
def std(tracks: Tracks) -> Array:
    """Population standard deviation (no Bessel correction)."""
    return _single(np.sqrt(tracks.variance))


@functional
def min(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Smallest value."""
    return tracks.ordered[:, 0]


@functional
def max(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Largest value."""
    return _quantile(tracks, 1.0)


@functional
def skewness(tracks: Tracks) -> Array:
    """Third standardised moment (biased estimate); NaN for a track that does not move."""
    return _standardised_moment(tracks, 3)


@functional
def kurtosis(tracks: Tracks) -> Array:
    """Excess kurtosis (Fisher, biased estimate), 0 for a normal distribution; NaN for a track that does not move."""
    return _standardised_moment(tracks, 4) - np.float32(3)


def percentile(percent: int) -> Functional:
    """Percentile with linear interpolation between order statistics, as `numpy.percentile` does by default."""

    def compute(tracks: Tracks) -> Array:
        return _quantile(tracks, percent / 100)

    compute.__doc__ = f"{percent} % of the frames lie below this value."
    return Functional(f"p{percent:02d}", compute)


FUNCTIONALS.update({each.name: each for each in map(percentile, range(1, 100))})


def _quantile(tracks: Tracks, share: float) -> Array:
    position = share * np.maximum(tracks.n_defined - 1, 0)
    below = np.floor(position).astype(np.int64)
    above = np.ceil(position).astype(np.int64)
    row = np.arange(len(tracks.ordered))
    low, high = (tracks.ordered[row, at].astype(np.float64) for at in (below, above))
    return _single(low + (position - below) * (high - low))


def _standardised_moment(tracks: Tracks, order: int) -> Array:
    spread = np.sqrt(tracks.variance)
    moves = spread > np.finfo(np.float32).eps * np.abs(tracks.mean)
    moment = tracks.central_moment(order)
    return _single(np.divide(moment, spread**order, out=np.full_like(moment, np.nan), where=moves))


def _single(values: NDArray[np.floating]) -> Array:
    return values.astype(np.float32)

"""Extremes, percentiles, and the ranges and shares between them.

All but the shares have the unit of the track. Percentiles are of type 7 in Hyndman and Fan, Sample quantiles in
statistical packages, 1996.
"""

import builtins

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import single
from featser.features.registry import FUNCTIONALS, Functional, functional
from featser.features.tracks import Tracks


@functional
def min(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Smallest value."""
    return single(tracks.extremes.low)


@functional
def max(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Largest value."""
    return single(tracks.extremes.high)


@functional
def range(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Largest minus smallest value."""
    return single(tracks.extremes.high - tracks.extremes.low)


@functional
def range90(tracks: Tracks) -> Array:
    """Range of the middle 90 % of the frames: ``p95 - p05``."""
    return single(tracks.quantile(0.95) - tracks.quantile(0.05))


@functional
def iqr(tracks: Tracks) -> Array:
    """Interquartile range: ``p75 - p25``."""
    return single(tracks.quantile(0.75) - tracks.quantile(0.25))


@functional
def iqr_low(tracks: Tracks) -> Array:
    """Lower part of the interquartile range: ``p50 - p25``."""
    return single(tracks.quantile(0.5) - tracks.quantile(0.25))


@functional
def iqr_high(tracks: Tracks) -> Array:
    """Upper part of the interquartile range: ``p75 - p50``."""
    return single(tracks.quantile(0.75) - tracks.quantile(0.5))


def percentile(percent: int) -> Functional:
    """Percentile with linear interpolation between order statistics, as `numpy.percentile` does by default."""

    def compute(tracks: Tracks) -> Array:
        return single(tracks.quantile(percent / 100))

    compute.__doc__ = f"{percent} % of the frames lie below this value."
    return Functional(f"p{percent:02d}", compute)


def uplevel(percent: int) -> Functional:
    """Share of frames, 0 to 1, that lie above a level between smallest (0 %) and largest value (100 %).

    References
    ----------
    Eyben, Woellmer and Schuller, openSMILE, 2010: the up-level times of its functionals.
    """

    def compute(tracks: Tracks) -> Array:
        low, high = tracks.extremes.low, tracks.extremes.high
        share = tracks.share_above(low + percent / 100 * (high - low))
        return single(np.where(tracks.steady, np.nan, share))

    compute.__doc__ = (
        f"Share of frames, 0 to 1, above ``min + {percent / 100} * (max - min)``; NaN for a track that does not move."
    )
    return Functional(f"uplevel{percent:02d}", compute)


_PERCENTILES = [percentile(percent) for percent in builtins.range(1, 100)]
_UPLEVELS = [uplevel(percent) for percent in (25, 50, 75, 90)]
FUNCTIONALS.update({each.name: each for each in (*_PERCENTILES, *_UPLEVELS)})

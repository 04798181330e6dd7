"""Extremes, percentiles, ranges and up-level times of a track.

All but the up-level times have the unit of the track. Percentiles are of type 7 in Hyndman and Fan, Sample quantiles in
statistical packages, 1996.
"""

import builtins

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import to_float32
from featser.features.registry import FUNCTIONALS, Functional, functional
from featser.features.tracks import Tracks


@functional
def min(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Smallest value."""
    return to_float32(tracks.extremes.low)


@functional
def max(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Largest value."""
    return to_float32(tracks.extremes.high)


@functional
def range(tracks: Tracks) -> Array:  # noqa: A001 - the name in the column is the name of the function
    """Largest minus smallest value."""
    return to_float32(tracks.extremes.high - tracks.extremes.low)


@functional
def range90(tracks: Tracks) -> Array:
    """Range between the 5th and the 95th percentile: ``p95 - p05``."""
    return to_float32(tracks.quantile(0.95) - tracks.quantile(0.05))


@functional
def iqr(tracks: Tracks) -> Array:
    """Interquartile range: ``p75 - p25``."""
    return to_float32(tracks.quantile(0.75) - tracks.quantile(0.25))


@functional
def iqr_low(tracks: Tracks) -> Array:
    """Lower part of the interquartile range: ``p50 - p25``."""
    return to_float32(tracks.quantile(0.5) - tracks.quantile(0.25))


@functional
def iqr_high(tracks: Tracks) -> Array:
    """Upper part of the interquartile range: ``p75 - p50``."""
    return to_float32(tracks.quantile(0.75) - tracks.quantile(0.5))


def percentile(percent: int) -> Functional:
    """Functional of a percentile, with linear interpolation between order statistics as in `numpy.percentile`.

    Parameters
    ----------
    percent : int
        0 to 100

    Returns
    -------
    Functional
        named ``p05`` for 5 %
    """

    def compute(tracks: Tracks) -> Array:
        return to_float32(tracks.quantile(percent / 100))

    compute.__doc__ = f"Percentile: value below which {percent} % of the frames lie."
    return Functional(f"p{percent:02d}", compute)


def uplevel(percent: int) -> Functional:
    """Functional of an up-level time: share of frames above a level between the minimum and the maximum.

    Parameters
    ----------
    percent : int
        position of the level between minimum (0 %) and maximum (100 %)

    Returns
    -------
    Functional
        named ``uplevel25`` for 25 %; values from 0 to 1

    References
    ----------
    Eyben, Woellmer and Schuller, openSMILE, 2010: the up-level times of its functionals.
    """

    def compute(tracks: Tracks) -> Array:
        low, high = tracks.extremes.low, tracks.extremes.high
        share = tracks.share_above(low + percent / 100 * (high - low))
        return to_float32(np.where(tracks.steady, np.nan, share))

    compute.__doc__ = f"Share of frames, 0 to 1, above ``min + {percent / 100} (max - min)``; NaN for a constant track."
    return Functional(f"uplevel{percent:02d}", compute)


_PERCENTILES = [percentile(percent) for percent in builtins.range(1, 100)]
_UPLEVELS = [uplevel(percent) for percent in (25, 50, 75, 90)]
FUNCTIONALS.update({each.name: each for each in (*_PERCENTILES, *_UPLEVELS)})

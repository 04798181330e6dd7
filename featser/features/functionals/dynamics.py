"""Rises, falls and level crossings of a track.

Undefined frames are interpolated linearly between defined ones. Slopes have the unit of the track per second.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import divide, to_float32
from featser.features.registry import functional
from featser.features.tracks import Tracks


@functional
def rise_share(tracks: Tracks) -> Array:
    """Share of the time, 0 to 1, in which the track rises; NaN for fewer than two defined frames."""
    return to_float32(tracks.rises_and_falls.rising / tracks.span)


@functional
def mean_rise(tracks: Tracks) -> Array:
    """Mean slope of the rising parts, per second; NaN if the track never rises."""
    steps = tracks.rises_and_falls
    return to_float32(divide(steps.rise, steps.rising) / tracks.hop_seconds)


@functional
def mean_fall(tracks: Tracks) -> Array:
    """Mean slope of the falling parts, per second, negative; NaN if the track never falls."""
    steps = tracks.rises_and_falls
    return to_float32(divide(steps.fall, steps.falling) / tracks.hop_seconds)


@functional
def zero_crossing_rate(tracks: Tracks) -> Array:
    """Sign changes per second, where 0 counts as positive; NaN for fewer than two defined frames."""
    return _rate(tracks, np.zeros(len(tracks.values)))


@functional
def mean_crossing_rate(tracks: Tracks) -> Array:
    """Crossings of the mean of the track per second; NaN for fewer than two defined frames."""
    return _rate(tracks, tracks.moments.mean)


def _rate(tracks: Tracks, levels: np.ndarray) -> Array:
    return to_float32(tracks.crossings(levels) / (tracks.span * tracks.hop_seconds))

"""How a track goes from one defined frame to the next: rises, falls and crossings.

The track is the line that leads straight from each defined frame to the next, over undefined ones too; slopes have the
unit of the track, per second.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import ratio, single
from featser.features.registry import functional
from featser.features.tracks import Tracks


@functional
def rise_share(tracks: Tracks) -> Array:
    """Share of the time, 0 to 1, in which the track rises; NaN below two defined frames."""
    return single(tracks.rises_and_falls.rising / tracks.span)


@functional
def mean_rise(tracks: Tracks) -> Array:
    """Mean slope while the track rises, per second; NaN where it never does."""
    steps = tracks.rises_and_falls
    return single(ratio(steps.rise, steps.rising) / tracks.hop_seconds)


@functional
def mean_fall(tracks: Tracks) -> Array:
    """Mean slope while the track falls, per second, negative; NaN where it never does."""
    steps = tracks.rises_and_falls
    return single(ratio(steps.fall, steps.falling) / tracks.hop_seconds)


@functional
def zero_crossing_rate(tracks: Tracks) -> Array:
    """Passages of the track through 0, per second; 0 itself counts as positive; NaN below two defined frames."""
    return _rate(tracks, np.zeros(len(tracks.values)))


@functional
def mean_crossing_rate(tracks: Tracks) -> Array:
    """Passages of the track through its mean, per second; NaN below two defined frames."""
    return _rate(tracks, tracks.moments.mean)


def _rate(tracks: Tracks, levels: np.ndarray) -> Array:
    return single(tracks.crossings(levels) / (tracks.span * tracks.hop_seconds))

"""Line and parabola through a track by least squares; time runs on over undefined frames.

The unit is that of the track, per second or per second squared where the functional says so.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import single
from featser.features.registry import functional
from featser.features.tracks import Tracks


@functional
def slope(tracks: Tracks) -> Array:
    """Slope of the line through the track, per second; NaN below two defined frames."""
    return single(tracks.trends.slope / tracks.hop_seconds)


@functional
def offset(tracks: Tracks) -> Array:
    """Value of the line through the track at its first defined frame; NaN below two defined frames."""
    return single(tracks.trends.start)


@functional
def slope_error(tracks: Tracks) -> Array:
    """Root mean square of the distance from the line through the track; NaN below two defined frames."""
    return single(tracks.trends.line_error)


@functional
def curvature(tracks: Tracks) -> Array:
    """Second derivative of the parabola through the track, per second squared; NaN below three defined frames."""
    return single(2 * tracks.trends.bend / np.square(tracks.hop_seconds))


@functional
def quadratic_error(tracks: Tracks) -> Array:
    """Root mean square of the distance from the parabola through the track; NaN below three defined frames."""
    return single(tracks.trends.parabola_error)

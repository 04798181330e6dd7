"""Least-squares line and parabola through the defined frames of a track.

Values have the unit of the track; that of slopes is per second, that of the curvature per second squared.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import to_float32
from featser.features.registry import functional
from featser.features.tracks import Tracks


@functional
def slope(tracks: Tracks) -> Array:
    """Slope of the regression line, per second; NaN for fewer than two defined frames."""
    return to_float32(tracks.trends.slope / tracks.hop_seconds)


@functional
def offset(tracks: Tracks) -> Array:
    """Value of the regression line at the first defined frame; NaN for fewer than two defined frames."""
    return to_float32(tracks.trends.start)


@functional
def slope_error(tracks: Tracks) -> Array:
    """Root mean square residual of the regression line; NaN for fewer than two defined frames."""
    return to_float32(tracks.trends.line_error)


@functional
def curvature(tracks: Tracks) -> Array:
    """Second derivative of the regression parabola, per second squared; NaN for fewer than three defined frames."""
    return to_float32(2 * tracks.trends.bend / np.square(tracks.hop_seconds))


@functional
def quadratic_error(tracks: Tracks) -> Array:
    """Root mean square residual of the regression parabola; NaN for fewer than three defined frames."""
    return to_float32(tracks.trends.parabola_error)

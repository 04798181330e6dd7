"""Positions of the extremes and of the temporal centroid, relative to the first (0) and the last (1) defined frame."""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import to_float32
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def argmin(tracks: Tracks) -> Array:
    """Relative position, 0 to 1, of the first frame with the smallest value; NaN for a constant track."""
    return _position(tracks, tracks.first_time_of(tracks.extremes.low))


@functional
def argmax(tracks: Tracks) -> Array:
    """Relative position, 0 to 1, of the first frame with the largest value; NaN for a constant track."""
    return _position(tracks, tracks.first_time_of(tracks.extremes.high))


@functional
def centroid(tracks: Tracks) -> Array:
    r"""Temporal centroid of the track above its minimum, 0 to 1; NaN for a constant track.

    .. math:: \sum_t t (x_t - \min x) / \sum_t (x_t - \min x)
    """
    return _position(tracks, tracks.centroids)


def _position(tracks: Tracks, frame: Numbers) -> Array:
    return to_float32(np.where(tracks.steady, np.nan, (frame - tracks.ends.first) / tracks.span))

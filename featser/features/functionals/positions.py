"""When something happens, as a share of the time from the first defined frame (0) to the last (1)."""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import single
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def argmin(tracks: Tracks) -> Array:
    """Relative position, 0 to 1, of the first frame with the smallest value; NaN for a track that does not move."""
    return _position(tracks, tracks.first_time_of(tracks.extremes.low))


@functional
def argmax(tracks: Tracks) -> Array:
    """Relative position, 0 to 1, of the first frame with the largest value; NaN for a track that does not move."""
    return _position(tracks, tracks.first_time_of(tracks.extremes.high))


@functional
def centroid(tracks: Tracks) -> Array:
    r"""Temporal centre of a track above its minimum, 0 to 1; NaN for a track that does not move.

    .. math:: \sum_t t (x_t - \min x) / \sum_t (x_t - \min x)
    """
    return _position(tracks, tracks.centroids)


def _position(tracks: Tracks, frame: Numbers) -> Array:
    return single(np.where(tracks.steady, np.nan, (frame - tracks.ends.first) / tracks.span))

"""Number, height and distance of the peaks of a track.

A peak is a local maximum above the mean of the track whose prominence exceeds a tenth of the range (``max - min``): the
track rises before it and falls after it by more than that, before it gets higher. The first and the last frame are not
peaks. Of several equal frames the first is the peak. Heights have the unit of the track.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.arithmetic import divide, to_float32
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def peak_rate(tracks: Tracks) -> Array:
    """Peaks per second, with a prominence above a tenth of the range; NaN for fewer than two defined frames."""
    return to_float32(tracks.peaks.n_peaks / (tracks.span * tracks.hop_seconds))


@functional
def peak_mean(tracks: Tracks) -> Array:
    """Mean of the peak heights, relative to the mean of the track; NaN without peaks."""
    return to_float32(divide(tracks.peaks.height, tracks.peaks.n_peaks))


@functional
def peak_distance_mean(tracks: Tracks) -> Array:
    """Mean interval between peaks in seconds; NaN for fewer than two peaks."""
    return to_float32(_distance(tracks, tracks.peaks.distance) * tracks.hop_seconds)


@functional
def peak_distance_std(tracks: Tracks) -> Array:
    """Population standard deviation of the intervals between peaks in seconds; NaN for fewer than two peaks."""
    mean = _distance(tracks, tracks.peaks.distance)
    variance = np.maximum(_distance(tracks, tracks.peaks.square) - mean * mean, 0)
    return to_float32(np.sqrt(variance) * tracks.hop_seconds)


def _distance(tracks: Tracks, total: Numbers) -> Numbers:
    return divide(total, np.maximum(tracks.peaks.n_peaks - 1, 0))

"""Peaks of a track.

A peak is a local maximum above the track's mean, of which the track rises before and falls after by more than a tenth
of its range (``max - min``) before it gets higher; of equally high frames the first. The rule is a hysteresis: smaller
wiggles make no peaks, and the first and the last frame are none. Heights have the unit of the track.
"""

import numpy as np

from featser.features.frames import Array
from featser.features.functionals.numbers import ratio, single
from featser.features.registry import functional
from featser.features.tracks import Numbers, Tracks


@functional
def peak_rate(tracks: Tracks) -> Array:
    """Peaks per second (above the mean, higher than a tenth of the range); NaN below two defined frames."""
    return single(tracks.peaks.n_peaks / (tracks.span * tracks.hop_seconds))


@functional
def peak_mean(tracks: Tracks) -> Array:
    """Mean height of peaks above the track's mean; NaN without peaks."""
    return single(ratio(tracks.peaks.height, tracks.peaks.n_peaks))


@functional
def peak_distance_mean(tracks: Tracks) -> Array:
    """Mean time from peak to peak in seconds; NaN below two peaks."""
    return single(_distance(tracks, tracks.peaks.distance) * tracks.hop_seconds)


@functional
def peak_distance_std(tracks: Tracks) -> Array:
    """Population standard deviation of the time from peak to peak in seconds; NaN below two peaks."""
    mean = _distance(tracks, tracks.peaks.distance)
    variance = np.maximum(_distance(tracks, tracks.peaks.square) - mean * mean, 0)
    return single(np.sqrt(variance) * tracks.hop_seconds)


def _distance(tracks: Tracks, total: Numbers) -> Numbers:
    return ratio(total, np.maximum(tracks.peaks.n_peaks - 1, 0))

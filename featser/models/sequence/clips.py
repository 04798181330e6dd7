"""Rows of a sequence table as clips: tracks over frames, standardised, and varied for training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]

_GAIN = 0.2
"""Standard deviation of the gain of a varied clip, in standard deviations of the tracks: 2 to 4 dB for speech."""

_SHIFT_FRAMES = 8
_MASKED_FRAMES = 12
_MASKED_SHARE_OF_TRACKS = 0.15


@dataclass(frozen=True, eq=False)
class Clips:
    """Some recordings as a network sees them.

    Attributes
    ----------
    values : Single [shape=(n_clips, n_tracks, n_frames)]
        0 where a track is undefined and after the end
    lengths : NDArray [shape=(n_clips,)]
        frames until the end of each, at least 1
    """

    values: Single
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: NDArray[np.int64]) -> "Clips":
        """Return some of the clips, cut where the longest of them ends."""
        lengths = self.lengths[rows]
        return Clips(self.values[rows, :, : lengths.max(initial=1)], lengths)


@dataclass(frozen=True, eq=False)
class Measure:
    """Mean and standard deviation of each track over the defined frames of some recordings, ``(n_tracks,)``."""

    means: NDArray[np.float64]
    scales: NDArray[np.float64]


def tracks_of(X: NDArray[np.float64], n_tracks: int) -> NDArray[np.float64]:
    """Give each row its two axes back, ``(n_clips, n_tracks, n_frames)``; columns go by track, then by frame.

    Raises
    ------
    ValueError
        the columns are not that many tracks over the same frames
    """
    if X.shape[1] % n_tracks:
        raise ValueError(f"{X.shape[1]} columns are not {n_tracks} tracks over frames; set n_tracks.")
    return X.reshape(len(X), n_tracks, -1)


def measure(tracks: NDArray[np.float64]) -> Measure:
    """Measure each track; one that is never defined or does not move is left as it is."""
    defined = ~np.isnan(tracks)
    n_defined = np.maximum(defined.sum(axis=(0, 2)), 1)
    means = np.where(defined, tracks, 0).sum(axis=(0, 2)) / n_defined
    centred = np.where(defined, tracks - means[:, None], 0)
    scales = np.sqrt(np.square(centred).sum(axis=(0, 2)) / n_defined)
    return Measure(means, np.where(scales > np.finfo(np.float32).eps * np.abs(means), scales, 1.0))


def standardise(tracks: NDArray[np.float64], by: Measure) -> Clips:
    """Standardise each track; the last frame where one is defined ends a clip."""
    values = (tracks - by.means[:, None]) / by.scales[:, None]
    heard: NDArray[np.bool_] = np.any(~np.isnan(values), axis=1)
    lengths = np.where(heard.any(axis=1), heard.shape[1] - heard[:, ::-1].argmax(axis=1), 1)
    return Clips(np.nan_to_num(values).astype(np.float32), lengths.astype(np.int64))


def varied(clips: Clips, strength: float, rng: np.random.Generator) -> Clips:
    """Return each clip a little louder or softer, earlier or later, and without a few bands and moments.

    Parameters
    ----------
    strength : float
        0 leaves the clips as they are, 1 is the usual amount

    References
    ----------
    Park et al., SpecAugment: a simple data augmentation method for automatic speech recognition, Interspeech 2019.
    """
    values = clips.values.copy()
    lengths = clips.lengths.copy()
    for at in range(len(clips)):
        values[at], lengths[at] = _varied(values[at], int(lengths[at]), strength, rng)
    return Clips(values, lengths)


def _varied(clip: Single, length: int, strength: float, rng: np.random.Generator) -> tuple[Single, int]:
    n_tracks, n_frames = clip.shape
    start = int(rng.integers(-_SHIFT_FRAMES, _SHIFT_FRAMES + 1) * min(strength, 1.0))
    shifted = np.zeros_like(clip)
    heard = clip[:, max(-start, 0) : length] + np.float32(rng.normal(0, _GAIN * strength))
    heard = heard[:, : n_frames - max(start, 0)]
    end = max(start, 0) + heard.shape[1]
    shifted[:, max(start, 0) : end] = heard
    for axis, widest in ((0, strength * _MASKED_SHARE_OF_TRACKS * n_tracks), (1, strength * _MASKED_FRAMES)):
        for _ in range(2):
            width = int(rng.integers(0, int(widest) + 1))
            first = int(rng.integers(0, max((n_tracks, max(end, 1))[axis] - width, 0) + 1))
            shifted[(slice(None),) * axis + (slice(first, first + width),)] = 0
    return shifted, max(end, 1)

"""Rows of a sequence table as clips: standardised tracks over frames, and their augmentation for training."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Single = NDArray[np.float32]

_GAIN = 0.2
"""Standard deviation of the gain of an augmented clip, in standard deviations of the tracks (2 to 4 dB for speech)."""

_SHIFT_FRAMES = 8
_MASKED_FRAMES = 12
_MASKED_SHARE_OF_TRACKS = 0.15


@dataclass(frozen=True, eq=False)
class Clips:
    """Input of a network.

    Attributes
    ----------
    values : Single [shape=(n_clips, n_tracks, n_frames)]
        0 where a track is undefined and after the end
    lengths : NDArray [shape=(n_clips,)]
        number of frames of each clip, at least 1
    """

    values: Single
    lengths: NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.lengths)

    def take(self, rows: NDArray[np.int64]) -> "Clips":
        """Return some of the clips, cut to the length of the longest.

        Parameters
        ----------
        rows : NDArray [shape=(n,)]
            row numbers

        Returns
        -------
        Clips
        """
        lengths = self.lengths[rows]
        return Clips(self.values[rows, :, : lengths.max(initial=1)], lengths)


@dataclass(frozen=True, eq=False)
class Measure:
    """Mean and standard deviation of each track over defined frames.

    Attributes
    ----------
    means, scales : NDArray [shape=(n_tracks,)]
    """

    means: NDArray[np.float64]
    scales: NDArray[np.float64]


def tracks_of(X: NDArray[np.float64], n_tracks: int) -> NDArray[np.float64]:
    """Reshape rows to tracks over frames.

    Parameters
    ----------
    X : NDArray [shape=(n_clips, n_tracks * n_frames)]
        columns by track, then by frame
    n_tracks : int

    Returns
    -------
    NDArray [shape=(n_clips, n_tracks, n_frames)]

    Raises
    ------
    ValueError
        the number of columns is not a multiple of ``n_tracks``
    """
    if X.shape[1] % n_tracks:
        raise ValueError(f"{X.shape[1]} columns cannot be divided into {n_tracks} tracks. Set n_tracks.")
    return X.reshape(len(X), n_tracks, -1)


def measure(tracks: NDArray[np.float64]) -> Measure:
    """Compute mean and standard deviation of each track.

    Parameters
    ----------
    tracks : NDArray [shape=(n_clips, n_tracks, n_frames)]
        NaN where undefined

    Returns
    -------
    Measure
        standard deviation 1 for a track that is constant or never defined
    """
    defined = ~np.isnan(tracks)
    n_defined = np.maximum(defined.sum(axis=(0, 2)), 1)
    means = np.where(defined, tracks, 0).sum(axis=(0, 2)) / n_defined
    centred = np.where(defined, tracks - means[:, None], 0)
    scales = np.sqrt(np.square(centred).sum(axis=(0, 2)) / n_defined)
    return Measure(means, np.where(scales > np.finfo(np.float32).eps * np.abs(means), scales, 1.0))


def standardise(tracks: NDArray[np.float64], by: Measure) -> Clips:
    """Standardise each track; a clip ends with the last frame in which any track is defined.

    Parameters
    ----------
    tracks : NDArray [shape=(n_clips, n_tracks, n_frames)]
        NaN where undefined
    by : Measure

    Returns
    -------
    Clips
    """
    values = (tracks - by.means[:, None]) / by.scales[:, None]
    defined: NDArray[np.bool_] = np.any(~np.isnan(values), axis=1)
    lengths = np.where(defined.any(axis=1), defined.shape[1] - defined[:, ::-1].argmax(axis=1), 1)
    return Clips(np.nan_to_num(values).astype(np.float32), lengths.astype(np.int64))


def augmented(clips: Clips, strength: float, rng: np.random.Generator) -> Clips:
    """Augment clips: change gain and onset, and mask some tracks and frames.

    Parameters
    ----------
    clips : Clips
    strength : float
        0 for no change, 1 for the usual amount
    rng : numpy.random.Generator

    Returns
    -------
    Clips

    References
    ----------
    Park et al., SpecAugment: a simple data augmentation method for automatic speech recognition, Interspeech 2019.
    """
    values = clips.values.copy()
    lengths = clips.lengths.copy()
    for at in range(len(clips)):
        values[at], lengths[at] = _augmented(values[at], int(lengths[at]), strength, rng)
    return Clips(values, lengths)


def _augmented(clip: Single, length: int, strength: float, rng: np.random.Generator) -> tuple[Single, int]:
    n_tracks, n_frames = clip.shape
    shift = int(rng.integers(-_SHIFT_FRAMES, _SHIFT_FRAMES + 1) * min(strength, 1.0))
    start = int(np.clip(shift, 1 - n_frames, n_frames - 1))
    shifted = np.zeros_like(clip)
    moved = clip[:, max(-start, 0) : length] + np.float32(rng.normal(0, _GAIN * strength))
    moved = moved[:, : n_frames - max(start, 0)]
    end = max(start, 0) + moved.shape[1]
    shifted[:, max(start, 0) : end] = moved
    for axis, widest in ((0, strength * _MASKED_SHARE_OF_TRACKS * n_tracks), (1, strength * _MASKED_FRAMES)):
        for _ in range(2):
            width = int(rng.integers(0, int(widest) + 1))
            first = int(rng.integers(0, max((n_tracks, max(end, 1))[axis] - width, 0) + 1))
            shifted[(slice(None),) * axis + (slice(first, first + width),)] = 0
    return shifted, max(end, 1)

"""Tonal relations between the pitch classes of a frame."""

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from featser.features.frames import Array, Frames
from featser.features.registry import low_level_descriptor
from featser.features.spectral import chroma

_FIFTHS, _MINOR_THIRDS, _MAJOR_THIRDS = 7 / 6, 3 / 2, 2 / 3
"""Half turns of each circle per semitone."""


@low_level_descriptor(
    family="tonal", unit="coordinate", n_dims=6, parameters="of the chroma, long window", window="long"
)
def tonnetz(frames: Frames) -> Array:
    """Tonal centroid: the mean place of the pitch classes on circles of fifths, minor and major thirds.

    Returns
    -------
    Array [shape=(6, n_frames)]
        sine and cosine on the circle of fifths, then of minor thirds, both -1 to 1, then of major thirds, -0.5 to
        0.5; 0 in frames without energy, as librosa has it; NaN where `chroma` is; elsewhere equals
        ``librosa.feature.tonnetz(chroma=...)`` of it

    References
    ----------
    Harte, Sandler and Gasser, Detecting harmonic change in musical audio, ACM workshop on audio and music computing
    for multimedia, 2006.

    Examples
    --------
    A tone lies near the rim of the circle of fifths, noise near its centre:

    >>> noise = np.random.default_rng(0).normal(0, 0.5, 16000).astype(np.float32)
    >>> tone = np.sin(2 * np.pi * 1760 * np.arange(16000) / 16000).astype(np.float32)
    >>> radius = [np.nanmedian(np.hypot(*tonnetz(Frames(each))[:2])) for each in (tone, noise)]
    >>> bool(radius[0] > 0.5), bool(radius[1] < 0.3)
    (True, True)
    """
    classes = frames.shared(chroma)[:, :: frames.framing.long_step].astype(np.float64)
    total = classes.sum(axis=0)
    total[total == 0] = 1
    return frames.spread((_circles() @ classes / total).astype(np.float32))


@lru_cache(maxsize=1)
def _circles() -> NDArray[np.float64]:
    """Place of each pitch class on the circles, shape ``(6, 12)``."""
    classes = np.pi * np.arange(12)
    turns = [(_FIFTHS, 1.0), (_MINOR_THIRDS, 1.0), (_MAJOR_THIRDS, 0.5)]
    places = [radius * part(turn * classes) for turn, radius in turns for part in (np.sin, np.cos)]
    return np.array(places)

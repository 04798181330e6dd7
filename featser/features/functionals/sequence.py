"""A track frame by frame, for models that read sequences: ``t000`` is its value in the first frame.

These are no statistics, so they are not in the registry, and no region can be asked for them.
"""

import re
from collections.abc import Sequence
from functools import cache

import numpy as np

from featser.features.frames import Array
from featser.features.registry import Functional
from featser.features.tracks import Tracks

_FRAME = re.compile(r"t(\d{3})")
_RANGE = re.compile(r"t(\d{3})\.\.t(\d{3})")


def is_frame(name: str) -> bool:
    """Whether a name is that of a frame.

    >>> is_frame("t017"), is_frame("p17")
    (True, False)
    """
    return _FRAME.fullmatch(name) is not None


@cache
def frame(name: str) -> Functional:
    """Return the functional of one frame; NaN where a track ends before it, or is undefined in it."""
    at = int(name[1:])

    def compute(tracks: Tracks) -> Array:
        n_tracks, n_frames = tracks.values.shape
        values = tracks.values[:, at] if at < n_frames else np.full(n_tracks, np.nan)
        return np.array(values, dtype=np.float32)

    compute.__doc__ = f"Value {at} hops after the first frame; NaN after the end."
    return Functional(name, compute)


def frames_between(name: str) -> tuple[str, ...]:
    """Return the names of all frames of a range, both ends included; any other name as it is.

    >>> frames_between("t000..t002"), frames_between("mean")
    (('t000', 't001', 't002'), ('mean',))
    """
    match = _RANGE.fullmatch(name)
    frames = range(int(match[1]), int(match[2]) + 1) if match else ()
    return tuple(f"t{at:03d}" for at in frames) or (name,)


def count_tracks(columns: Sequence[str]) -> int:
    """Return of how many tracks these columns are the frames, from the first and by track; 0 where they are not.

    >>> count_tracks(["rms__t000", "rms__t001", "zcr__t000", "zcr__t001"]), count_tracks(["rms__mean"])
    (2, 0)
    """
    tracks = list(dict.fromkeys(name.rpartition("__")[0] for name in columns))
    frames = [f"t{at:03d}" for at in range(len(columns) // len(tracks))]
    return len(tracks) if list(columns) == [f"{track}__{each}" for track in tracks for each in frames] else 0

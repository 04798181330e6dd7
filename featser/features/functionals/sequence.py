"""Values of single frames, ``t000`` for the first frame, as features of sequence models.

They are not registered as functionals and cannot be restricted to a region.
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
    """Whether a name denotes the value of a single frame.

    Parameters
    ----------
    name : str

    Returns
    -------
    bool

    Examples
    --------
    >>> is_frame("t017"), is_frame("p17")
    (True, False)
    """
    return _FRAME.fullmatch(name) is not None


@cache
def frame_functional(name: str) -> Functional:
    """Return the functional that reads one frame.

    Parameters
    ----------
    name : str
        ``t000`` for the first frame

    Returns
    -------
    Functional
        its value is NaN where the track is shorter or undefined in this frame
    """
    at = int(name[1:])

    def compute(tracks: Tracks) -> Array:
        n_tracks, n_frames = tracks.values.shape
        values = tracks.values[:, at] if at < n_frames else np.full(n_tracks, np.nan)
        return np.array(values, dtype=np.float32)

    compute.__doc__ = f"Value {at} hops after the first frame; NaN after the end of the track."
    return Functional(name, compute)


def expand_frame_range(name: str) -> tuple[str, ...]:
    """Expand a range of frames, ends included, into its names.

    Parameters
    ----------
    name : str
        range of frames or name of a functional

    Returns
    -------
    tuple of str
        names of the frames; ``name`` alone where it is not a range

    Examples
    --------
    >>> expand_frame_range("t000..t002"), expand_frame_range("mean")
    (('t000', 't001', 't002'), ('mean',))
    """
    match = _RANGE.fullmatch(name)
    frames = range(int(match[1]), int(match[2]) + 1) if match else ()
    return tuple(f"t{at:03d}" for at in frames) or (name,)


def count_tracks(columns: Sequence[str]) -> int:
    """Count the tracks in columns that hold sequences.

    Parameters
    ----------
    columns : sequence of str
        feature names

    Returns
    -------
    int
        number of tracks, if the columns are the frames from ``t000`` on of one track after the other; otherwise 0

    Examples
    --------
    >>> count_tracks(["rms__t000", "rms__t001", "zcr__t000", "zcr__t001"]), count_tracks(["rms__mean"])
    (2, 0)
    """
    tracks = list(dict.fromkeys(name.rpartition("__")[0] for name in columns))
    frames = [f"t{at:03d}" for at in range(len(columns) // len(tracks))]
    return len(tracks) if list(columns) == [f"{track}__{each}" for track in tracks for each in frames] else 0

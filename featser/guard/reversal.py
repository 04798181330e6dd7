"""Features of a recording played backwards, computed from its features.

Reversed in time, a track keeps the distribution of its values, its slope changes sign, and the place of its maximum is
mirrored. A first derivative also changes sign, so its percentiles change places. A guard learns from this how speech
differs from reversed speech without a reversed recording.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

_MIRRORED = {"p01": "p99", "p05": "p95", "p10": "p90", "p25": "p75", "argmin": "argmax"}
_OPPOSITE = _MIRRORED | {high: low for low, high in _MIRRORED.items()}
"""Functional of a track -> functional of the negated track that has the same size."""

_PLACES = ("argmin", "argmax", "rise_share")
"""Functionals of a track with values from 0 to 1 that are mirrored in time."""

_ODD = ("mean", "median", "skewness", "p50", "curvature", "voiced_mean", "unvoiced_mean")
"""Functionals of a first derivative that change sign in time."""


@dataclass(frozen=True)
class Reversal:
    """The columns that change under time reversal, and how.

    The reversed value of column ``columns[i]`` is ``signs[i] * features[partners[i]] + offsets[i]``.

    Attributes
    ----------
    columns, partners : NDArray of int32 [shape=(n_changed,)]
    signs, offsets : NDArray of float32 [shape=(n_changed,)]
    """

    columns: NDArray[np.int32]
    partners: NDArray[np.int32]
    signs: NDArray[np.float32]
    offsets: NDArray[np.float32]

    def asymmetry(self, features: NDArray[np.float64]) -> NDArray[np.float64]:
        """Return half the difference between features and their reversed values.

        Parameters
        ----------
        features : NDArray [shape=(n_recordings, n_features)]

        Returns
        -------
        NDArray [shape=(n_recordings, n_changed)]
            it changes sign when the recording is reversed; NaN where a feature is undefined
        """
        return (features[:, self.columns] - self.signs * features[:, self.partners] - self.offsets) / 2


def time_reversal(names: Sequence[str]) -> Reversal:
    """Find the columns of a feature table that change under time reversal.

    Parameters
    ----------
    names : sequence of str
        ``<track>__<functional>``, as `featser.extract` names columns; other columns count as unchanged

    Returns
    -------
    Reversal

    Examples
    --------
    >>> found = time_reversal(["rms__mean", "rms__slope", "rms__argmax", "rms_d1__p10", "rms_d1__p90"])
    >>> found.columns, found.partners
    (array([1, 2, 3, 4], dtype=int32), array([1, 2, 4, 3], dtype=int32))
    """
    places = {name: at for at, name in enumerate(names)}
    found = []
    for at, name in enumerate(names):
        track, _, functional = name.rpartition("__")
        if track.endswith("_d1"):
            opposite = places.get(f"{track}__{_OPPOSITE.get(functional, functional)}")
            if opposite is not None and functional in _OPPOSITE:
                found.append((at, opposite, -1.0, float(functional in _PLACES)))
            elif functional in _ODD:
                found.append((at, at, -1.0, 0.0))
        elif functional == "slope" or functional in _PLACES:
            found.append((at, at, -1.0, float(functional in _PLACES)))
    columns, partners, signs, offsets = (list(each) for each in zip(*found, strict=True)) if found else ([],) * 4
    return Reversal(
        np.array(columns, np.int32),
        np.array(partners, np.int32),
        np.array(signs, np.float32),
        np.array(offsets, np.float32),
    )

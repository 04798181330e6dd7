"""Tracks of one utterance, with the sums and the order that many functionals share."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from featser.features.frames import Array


@dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks over the same frames; NaN marks a frame where a track is undefined and no functional looks at it.

    Attributes
    ----------
    values : Array [shape=(n_tracks, n_frames)]
    """

    values: Array

    @cached_property
    def defined(self) -> NDArray[np.bool_]:
        """Where a value is, shape ``(n_tracks, n_frames)``."""
        return ~np.isnan(self.values)

    @cached_property
    def n_defined(self) -> NDArray[np.int64]:
        """Number of defined frames per track, shape ``(n_tracks,)``."""
        return self.defined.sum(axis=1)

    @cached_property
    def ordered(self) -> Array:
        """Values in ascending order per track, undefined ones last."""
        return np.sort(self.values, axis=1)

    @cached_property
    def mean(self) -> NDArray[np.float64]:
        """Mean over defined frames, shape ``(n_tracks,)``; NaN without any."""
        return self._average(np.where(self.defined, self.values, 0.0).sum(axis=1, dtype=np.float64))

    @cached_property
    def variance(self) -> NDArray[np.float64]:
        """Population variance over defined frames, shape ``(n_tracks,)``; NaN without any."""
        return self.central_moment(2)

    def central_moment(self, order: int) -> NDArray[np.float64]:
        """Mean of the deviations from the mean to the power 2, 3 or 4, shape ``(n_tracks,)``."""
        factors = {3: self._deviations, 4: self._squares}
        powers = self._squares * factors[order] if order in factors else self._squares
        return self._average(powers.sum(axis=1))

    @cached_property
    def _squares(self) -> NDArray[np.float64]:
        return np.square(self._deviations)

    @cached_property
    def _deviations(self) -> NDArray[np.float64]:
        return np.where(self.defined, self.values - self.mean[:, None], 0.0)

    def _average(self, sums: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.divide(sums, self.n_defined, out=np.full_like(sums, np.nan), where=self.n_defined > 0)

"""Tracks of one utterance, with the tables of sums, order and events that many functionals share.

Each table is made when a functional first asks for it, for all tracks at once, by one compiled kernel.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from featser.features import kernels
from featser.features.frames import Array

Numbers = NDArray[np.float64]


class Packed(NamedTuple):
    """Tracks with undefined frames moved to the end; see `featser.features.kernels.statistics.pack`."""

    values: Array
    counts: NDArray[np.int64]
    times: Numbers
    rows: NDArray[np.int64]


class Moments(NamedTuple):
    """Mean and central moments (means of powers of the deviation from the mean), each ``(n_tracks,)``."""

    mean: Numbers
    second: Numbers
    third: Numbers
    fourth: Numbers


class Extremes(NamedTuple):
    """Smallest and largest value, each ``(n_tracks,)``."""

    low: Numbers
    high: Numbers


class Ends(NamedTuple):
    """Numbers of the first and the last defined frame, each ``(n_tracks,)``."""

    first: Numbers
    last: Numbers


class Trends(NamedTuple):
    """Least-squares line and parabola, per frame; each ``(n_tracks,)``."""

    slope: Numbers
    start: Numbers
    line_error: Numbers
    bend: Numbers
    parabola_error: Numbers


class RisesAndFalls(NamedTuple):
    """Sums of the steps up and down, and how many frames they take; each ``(n_tracks,)``."""

    rise: Numbers
    fall: Numbers
    rising: Numbers
    falling: Numbers


class Peaks(NamedTuple):
    """Number of peaks, sum of their heights above the mean, sum and square sum of distances in frames."""

    n_peaks: Numbers
    height: Numbers
    distance: Numbers
    square: Numbers


@dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks over the same frames; NaN marks a frame where a track is undefined.

    An undefined frame counts for nothing, and time runs on over it: from one defined frame to the next a track is taken
    to go straight, however many undefined ones lie between. What lies before the first and after the last defined frame
    does not matter.

    Attributes
    ----------
    values : Array [shape=(n_tracks, n_frames)]
    hop_seconds : float
        time from one frame to the next
    """

    values: Array
    hop_seconds: float = 0.01

    def restrict(self, frames_kept: NDArray[np.bool_]) -> "Tracks":
        """Return the same tracks over some of their frames, which need not be neighbours: ask nothing about time then.

        Parameters
        ----------
        frames_kept : NDArray of bool [shape=(n_frames,)]

        Examples
        --------
        >>> Tracks(np.array([[1.0, 2.0, 3.0]], np.float32)).restrict(np.array([True, False, True])).values
        array([[1., 3.]], dtype=float32)
        """
        assert frames_kept.shape == self.values.shape[1:]
        if frames_kept.all():
            return self
        return Tracks(kernels.statistics.columns(self.contiguous, np.flatnonzero(frames_kept)), self.hop_seconds)

    @cached_property
    def contiguous(self) -> Array:
        """Values as kernels read them: contiguous, in single precision."""
        return np.ascontiguousarray(self.values, dtype=np.float32)

    @cached_property
    def packed(self) -> Packed:
        """Defined values first, and their times."""
        return Packed(*kernels.statistics.pack(self.contiguous))

    @property
    def n_defined(self) -> NDArray[np.int64]:
        """Number of defined frames per track, shape ``(n_tracks,)``."""
        return self.packed.counts

    @cached_property
    def ordered(self) -> Array:
        """Values in ascending order per track, undefined ones last."""
        return np.sort(self.packed.values, axis=1)

    @cached_property
    def moments(self) -> Moments:
        """Mean and central moments of each track; NaN without defined frames."""
        return Moments(*kernels.statistics.moments(self.packed.values, self.n_defined))

    @cached_property
    def extremes(self) -> Extremes:
        """Smallest and largest value of each track; NaN without defined frames."""
        return Extremes(self.quantile(0.0), self.quantile(1.0))

    @cached_property
    def steady(self) -> NDArray[np.bool_]:
        """Which tracks do not move, shape ``(n_tracks,)``: the smallest value is the largest, or there is none."""
        return ~(self.extremes.high > self.extremes.low)

    @cached_property
    def ends(self) -> Ends:
        """First and last defined frame of each track; NaN without any."""
        return Ends(*kernels.courses.ends(self.n_defined, self.packed.times, self.packed.rows))

    @cached_property
    def span(self) -> Numbers:
        """Frames from the first defined one to the last, shape ``(n_tracks,)``; NaN below two defined frames."""
        return np.where(self.n_defined > 1, self.ends.last - self.ends.first, np.nan)

    @cached_property
    def trends(self) -> Trends:
        """Line and parabola through each track."""
        return Trends(*kernels.courses.trends(*self.packed, self.moments.mean))

    @cached_property
    def centroids(self) -> Numbers:
        """Mean frame number weighted by the distance from the minimum, ``(n_tracks,)``; NaN for steady tracks."""
        return kernels.courses.centroids(*self.packed, self.extremes.low)

    @cached_property
    def rises_and_falls(self) -> RisesAndFalls:
        """Steps up and down; NaN below two defined frames."""
        return RisesAndFalls(*kernels.courses.rises_and_falls(*self.packed))

    @cached_property
    def peaks(self) -> Peaks:
        """Peaks above the mean that rise and fall by more than a tenth of the track's range."""
        drops = 0.1 * (self.extremes.high - self.extremes.low)
        return Peaks(*kernels.peaks.peaks(self.contiguous, self.moments.mean, drops))

    def quantile(self, share: float) -> Numbers:
        """Value below which a share of the defined frames lies, shape ``(n_tracks,)``; NaN without any."""
        return kernels.statistics.quantiles(self.ordered, self.n_defined, share)

    def share_above(self, levels: Numbers) -> Numbers:
        """Share of defined frames above the level of each track, shape ``(n_tracks,)``; NaN without any."""
        return kernels.statistics.shares_above(self.ordered, self.n_defined, levels)

    def crossings(self, levels: Numbers) -> NDArray[np.int64]:
        """How often each track crosses its level, shape ``(n_tracks,)``."""
        return kernels.courses.crossings(self.packed.values, self.n_defined, levels)

    def first_time_of(self, values: Numbers) -> Numbers:
        """Number of the first frame in which each track has its value, shape ``(n_tracks,)``; NaN where none has."""
        return kernels.courses.first_times(*self.packed, values)

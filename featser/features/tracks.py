"""Tracks of one utterance, with the intermediate results that functionals share.

Each intermediate result is computed on first use, for all tracks at once, by a compiled kernel.
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
    """Tracks with undefined frames moved to the end, as `featser.features.kernels.statistics.pack` returns them."""

    values: Array
    counts: NDArray[np.int64]
    times: Numbers
    rows: NDArray[np.int64]


class Moments(NamedTuple):
    """Mean and central moments of orders 2 to 4, each of shape ``(n_tracks,)``."""

    mean: Numbers
    second: Numbers
    third: Numbers
    fourth: Numbers


class Extremes(NamedTuple):
    """Smallest and largest value, each of shape ``(n_tracks,)``."""

    low: Numbers
    high: Numbers


class Ends(NamedTuple):
    """Indices of the first and the last defined frame, each of shape ``(n_tracks,)``."""

    first: Numbers
    last: Numbers


class Trends(NamedTuple):
    """Least-squares line and parabola over frame indices, each of shape ``(n_tracks,)``.

    Attributes
    ----------
    slope : Numbers
        slope of the line per frame
    start : Numbers
        value of the line at the first defined frame
    line_error : Numbers
        root mean square residual of the line
    bend : Numbers
        quadratic coefficient of the parabola per frame squared
    parabola_error : Numbers
        root mean square residual of the parabola
    """

    slope: Numbers
    start: Numbers
    line_error: Numbers
    bend: Numbers
    parabola_error: Numbers


class RisesAndFalls(NamedTuple):
    """Sums of the upward and of the downward steps, and their durations in frames, each of shape ``(n_tracks,)``."""

    rise: Numbers
    fall: Numbers
    rising: Numbers
    falling: Numbers


class Peaks(NamedTuple):
    """Number of peaks, sum of their heights above the mean, sum and sum of squares of their distances in frames."""

    n_peaks: Numbers
    height: Numbers
    distance: Numbers
    square: Numbers


@dataclass(frozen=True, eq=False)
class Tracks:
    """Tracks over the same frames; NaN marks a frame where a track is undefined.

    Undefined frames carry no weight. Functionals that depend on time interpolate linearly between the defined frames.
    Frames before the first and after the last defined frame are ignored.

    Attributes
    ----------
    values : Array [shape=(n_tracks, n_frames)]
    hop_seconds : float
        time from one frame to the next, in seconds
    """

    values: Array
    hop_seconds: float = 0.01

    def restrict(self, frames_kept: NDArray[np.bool_]) -> "Tracks":
        """Return the tracks over a subset of the frames.

        The frames kept need not be adjacent, so functionals that depend on time are meaningless on the result.

        Parameters
        ----------
        frames_kept : NDArray of bool [shape=(n_frames,)]

        Returns
        -------
        Tracks
            of shape ``(n_tracks, n_frames_kept)``

        Examples
        --------
        >>> Tracks(np.array([[1.0, 2.0, 3.0]], np.float32)).restrict(np.array([True, False, True])).values
        array([[1., 3.]], dtype=float32)
        """
        assert frames_kept.shape == self.values.shape[1:]
        if frames_kept.all():
            return self
        return Tracks(kernels.statistics.select_frames(self.contiguous, np.flatnonzero(frames_kept)), self.hop_seconds)

    @cached_property
    def contiguous(self) -> Array:
        """Values as a contiguous array in single precision."""
        return np.ascontiguousarray(self.values, dtype=np.float32)

    @cached_property
    def packed(self) -> Packed:
        """Tracks with their defined values first, and the indices of their frames."""
        return Packed(*kernels.statistics.pack(self.contiguous))

    @property
    def n_defined(self) -> NDArray[np.int64]:
        """Number of defined frames per track, shape ``(n_tracks,)``."""
        return self.packed.counts

    @cached_property
    def ordered(self) -> Array:
        """Values of each track in ascending order, NaN last, shape ``(n_tracks, n_frames)``."""
        return np.sort(self.packed.values, axis=1)

    @cached_property
    def moments(self) -> Moments:
        """Mean and central moments; NaN for tracks without defined frames."""
        return Moments(*kernels.statistics.moments(self.packed.values, self.n_defined))

    @cached_property
    def extremes(self) -> Extremes:
        """Smallest and largest value; NaN for tracks without defined frames."""
        return Extremes(self.quantile(0.0), self.quantile(1.0))

    @cached_property
    def steady(self) -> NDArray[np.bool_]:
        """True for tracks that are constant or have no defined frame, shape ``(n_tracks,)``."""
        return ~(self.extremes.high > self.extremes.low)

    @cached_property
    def ends(self) -> Ends:
        """Indices of the first and the last defined frame; NaN for tracks without defined frames."""
        return Ends(*kernels.dynamics.ends(self.n_defined, self.packed.times, self.packed.rows))

    @cached_property
    def span(self) -> Numbers:
        """Distance of the first and the last defined frame in hops, shape ``(n_tracks,)``; NaN for fewer than two."""
        return np.where(self.n_defined > 1, self.ends.last - self.ends.first, np.nan)

    @cached_property
    def trends(self) -> Trends:
        """Least-squares line and parabola through each track."""
        return Trends(*kernels.dynamics.trends(*self.packed, self.moments.mean))

    @cached_property
    def centroids(self) -> Numbers:
        """Mean frame index weighted by the height above the minimum, shape ``(n_tracks,)``; NaN for constant tracks."""
        return kernels.dynamics.centroids(*self.packed, self.extremes.low)

    @cached_property
    def rises_and_falls(self) -> RisesAndFalls:
        """Upward and downward steps between consecutive defined frames; NaN for fewer than two defined frames."""
        return RisesAndFalls(*kernels.dynamics.rises_and_falls(*self.packed))

    @cached_property
    def peaks(self) -> Peaks:
        """Peaks above the mean whose prominence exceeds a tenth of the range of the track."""
        drops = 0.1 * (self.extremes.high - self.extremes.low)
        return Peaks(*kernels.peaks.peaks(self.contiguous, self.moments.mean, drops))

    def quantile(self, share: float) -> Numbers:
        """Quantile of the defined frames, interpolated linearly.

        Parameters
        ----------
        share : float
            0 to 1

        Returns
        -------
        Numbers [shape=(n_tracks,)]
            NaN for tracks without defined frames
        """
        return kernels.statistics.quantiles(self.ordered, self.n_defined, share)

    def share_above(self, levels: Numbers) -> Numbers:
        """Share of the defined frames above a level.

        Parameters
        ----------
        levels : Numbers [shape=(n_tracks,)]
            one level per track

        Returns
        -------
        Numbers [shape=(n_tracks,)]
            0 to 1; NaN for tracks without defined frames
        """
        return kernels.statistics.shares_above(self.ordered, self.n_defined, levels)

    def crossings(self, levels: Numbers) -> NDArray[np.int64]:
        """Count the crossings of a level; values equal to the level count as above it.

        Parameters
        ----------
        levels : Numbers [shape=(n_tracks,)]
            one level per track

        Returns
        -------
        NDArray of int64 [shape=(n_tracks,)]
        """
        return kernels.dynamics.crossings(self.packed.values, self.n_defined, levels)

    def first_time_of(self, values: Numbers) -> Numbers:
        """Index of the first frame in which a track has a given value.

        Parameters
        ----------
        values : Numbers [shape=(n_tracks,)]
            one value per track

        Returns
        -------
        Numbers [shape=(n_tracks,)]
            NaN where no frame has the value
        """
        return kernels.dynamics.first_times(*self.packed, values)

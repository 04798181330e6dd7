"""Compiled kernels of functionals equal their plain versions."""

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from featser.features.kernels import dynamics, peaks, statistics
from featser.features.tracks import Tracks


def tracks_with_gaps(elements: st.SearchStrategy[float]) -> st.SearchStrategy[np.ndarray]:
    """Arrays of up to forty tracks over up to forty frames, some undefined; more tracks than one block of lanes."""
    shapes = st.tuples(st.integers(1, 40), st.integers(0, 40))
    numbers = st.one_of(elements, st.just(float("nan")))
    return shapes.flatmap(lambda shape: hnp.arrays(np.float32, shape, elements=numbers))


REALS = st.floats(-1e6, 1e6, width=32, allow_subnormal=False)
STEPS = st.integers(-5, 5).map(float)
TRACKS = st.one_of(tracks_with_gaps(REALS), tracks_with_gaps(STEPS))
slowly = settings(deadline=None, max_examples=25)


def largest(values) -> float:
    """Largest magnitude, in double precision: a small part of it, or a power, may be too small for a single one."""
    return float(np.nanmax(np.abs(values), initial=0, where=~np.isnan(values)))


def equal(found, expected, values):
    np.testing.assert_allclose(found, expected, rtol=1e-7, atol=1e-9 * max(largest(values), 1e-300))


@slowly
@given(values=TRACKS)
def test_packing_equals_the_plain_version(values):
    before = values.copy()
    packed, counts, times, rows = statistics.pack(values)
    plain = statistics.pack_plain(values)
    for found, expected in zip((packed, counts, rows), (plain[0], plain[1], plain[3]), strict=True):
        np.testing.assert_array_equal(found, expected)
    for row, count in enumerate(counts):
        np.testing.assert_array_equal(times[rows[row], :count], plain[2][rows[row], :count])
    np.testing.assert_array_equal(values, before)


@slowly
@given(values=TRACKS)
def test_moments_equal_the_plain_versions(values):
    packed, counts, *_ = statistics.pack(values)
    for order, (found, expected) in enumerate(
        zip(statistics.moments(packed, counts), statistics.moments_plain(packed, counts), strict=True), 1
    ):
        np.testing.assert_allclose(found, expected, rtol=1e-9, atol=1e-12 * largest(values) ** order)


@slowly
@given(values=TRACKS, share=st.floats(0, 1))
def test_quantiles_and_shares_equal_the_plain_versions(values, share):
    tracks = Tracks(values)
    levels = tracks.quantile(share)
    equal(levels, statistics.quantiles_plain(tracks.ordered, tracks.n_defined, share), values)
    expected = statistics.shares_above_plain(tracks.ordered, tracks.n_defined, levels)
    np.testing.assert_array_equal(tracks.share_above(levels), expected)


@slowly
@given(values=TRACKS)
def test_trends_equal_the_plain_versions(values):
    packed = Tracks(values).packed
    means = Tracks(values).moments.mean
    equal(dynamics.trends(*packed, means), dynamics.trends_plain(*packed, means), values)


@slowly
@given(values=TRACKS)
def test_dynamics_equal_the_plain_versions(values):
    tracks = Tracks(values)
    packed, lows = tracks.packed, tracks.extremes.low
    equal(dynamics.centroids(*packed, lows), dynamics.centroids_plain(*packed, lows), values)
    equal(dynamics.rises_and_falls(*packed), dynamics.rises_and_falls_plain(*packed), values)
    np.testing.assert_array_equal(dynamics.first_times(*packed, lows), dynamics.first_times_plain(*packed, lows))
    np.testing.assert_array_equal(dynamics.ends(*packed[1:]), dynamics.ends_plain(*packed[1:]))
    for levels in (tracks.moments.mean, np.zeros(len(values))):
        expected = dynamics.crossings_plain(packed.values, packed.counts, levels)
        np.testing.assert_array_equal(tracks.crossings(levels), expected)


@slowly
@given(values=TRACKS, share=st.sampled_from([0.0, 0.1, 0.25, 0.5]))
def test_peaks_equal_the_plain_versions(values, share):
    tracks = Tracks(values)
    means, drops = tracks.moments.mean, share * (tracks.extremes.high - tracks.extremes.low)
    equal(peaks.peaks(values, means, drops), peaks.peaks_plain(values, means, drops), values)


@given(numbers=hnp.arrays(np.float64, st.integers(0, 9), elements=st.floats(allow_infinity=False)))
def test_rounding_equals_the_plain_version(numbers):
    np.testing.assert_array_equal(statistics.to_float32(numbers), statistics.to_float32_plain(numbers))


@given(values=TRACKS)
def test_choosing_frames_equals_the_plain_version(values):
    kept = np.arange(0, values.shape[1], 3)
    np.testing.assert_array_equal(statistics.select_frames(values, kept), statistics.select_frames_plain(values, kept))

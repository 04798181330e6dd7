"""Contract of every functional. New functionals are tested here automatically."""

import numpy as np
import pytest
import scipy.stats
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from featser.features import FUNCTIONALS
from featser.features.contract import FUNCTIONAL_PROMISES
from featser.features.functionals import region_functionals
from featser.features.tracks import Tracks

PERCENTILES = tuple(f"p{percent:02d}" for percent in range(1, 100))

RANGES = ("range", "range90", "iqr", "iqr_low", "iqr_high")
UPLEVELS = ("uplevel25", "uplevel50", "uplevel75", "uplevel90")

ORDER_INDEPENDENT = ("mean", "std", "min", "max", "skewness", "kurtosis", *RANGES, *UPLEVELS, *PERCENTILES)
"""Functionals that do not depend on the order of the frames."""

EXTREME = {
    "empty": [],
    "one": [0.0],
    "two": [1.0, -1.0],
    "two equal": [7.0, 7.0],
    "zeros": [0.0] * 50,
    "constant": [-12345.678] * 50,
    "undefined": [np.nan] * 9,
    "largest": [3e38, -3e38],
    "smallest": [1e-38, 0, 0, 0],
}

INTERPOLATING = ("argmin", "argmax", "rise_share", "mean_rise", "mean_fall", "zero_crossing_rate")
"""Functionals that interpolate undefined frames linearly."""

REFERENCES = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "skewness": scipy.stats.skew,
    "kurtosis": scipy.stats.kurtosis,
}


def numbers(largest: float) -> st.SearchStrategy[float]:
    return st.floats(-largest, largest, width=32, allow_subnormal=largest > 1e30)


def tracks_of(largest: float) -> st.SearchStrategy[np.ndarray]:
    """Arrays of one to three tracks over one to forty frames."""
    shapes = st.tuples(st.integers(1, 3), st.integers(1, 40))
    return hnp.arrays(np.float32, shapes, elements=numbers(largest))


@pytest.fixture
def values() -> np.ndarray:
    """Three tracks over fifty frames, all different."""
    rng = np.random.default_rng(0)
    return (rng.gamma(2.0, 1.0, (3, 50)) * [[1.0], [100.0], [-0.01]]).astype(np.float32)


def value_of(functional, *track):
    return float(functional.compute(Tracks(np.array([track], np.float32)))[0])


@pytest.mark.parametrize("promise", FUNCTIONAL_PROMISES)
def test_all_keep_the_promise(promise):
    faults = {name: FUNCTIONAL_PROMISES[promise](functional) for name, functional in FUNCTIONALS.items()}
    assert {name: fault for name, fault in faults.items() if fault} == {}


def test_values_are_single_precision_and_finite_where_the_track_is(values):
    for functional in FUNCTIONALS.values():
        found = functional.compute(Tracks(values))
        assert found.dtype == np.float32, functional.name
        assert np.isfinite(found).all(), functional.name


def test_undefined_frames_are_ignored(values):
    holes = values.copy()
    holes[0, :7] = holes[1, 20:] = holes[2, ::3] = np.nan
    for name in ORDER_INDEPENDENT:
        compute = FUNCTIONALS[name].compute
        defined = [compute(Tracks(track[None, ~np.isnan(track)]))[0] for track in holes]
        np.testing.assert_allclose(compute(Tracks(holes)), defined, rtol=1e-6, err_msg=name)


def test_leading_and_trailing_undefined_frames_are_ignored(values):
    values[1, 20:23] = np.nan
    silence_around = np.pad(values, ((0, 0), (5, 11)), constant_values=np.nan)
    for name, functional in FUNCTIONALS.items():
        found, expected = (functional.compute(Tracks(each)) for each in (silence_around, values))
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=name)


def test_undefined_frames_are_interpolated(values):
    """Undefined frames on a straight line change nothing."""
    inside = slice(10, 15)
    steps = np.linspace(0, 1, 7)[1:-1]
    values[:, inside] = values[:, 9:10] + steps * (values[:, 15:16] - values[:, 9:10])
    holes = values.copy()
    holes[:, inside] = np.nan
    for name in INTERPOLATING:
        found, expected = (FUNCTIONALS[name].compute(Tracks(each)) for each in (holes, values))
        np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=name)


def test_only_the_track_without_defined_frames_is_undefined(values):
    values[1] = np.nan
    for functional in FUNCTIONALS.values():
        found = functional.compute(Tracks(values))
        assert np.isnan(found).tolist() == [False, True, False], functional.name


@pytest.mark.parametrize("number", [0.0, -2.5, 1e-30, 3e38])
def test_one_frame_is_finite_or_undefined_with_and_without_undefined_ones_around_it(number):
    for name, functional in FUNCTIONALS.items():
        found = value_of(functional, number)
        assert not np.isinf(found), name
        assert found == pytest.approx(value_of(functional, np.nan, number, np.nan), nan_ok=True), name


@pytest.mark.parametrize("n_tracks", [1, 2, 70])
def test_extreme_tracks_are_finite_or_undefined(n_tracks):
    for case, track in EXTREME.items():
        tracks = Tracks(np.tile(np.array(track, np.float32), (n_tracks, 1)))
        for name, functional in FUNCTIONALS.items():
            found = functional.compute(tracks)
            assert found.shape == (n_tracks,), (case, name)
            assert not np.isinf(found).any(), (case, name)


@pytest.mark.slow
def test_memory_layout_of_the_track_does_not_matter(values):
    frozen = values.copy()
    frozen.flags.writeable = False
    layouts = (frozen, np.asfortranarray(values), np.repeat(values, 2, axis=1)[:, ::2], values.astype(np.float64))
    for name, functional in FUNCTIONALS.items():
        expected = functional.compute(Tracks(values))
        for stored in layouts:
            np.testing.assert_array_equal(functional.compute(Tracks(stored)), expected, err_msg=name)


def test_region_functionals_are_the_order_independent_ones():
    assert set(region_functionals()) == set(ORDER_INDEPENDENT)


def test_order_of_frames_does_not_matter(values):
    shuffled = np.random.default_rng(1).permutation(values, axis=1)
    for name in ORDER_INDEPENDENT:
        found, expected = (FUNCTIONALS[name].compute(Tracks(each)) for each in (shuffled, values))
        np.testing.assert_allclose(found, expected, rtol=1e-6, err_msg=name)


@settings(deadline=None, max_examples=60)
@given(values=tracks_of(np.finfo(np.float32).max))
def test_no_functional_is_ever_infinite(values):
    tracks = Tracks(values)
    for functional in FUNCTIONALS.values():
        assert not np.isinf(functional.compute(tracks)).any(), functional.name


@settings(deadline=None, max_examples=60)
@given(values=tracks_of(1e6), holes=st.integers(0, 2**32 - 1))
def test_no_functional_reads_undefined_frames(values, holes):
    hidden = np.random.default_rng(holes).random(values.shape[1]) < 0.5
    hidden[0] = False
    seen = Tracks(values[:, ~hidden])
    with_holes = Tracks(np.where(hidden, np.float32(np.nan), values))
    scale = np.abs(values).max()
    for name in ORDER_INDEPENDENT:
        found, expected = (FUNCTIONALS[name].compute(tracks) for tracks in (with_holes, seen))
        np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6 * scale, err_msg=name)


@pytest.mark.parametrize("name", ["mean", "std", "min", "max"])
@settings(deadline=None)
@given(values=tracks_of(1e9))
def test_simple_statistics_equal_numpy(name, values):
    expected = REFERENCES[name](values.astype(np.float64), axis=1)
    scale = np.abs(values).max()
    found = FUNCTIONALS[name].compute(Tracks(values))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-7 * scale)


@settings(deadline=None)
@given(values=tracks_of(1e9))
def test_percentiles_equal_numpy(values):
    expected = np.percentile(values.astype(np.float64), range(1, 100), axis=1)
    tracks = Tracks(values)
    found = [FUNCTIONALS[name].compute(tracks) for name in PERCENTILES]
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-12 * np.abs(values).max())


@pytest.mark.parametrize("name", ["skewness", "kurtosis"])
@settings(deadline=None)
@given(values=tracks_of(1e9))
def test_standardised_moments_equal_scipy(name, values):
    found = FUNCTIONALS[name].compute(Tracks(values))
    for number, track in zip(found, values.astype(np.float64), strict=True):
        if track.std() <= 1e-6 * abs(track.mean()):
            continue  # nearly constant tracks are tested below
        np.testing.assert_allclose(number, REFERENCES[name](track), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("name", ["skewness", "kurtosis"])
@pytest.mark.parametrize("level", [0.0, 1.0, 1e-30, -12345.678])
def test_shape_of_a_constant_track_is_undefined(name, level):
    assert np.isnan(value_of(FUNCTIONALS[name], *[level] * 7))


@pytest.mark.parametrize("name", ["skewness", "kurtosis"])
def test_shape_of_a_track_constant_up_to_rounding_is_undefined(name):
    next_to_one = np.nextafter(np.float32(1), np.float32(2))
    assert np.isnan(value_of(FUNCTIONALS[name], 1, 1, 1, next_to_one))
    assert np.isfinite(value_of(FUNCTIONALS[name], 1, 1, 1, 1.00001))


def test_skewness_of_small_values_is_defined():
    assert value_of(FUNCTIONALS["skewness"], 0.0, 0.0, 1e-20) == pytest.approx(np.sqrt(0.5))


def test_known_values():
    track = (1.0, 2.0, 3.0, 4.0, 100.0)
    found = {name: value_of(FUNCTIONALS[name], *track) for name in ("mean", "min", "max", "p50", "p25", "p90")}
    assert found == pytest.approx({"mean": 22, "min": 1, "max": 100, "p50": 3, "p25": 2, "p90": 61.6})

"""Functionals of tracks with known results, names of functionals, and regions."""

import numpy as np
import pytest
import scipy.signal

from featser.errors import UnknownNameError
from featser.features import FUNCTIONALS
from featser.features.functionals import REGIONS, find_functional
from featser.features.tracks import Tracks

HOP = 0.01
SECONDS = np.arange(201) * HOP


def values_of(track, *names, hop_seconds=HOP):
    tracks = Tracks(np.array([track], np.float32), hop_seconds)
    return {name: float(FUNCTIONALS[name].compute(tracks)[0]) for name in names}


def value_of(track, name, hop_seconds=HOP):
    return values_of(track, name, hop_seconds=hop_seconds)[name]


# --- trend ---

TREND = ("slope", "offset", "slope_error", "curvature", "quadratic_error")


def test_trend_of_a_line():
    expected = {"slope": 2, "offset": 3, "slope_error": 0, "curvature": 0, "quadratic_error": 0}
    assert values_of(3 + 2 * SECONDS, *TREND) == pytest.approx(expected, abs=1e-5)


def test_trend_of_a_line_with_undefined_frames():
    line = 3 - 2 * SECONDS
    line[[1, 2, 3, 50, 120, 121, 122, 123]] = np.nan
    expected = {"slope": -2, "offset": 3, "slope_error": 0, "curvature": 0, "quadratic_error": 0}
    assert values_of(line, *TREND) == pytest.approx(expected, abs=1e-5)


@pytest.mark.parametrize("gaps", [[], [3, 4, 5, 90], list(range(2, 190))], ids=["whole", "gaps", "few frames"])
def test_trend_of_a_parabola(gaps):
    parabola = 1 - 3 * SECONDS + 5 * SECONDS**2
    parabola[gaps] = np.nan
    found = values_of(parabola, *TREND)
    assert found["curvature"] == pytest.approx(10, rel=1e-5)
    assert found["quadratic_error"] == pytest.approx(0, abs=1e-6)
    assert found["slope_error"] > 0.1


def test_slope_error_of_a_zigzag_is_its_amplitude():
    assert value_of(np.tile([1.0, -1.0], 500), "slope_error") == pytest.approx(1, rel=1e-4)


def test_trend_needs_two_frames_for_a_line_and_three_for_a_parabola():
    two = values_of([1.0, 2.0], *TREND)
    assert two == pytest.approx(
        {"slope": 100, "offset": 1, "slope_error": 0, "curvature": np.nan, "quadratic_error": np.nan}, nan_ok=True
    )
    assert np.isnan(list(values_of([1.0], *TREND).values())).all()
    assert values_of([0.0, 1.0, 4.0], "curvature", hop_seconds=1.0) == {"curvature": 2.0}


# --- positions ---


def test_positions_run_from_the_first_defined_frame_to_the_last():
    found = values_of([np.nan, 2, 1, np.nan, 5, 5, np.nan, 1, 1, np.nan], "argmin", "argmax")
    assert found == pytest.approx({"argmin": 1 / 7, "argmax": 3 / 7})


def test_centroid_of_a_line_is_at_two_thirds_and_of_a_bell_in_the_middle():
    assert value_of(5 + SECONDS, "centroid") == pytest.approx(2 / 3, abs=2e-3)
    assert value_of(5 - SECONDS, "centroid") == pytest.approx(1 / 3, abs=2e-3)
    assert value_of(np.hanning(101) - 7, "centroid") == pytest.approx(0.5)


@pytest.mark.parametrize("name", ["argmin", "argmax", "centroid", "uplevel50"])
def test_positions_and_uplevels_of_a_constant_track_are_undefined(name):
    assert np.isnan(value_of([4.0] * 8, name))


# --- ranges and levels ---


def test_ranges():
    found = values_of([*np.arange(100), 1000], "range", "range90", "iqr", "iqr_low", "iqr_high")
    assert found == pytest.approx({"range": 1000, "range90": 90, "iqr": 50, "iqr_low": 25, "iqr_high": 25})


def test_uplevels_of_a_ramp():
    found = values_of(np.arange(101), "uplevel25", "uplevel50", "uplevel75", "uplevel90")
    expected = {"uplevel25": 75, "uplevel50": 50, "uplevel75": 25, "uplevel90": 10}
    assert found == pytest.approx({name: share / 101 for name, share in expected.items()})


# --- rises, falls, crossings ---


def test_rises_and_falls_of_a_sawtooth():
    sawtooth = [*np.tile([0.0, 1.0, 2.0, 3.0, 4.0], 20), 0.0]
    found = values_of(sawtooth, "rise_share", "mean_rise", "mean_fall")
    assert found == pytest.approx({"rise_share": 0.8, "mean_rise": 100, "mean_fall": -400})


def test_gaps_are_interpolated():
    found = values_of([0, 1, np.nan, np.nan, 4, 4, 2], "rise_share", "mean_rise", "mean_fall")
    assert found == pytest.approx({"rise_share": 4 / 6, "mean_rise": 100, "mean_fall": -200})


def test_mean_fall_of_a_rising_track_is_undefined():
    found = values_of([0.0, 1.0, 2.0], "mean_fall", "rise_share")
    assert found == pytest.approx({"mean_fall": np.nan, "rise_share": 1}, nan_ok=True)


def test_crossings_are_counted_per_second():
    wave = 1 + 1.5 * np.sin(2 * np.pi * 5 * SECONDS + 0.1)
    assert value_of(wave, "mean_crossing_rate") == pytest.approx(10)
    assert value_of(wave - 1, "zero_crossing_rate") == pytest.approx(10)
    assert value_of(wave + 1, "zero_crossing_rate") == 0
    assert value_of(np.tile([1.0, -1.0], 50), "zero_crossing_rate") == pytest.approx(100)


def test_touching_zero_from_above_is_no_crossing():
    assert value_of([1.0, 0.0, 1.0], "zero_crossing_rate") == 0
    assert value_of([-1.0, 0.0, -1.0], "zero_crossing_rate") == pytest.approx(2 / 0.02)


# --- peaks ---

PEAKS = ("peak_rate", "peak_mean", "peak_distance_mean", "peak_distance_std")


def test_peaks_of_a_wave():
    wave = 3 + 2 * np.cos(2 * np.pi * 5 * (SECONDS - 0.1))
    expected = {"peak_rate": 5, "peak_mean": 2, "peak_distance_mean": 0.2, "peak_distance_std": 0}
    assert values_of(wave, *PEAKS) == pytest.approx(expected, abs=0.02)


@pytest.mark.parametrize("ripple", [0.04, 0.08])
def test_ripples_below_a_tenth_of_the_range_make_no_peaks(ripple):
    wave = np.cos(2 * np.pi * 2 * (SECONDS - 0.2)) + ripple * np.cos(2 * np.pi * 50 * SECONDS)
    assert value_of(wave, "peak_rate") == pytest.approx(2)


def test_ends_and_maxima_below_the_mean_are_no_peaks():
    expected = {"peak_rate": 1 / 0.07, "peak_mean": 5.75, "peak_distance_mean": np.nan, "peak_distance_std": np.nan}
    assert values_of([9, 0, 2, 0, 10, 0, 4, 9], *PEAKS) == pytest.approx(expected, nan_ok=True)


def test_peak_distances_include_undefined_frames():
    found = values_of([0, 5, 0, np.nan, np.nan, 5, 0, 5, 0], "peak_distance_mean", "peak_distance_std")
    assert found == pytest.approx({"peak_distance_mean": 0.03, "peak_distance_std": 0.01})


def test_a_track_without_peaks_has_a_rate_of_zero():
    assert values_of([1.0] * 9, "peak_rate", "peak_mean") == pytest.approx(
        {"peak_rate": 0, "peak_mean": np.nan}, nan_ok=True
    )


def test_peaks_equal_scipy_with_a_prominence():
    noise = np.random.default_rng(0).standard_normal(500).astype(np.float32)
    expected, _ = scipy.signal.find_peaks(noise, prominence=0.1 * np.ptp(noise), height=noise.mean())
    assert value_of(noise, "peak_rate") == pytest.approx(len(expected) / (499 * HOP))
    assert value_of(noise, "peak_distance_mean") == pytest.approx(np.diff(expected).mean() * HOP)


@pytest.mark.parametrize("name", ["slope", "mean_rise", "zero_crossing_rate", "mean_crossing_rate", "peak_rate"])
def test_rates_are_per_second_for_any_hop(name):
    noise = np.random.default_rng(1).standard_normal(100)
    assert value_of(noise, name, hop_seconds=0.02) == pytest.approx(value_of(noise, name) / 2)


# --- regions ---


def test_restrict_keeps_the_given_frames():
    values = np.random.default_rng(0).standard_normal((40, 30)).astype(np.float32)
    values[3, 4:9] = np.nan
    kept = np.random.default_rng(1).random(30) < 0.5
    found = Tracks(values, 0.02).restrict(kept)
    np.testing.assert_array_equal(found.values, values[:, kept])
    assert found.hop_seconds == 0.02


def test_restrict_to_all_frames_returns_the_same_tracks():
    tracks = Tracks(np.ones((2, 5), np.float32))
    assert tracks.restrict(np.ones(5, bool)) is tracks


def test_functionals_of_a_region_without_frames_are_undefined():
    nothing = Tracks(np.ones((2, 5), np.float32)).restrict(np.zeros(5, bool))
    assert all(np.isnan(functional.compute(nothing)).all() for functional in FUNCTIONALS.values())


@pytest.mark.parametrize("region", REGIONS)
def test_a_name_may_begin_with_a_region(region):
    assert find_functional(f"{region}_p95") == (region, FUNCTIONALS["p95"])


@pytest.mark.parametrize("name", ["mean", "mean_rise", "peak_distance_std"])
def test_a_name_without_a_region_stands_for_all_frames(name):
    assert find_functional(name) == ("", FUNCTIONALS[name])


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("kurtossis", "unknown functional 'kurtossis'. Did you mean 'kurtosis'?"),
        ("voiced_kurtossis", "unknown functional 'voiced_kurtossis'. Did you mean 'voiced_kurtosis'? Known: "),
        ("voiced_slope", "unknown functional 'voiced_slope'."),
        ("voicd_mean", "unknown functional 'voicd_mean'. Did you mean 'voiced_mean'?"),
        ("active_", "unknown functional 'active_'."),
    ],
)
def test_an_unknown_name_lists_the_known_ones(name, message):
    with pytest.raises(UnknownNameError) as error:
        find_functional(name, "my.toml")
    assert str(error.value).startswith(f"my.toml: {message}")
    assert "p42" not in str(error.value)
    assert "voiced_slope" not in str(error.value).partition("Known")[2]

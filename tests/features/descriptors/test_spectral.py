"""Spectral shape and bands: known answers, agreement with librosa, the kernel against its definitions."""

from collections.abc import Callable
from functools import cache

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import frames_with

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.decibels import decibels
from featser.features.descriptors.bands import (
    alpha_ratio,
    band_energy,
    hammarberg_index,
    log_mel,
    mel_bands,
    spectral_slope,
)
from featser.features.descriptors.spectral import (
    _geometry,
    spectral_bandwidth,
    spectral_centroid,
    spectral_entropy,
    spectral_flatness,
    spectral_flux,
    spectral_rolloff,
    spectral_shape,
)
from featser.features.filterbanks import mel_filters
from featser.features.frames import Array, Frames, Framing
from featser.features.kernels import bands as bands_kernel
from featser.features.kernels import logarithm
from featser.features.kernels import shape as shape_kernel
from featser.synthetic import STYLES, Voice, speak

SHORT = {"n_fft": 512, "win_length": 400, "hop_length": 160}
TOLERANCE = 1e-4
"""Error relative to the value plus 1 % of the largest value of its track. Over 339 recordings of EmoDB and RAVDESS, the
largest error was 2.1e-5 (flatness); at most 0.012 % of the rolloffs differed, by one bin."""

LIBROSA: dict[Callable[[Frames], Array], Callable[[np.ndarray], np.ndarray]] = {
    spectral_centroid: lambda y: librosa.feature.spectral_centroid(y=y, sr=SAMPLE_RATE, **SHORT),
    spectral_bandwidth: lambda y: librosa.feature.spectral_bandwidth(y=y, sr=SAMPLE_RATE, **SHORT),
    spectral_flatness: lambda y: librosa.feature.spectral_flatness(y=y, **SHORT),
    log_mel: lambda y: librosa.power_to_db(
        librosa.feature.melspectrogram(y=y, sr=SAMPLE_RATE, n_mels=26, dtype=np.float64, **SHORT)
    ),
}

GAIN_INVARIANT = (
    *(spectral_centroid, spectral_bandwidth, spectral_flux, spectral_entropy),
    *(spectral_slope, alpha_ratio, hammarberg_index, band_energy),
)

UNDEFINED_IN_SILENCE = (*GAIN_INVARIANT, spectral_rolloff)

SHARES = shape_kernel.ROLLOFF_SHARES
BIN_HZ = SAMPLE_RATE / 512


def voice(number: int) -> Signal:
    style = list(STYLES.values())[number % len(STYLES)]
    return speak(Voice(f0_hz=90.0 + 40 * number), style, "ma ti so du", np.random.default_rng(number))


def noise(amplitude: float = 0.1, seconds: float = 1.0) -> Signal:
    n_samples = round(seconds * SAMPLE_RATE)
    return (amplitude * np.random.default_rng(0).standard_normal(n_samples)).astype(np.float32)


def tones(*frequencies: float, amplitudes: tuple[float, ...] | None = None) -> Signal:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    parts = zip(frequencies, amplitudes or (0.2,) * len(frequencies), strict=True)
    return sum(amplitude * np.sin(2 * np.pi * frequency * t) for frequency, amplitude in parts).astype(np.float32)


SOUNDS = {
    **{f"voice {number}": voice(number) for number in range(4)},
    "noise": noise(),
    "tone": tones(440.0),
    "chord": tones(200.0, 1234.5, 3000.0),
    "quiet": noise(1e-4),
    "silence, then a voice": np.concatenate([np.zeros(8000, np.float32), voice(0)]),
    "short": noise()[:1700],
}


def error(found: np.ndarray, expected: np.ndarray) -> float:
    floor = 0.01 * np.nanmax(np.abs(expected), axis=-1, keepdims=True)
    return float(np.nanmax(np.abs(found - expected) / (np.abs(expected) + floor)))


def check_against_librosa(signal: Signal) -> None:
    double, frames = signal.astype(np.float64), Frames(signal)
    silent = frames.power.sum(axis=0) == 0
    for descriptor, reference in LIBROSA.items():
        found = np.atleast_2d(descriptor(frames))
        if descriptor in UNDEFINED_IN_SILENCE:
            assert np.array_equal(np.isnan(found), silent[None])
            found = np.nan_to_num(found)
        assert error(found, reference(double)) <= TOLERANCE, descriptor
    for share, found in zip(SHARES, spectral_rolloff(frames), strict=True):
        expected = librosa.feature.spectral_rolloff(y=double, sr=SAMPLE_RATE, roll_percent=share, **SHORT)[0]
        assert np.abs(np.nan_to_num(found) - expected).max() <= BIN_HZ


@pytest.mark.parametrize("sound", SOUNDS)
def test_descriptors_equal_librosa(sound):
    check_against_librosa(SOUNDS[sound])


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.parametrize(("corpus", "pattern"), [("emodb", "wav/*.wav"), ("ravdess", "Actor_*/*.flac")])
def test_descriptors_of_real_recordings_equal_librosa(corpora_root, corpus, pattern):
    files = sorted((corpora_root / corpus).glob(pattern))
    for path in files[:: len(files) // 20]:
        check_against_librosa(read_signal(path))


def test_flatness_of_silence_is_that_of_librosa(signals):
    assert (spectral_flatness(Frames(signals["silence"])) == 1).all()


@pytest.mark.parametrize("descriptor", UNDEFINED_IN_SILENCE)
def test_silence_is_undefined(descriptor, signals):
    assert np.isnan(descriptor(Frames(signals["silence"]))).all()
    found = np.atleast_2d(descriptor(Frames(signals["half silent"])))
    assert np.isnan(found[:, :48]).all()
    assert np.isfinite(found[:, 50:]).all()


@pytest.mark.parametrize("descriptor", GAIN_INVARIANT)
@settings(deadline=None, max_examples=20)
@given(gain=st.floats(2**-10, 2**10, width=32))
def test_gain_does_not_change_the_value(descriptor, gain):
    for signal in (SOUNDS["voice 1"], SOUNDS["noise"]):
        before, after = (descriptor(Frames(x)) for x in (signal, (np.float32(gain) * signal).astype(np.float32)))
        assert np.array_equal(np.isnan(before), np.isnan(after))
        assert error(after, before) <= 1e-3


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(2**-10, 2**10, width=32))
def test_gain_changes_a_rolloff_by_one_bin_at_most(gain):
    before, after = (spectral_rolloff(Frames(x)) for x in (SOUNDS["voice 1"], np.float32(gain) * SOUNDS["voice 1"]))
    assert np.nanmax(np.abs(after - before)) <= BIN_HZ


@pytest.mark.parametrize("frequency", [300.0, 1000.0, 4000.0])
def test_centroid_and_median_rolloff_of_a_tone_are_its_frequency(frequency):
    frames = Frames(tones(frequency))
    assert np.median(spectral_centroid(frames)) == pytest.approx(frequency, rel=0.05)
    assert np.median(spectral_rolloff(frames)[1]) == pytest.approx(frequency, abs=BIN_HZ)


def test_values_of_an_impulse_are_those_of_a_flat_spectrum():
    impulse = np.zeros(160, np.float32)
    impulse[0] = 1
    frames = Frames(impulse)
    assert spectral_centroid(frames)[0] == pytest.approx(4000, rel=1e-5)
    assert spectral_bandwidth(frames)[0] == pytest.approx(8000 / np.sqrt(12), rel=0.01)
    assert spectral_entropy(frames)[0] == pytest.approx(1, abs=1e-5)
    assert spectral_flatness(frames)[0] == pytest.approx(1, abs=1e-5)
    assert spectral_rolloff(frames)[:, 0] == pytest.approx([2000, 4000, 6000, 7600], abs=BIN_HZ)
    assert spectral_slope(frames)[:, 0] == pytest.approx([0, 0], abs=1e-3)
    assert hammarberg_index(frames)[0] == pytest.approx(0, abs=1e-3)
    assert band_energy(frames)[:, 0] == pytest.approx([8 / 257, 13 / 257, 96 / 257, 129 / 257], rel=1e-4)


def test_flux_is_the_distance_of_unit_spectra():
    halves = np.concatenate([tones(500.0)[:8000], tones(5000.0)[:8000]])
    found = spectral_flux(Frames(halves))
    assert np.isnan(found[0])
    assert found[3:45].max() < 0.01
    assert found[60:95].max() < 0.01
    assert 1 < found[48:53].sum() < 3
    assert np.nanmax(found) <= np.sqrt(2)


def test_flux_after_silence_is_undefined(signals):
    found = spectral_flux(Frames(signals["half silent"]))
    first = int(np.flatnonzero(Frames(signals["half silent"]).power.sum(axis=0))[0])
    assert np.isnan(found[: first + 1]).all()
    assert np.isfinite(found[first + 1 :]).all()


@pytest.mark.parametrize("per_khz", [-20.0, 5.0])
def test_slope_of_a_spectrum_is_found(per_khz):
    power = np.repeat(10 ** (per_khz / 10 * np.arange(257)[:, None] * BIN_HZ / 1000), 3, axis=1).astype(np.float32)
    found = shape_kernel.spectral_shape(power, *_geometry(512)).slopes
    np.testing.assert_allclose(found, per_khz, rtol=1e-4)


def test_band_descriptors_of_five_equal_tones():
    frames = Frames(tones(150.0, 400.0, 800.0, 2500.0, 6000.0))
    np.testing.assert_allclose(np.median(band_energy(frames), axis=1), 0.2, atol=0.01)
    assert np.median(alpha_ratio(frames)) == pytest.approx(10 * np.log10(3), abs=0.1)
    assert np.median(hammarberg_index(frames)) == pytest.approx(0, abs=1.5)


def test_level_ratios_of_a_pure_tone_are_bounded():
    """Bands without energy count as 100 dB below the frame."""
    power = np.zeros((257, 2), np.float32)
    power[20] = 1
    shape = shape_kernel.spectral_shape(power, *_geometry(512))
    frames = frames_with(noise()[:200], {spectral_shape: shape})
    for descriptor in (alpha_ratio, hammarberg_index):
        assert (np.abs(descriptor(frames) - 97.5) <= 2.6).all()


@cache
def spectra() -> dict[str, Array]:
    """Edge cases of power spectra."""
    rng = np.random.default_rng(0)
    holes = rng.gamma(1, 1, (257, 300)).astype(np.float32)
    holes[:, 3:9] = holes[10:20] = 0
    huge = np.float32(1e20) * rng.gamma(1, 1, (257, 97)).astype(np.float32)
    return {
        **{name: Frames(signal).power for name, signal in SOUNDS.items()},
        **{f"{n} frames": rng.gamma(1, 1, (257, n)).astype(np.float32) for n in (1, 95, 96, 97, 192, 1100)},
        "few bins": rng.gamma(1, 1, (65, 50)).astype(np.float32),
        "many bins": rng.gamma(1, 1, (2049, 5)).astype(np.float32),
        "holes": holes,
        "huge": huge,
        "tiny": np.float32(1e-22) * huge[:, :5] / np.float32(1e20),
        "nothing": np.zeros((257, 4), np.float32),
    }


def test_shape_kernel_equals_its_definitions():
    for name, power in spectra().items():
        geometry = _geometry(2 * (len(power) - 1))
        found = shape_kernel.spectral_shape(power, *geometry)
        expected = shape_kernel.spectral_shape_plain(power, *geometry)
        for field, track in found._asdict().items():
            reference, case = getattr(expected, field), (name, field)
            assert np.array_equal(np.isnan(track), np.isnan(reference)), case
            allowed = 1e-4 * (np.abs(reference) + 0.01 * np.nanmax(np.append(reference, 0)))
            if field == "rolloffs":
                allowed = 1.0
            elif field == "mean_log":
                allowed = 2e-4  # a logarithm has no size of its own
            assert (np.isnan(reference) | (np.abs(track - reference) <= allowed)).all(), case


@pytest.mark.parametrize("n_bands", [26, 40, 80])
def test_bands_equal_the_product_of_matrices(n_bands):
    for name, power in spectra().items():
        filters = mel_filters(2 * (len(power) - 1), n_bands)
        found, expected = (
            compute(power, filters) for compute in (bands_kernel.weighted_bands, bands_kernel.weighted_bands_plain)
        )
        np.testing.assert_allclose(found, expected, rtol=1e-5, err_msg=name)


def test_levels_equal_the_decibels():
    for name, power in spectra().items():
        found = bands_kernel.levels(power)
        np.testing.assert_allclose(found, bands_kernel.levels_plain(power), atol=5e-5, err_msg=name)
        np.testing.assert_allclose(found, decibels(power), atol=5e-5, err_msg=name)


@settings(deadline=None)
@given(number=st.floats(2**-126, 2**127, width=32))
def test_logarithm_equals_numpy(number):
    assert float(logarithm.log2(np.float32(number))) == pytest.approx(np.log2(number), abs=1e-6, rel=2e-7)


@settings(deadline=None)
@given(number=st.floats(-125, 126, width=32))
def test_power_of_two_equals_numpy(number):
    assert float(logarithm.exp2(np.float32(number))) == pytest.approx(np.exp2(number), rel=1e-6)


def test_power_of_two_is_bounded():
    assert [float(logarithm.exp2(np.float32(x))) for x in (-1000, 1000)] == pytest.approx([2**-126, 2**127], rel=1e-6)


@pytest.mark.parametrize("hop", [0.005, 0.02])
def test_bands_have_a_value_per_frame_of_any_hop(hop):
    frames = Frames(noise(), Framing(hop_seconds=hop))
    assert mel_bands(frames).shape == (26, frames.n_frames)

"""Level and loudness of known sounds."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.audio import SAMPLE_RATE, Signal
from featser.features.descriptors.bands import mel_bands
from featser.features.descriptors.energy import rms
from featser.features.descriptors.loudness import log_energy, loudness
from featser.features.frames import Frames, Framing
from featser.features.kernels.bands import compressed_sum, compressed_sum_plain


def tone(frequency: float, amplitude: float = 0.5) -> Signal:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (amplitude * np.sin(2 * np.pi * frequency * t)).astype(np.float32)


def noise(seed: int = 0) -> Signal:
    return (0.1 * np.random.default_rng(seed).standard_normal(SAMPLE_RATE)).astype(np.float32)


@pytest.mark.parametrize("amplitude", [1.0, 0.1, 0.01])
def test_level_of_a_tone_is_its_mean_square(amplitude):
    expected = 20 * np.log10(amplitude) - 10 * np.log10(2)
    assert np.median(log_energy(Frames(tone(1000.0, amplitude)))) == pytest.approx(expected, abs=0.01)


def test_level_of_a_constant_is_its_square():
    constant = Frames(np.full(SAMPLE_RATE, 0.25, np.float32))
    assert np.median(log_energy(constant)) == pytest.approx(20 * np.log10(0.25), abs=1e-3)


def test_level_is_near_that_of_the_rms():
    frames = Frames(noise())
    assert np.abs(log_energy(frames) - 20 * np.log10(rms(frames)))[2:-2].max() < 2


@pytest.mark.parametrize("window", [0.02, 0.025, 0.064])
def test_level_does_not_depend_on_the_window(window):
    frames = Frames(tone(1000.0), Framing(window_seconds=window))
    assert np.median(log_energy(frames)) == pytest.approx(-9.03, abs=0.01)


def test_level_has_a_floor(signals):
    np.testing.assert_allclose(log_energy(Frames(signals["silence"])), -100, atol=1e-3)
    half = log_energy(Frames(signals["half silent"]))
    assert half.min() == pytest.approx(half.max() - 80)


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(2**-6, 2**6, width=32))
def test_gain_raises_the_level_and_multiplies_the_loudness(gain):
    before, after = Frames(noise()), Frames(np.float32(gain) * noise())
    np.testing.assert_allclose(log_energy(after) - log_energy(before), 20 * np.log10(gain), atol=1e-3)
    np.testing.assert_allclose(loudness(after) / loudness(before), gain**0.46, rtol=1e-4)


def test_loudness_of_silence_is_zero(signals):
    assert (loudness(Frames(signals["silence"])) == 0).all()


def test_loudness_rises_with_frequency_up_to_4_khz():
    found = {frequency: np.median(loudness(Frames(tone(frequency)))) for frequency in (60.0, 500.0, 3500.0)}
    assert found[60.0] < found[500.0] < found[3500.0]


def test_broadband_noise_is_louder_than_a_tone_of_equal_energy():
    wide, narrow = noise(), tone(1000.0, 0.1 * np.sqrt(2))
    assert np.median(loudness(Frames(wide))) > 2 * np.median(loudness(Frames(narrow)))


@pytest.mark.parametrize("name", ["noise", "tone", "silence", "square", "loud", "quiet", "half silent", "one sample"])
def test_kernel_equals_its_definition(name, signals):
    bands = mel_bands(Frames(signals[name]))
    weights = np.linspace(0.01, 1, len(bands), dtype=np.float32) / np.float32(1e4)
    found, expected = (compute(bands, weights, 0.23) for compute in (compressed_sum, compressed_sum_plain))
    np.testing.assert_allclose(found, expected, rtol=1e-5, atol=1e-6)

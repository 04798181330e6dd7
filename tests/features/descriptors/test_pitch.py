"""Pitch of synthetic sounds, NaN for unvoiced ones, agreement with Praat on real recordings."""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import noise, sine

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.descriptors.pitch import (
    HIGHEST_HZ,
    LOWEST_HZ,
    f0,
    normalised_signal,
    pitch_every_step,
    track_pitch,
    voicing,
)
from featser.features.frames import Frames, Framing
from featser.features.kernels import correlation, pitch_path
from featser.features.kernels import pitch as kernels
from featser.synthetic import STYLES, Voice, speak

INSIDE = slice(6, -6)
"""Frames whose analysis does not reach beyond the signal."""


def voice(number: int = 0) -> Signal:
    style = list(STYLES.values())[number % len(STYLES)]
    return speak(Voice(f0_hz=90.0 + 40 * number), style, "ma ti so du", np.random.default_rng(number))


def harmonics(hz: np.ndarray | float, seconds: float = 1.0, numbers: range = range(1, 11)) -> Signal:
    """Harmonics of a pitch, constant or given for each sample, falling by 6 dB per octave."""
    phase = 2 * np.pi * np.cumsum(np.broadcast_to(hz, round(seconds * SAMPLE_RATE))) / SAMPLE_RATE
    waves = [np.sin(n * phase) / n for n in numbers if np.max(hz) * n < SAMPLE_RATE / 2]
    return (0.2 * np.sum(waves, axis=0)).astype(np.float32)


def hz_of(signal: Signal) -> np.ndarray:
    return track_pitch(Frames(signal)).hz


def cents(found: np.ndarray, expected: np.ndarray | float) -> np.ndarray:
    return np.abs(1200 * np.log2(found / expected))


@pytest.mark.parametrize("hz", [60.0, 61.7, 75.0, 100.0, 146.3, 220.0, 333.3, 440.0, 499.0, 500.0])
@pytest.mark.parametrize("sound", [sine, harmonics])
def test_finds_the_pitch_of_a_steady_sound(sound, hz):
    found = hz_of(sound(hz))[INSIDE]
    assert cents(found, hz).max() < 3


@pytest.mark.parametrize("hz", [80.0, 130.0, 200.0, 300.0])
def test_finds_the_pitch_of_clicks(hz):
    clicks = np.zeros(SAMPLE_RATE, np.float32)
    clicks[np.rint(np.arange(0, SAMPLE_RATE, SAMPLE_RATE / hz)).astype(int)] = 1
    voice_of_clicks = np.convolve(clicks, np.exp(-np.arange(60) / 10), "same").astype(np.float32)
    assert np.median(cents(hz_of(voice_of_clicks)[INSIDE], hz)) < 5


def test_finds_a_fundamental_that_is_missing():
    assert cents(hz_of(harmonics(150.0, numbers=range(3, 9)))[INSIDE], 150.0).max() < 3


def test_follows_a_sweep():
    hz = np.linspace(100, 300, 2 * SAMPLE_RATE)
    found = hz_of(harmonics(hz, 2.0))
    assert cents(found[INSIDE], np.append(hz, hz[-1])[:: SAMPLE_RATE // 100][INSIDE]).max() < 10


def test_follows_a_vibrato():
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    hz = 200 * 2 ** (0.5 / 12 * np.sin(2 * np.pi * 5 * t))
    found = hz_of(harmonics(hz, 2.0))[INSIDE]
    assert np.ptp(12 * np.log2(found)) == pytest.approx(1.0, abs=0.1)


def test_follows_a_jump():
    hz = np.repeat([150.0, 270.0], SAMPLE_RATE // 2)
    found = hz_of(harmonics(hz))
    assert cents(found[6:47], 150.0).max() < 5
    assert cents(found[54:-6], 270.0).max() < 5


@pytest.mark.parametrize("signal", [noise(), noise(amplitude=1e-5), noise(0.02), np.zeros(16000, np.float32)])
def test_noise_and_silence_have_no_pitch(signal):
    assert np.isnan(hz_of(signal)).all()
    assert np.isnan(f0(Frames(signal))).all()


@pytest.mark.parametrize("level", [0.1, 0.25, -1.0, 1000.3])
def test_a_constant_has_no_pitch(level):
    constant = np.full(16000, level, np.float32)
    assert np.isnan(hz_of(constant)).all()
    assert not voicing(Frames(constant)).any()


def test_voicing_of_silence_is_zero_and_of_a_tone_one():
    signal = np.concatenate([np.zeros(8000, np.float32), sine(220.0, 0.5)])
    found = voicing(Frames(signal))
    assert not found[:46].any()
    assert found[54:-4].min() > 0.999


def test_voicing_is_low_for_noise_and_high_for_a_voice():
    assert voicing(Frames(noise())).max() < 0.5 < np.median(voicing(Frames(voice())))


def test_half_voiced_signal_is_voiced_where_the_voice_is():
    voiced = ~np.isnan(hz_of(np.concatenate([0.1 * noise(0.5), sine(220.0, 0.5)])))
    assert not voiced[:47].any()
    assert voiced[53:-2].all()


def test_semitones_are_relative_to_27_5_hz():
    assert np.median(f0(Frames(sine(440.0)))) == pytest.approx(48, abs=0.01)


def test_pitch_stays_in_its_range():
    hz = np.concatenate([hz_of(signal) for signal in (voice(0), voice(3), harmonics(45.0), sine(700.0), sine(510.0))])
    assert np.nanmin(hz) > 0.98 * LOWEST_HZ
    assert np.nanmax(hz) < 1.02 * HIGHEST_HZ


@pytest.mark.parametrize("hop_seconds", [0.0071, 0.02, 0.5])
def test_pitch_is_sampled_at_the_frame_centres(hop_seconds):
    hz = np.linspace(100, 200, 2 * SAMPLE_RATE)
    frames = Frames(harmonics(hz, 2.0), Framing(hop_seconds=hop_seconds))
    centres = np.arange(frames.n_frames) * frames.framing.hop
    inside = (centres > 1000) & (centres < len(hz) - 1000)
    assert cents(track_pitch(frames).hz[inside], hz[centres[inside]]).max() < 15


@settings(max_examples=20, deadline=None)
@given(exponent=st.floats(-3, 3), number=st.integers(0, 2), sign=st.sampled_from([-1, 1]))
def test_gain_does_not_change_the_pitch(exponent, number, sign):
    plain, louder = (track_pitch(Frames(gain * voice(number))) for gain in (1, np.float32(sign * 10**exponent)))
    np.testing.assert_allclose(louder.hz, plain.hz, rtol=1e-4)
    np.testing.assert_allclose(louder.voicing, plain.voicing, atol=1e-4)


def test_offset_does_not_change_the_pitch():
    plain, shifted = (hz_of(voice() + np.float32(offset)) for offset in (0, 0.25))
    np.testing.assert_allclose(shifted, plain, rtol=1e-4)


def test_a_short_signal_has_as_many_values_as_frames():
    for n_samples in (1, 2, 159, 160, 161, 1600):
        pitch = track_pitch(Frames(sine(200.0)[:n_samples]))
        assert pitch.hz.shape == pitch.voicing.shape == (1 + n_samples // 160,)


def coarse(signal: Signal) -> tuple[np.ndarray, ...]:
    """Arguments of the search for candidates."""
    padded = normalised_signal(Frames(signal))
    low = kernels.decimate_plain(padded[320:], np.hanning(32).astype(np.float32) / 16, len(padded) // 4 - 90)
    taper = np.hanning(160).astype(np.float32)
    own = np.correlate(taper, taper, "full")[159:]
    return padded, low, taper, own[0] / own[7:71], 7


@pytest.mark.parametrize("number", range(4))
def test_candidates_equal_the_plain_ones(number):
    arguments = coarse(voice(number))
    found, expected = kernels.pitch_candidates(*arguments), kernels.pitch_candidates_plain(*arguments)
    same = np.abs(found[0] - expected[0]).max(axis=1) < 0.01  # rounding may take one of two equal maxima
    assert same.mean() > 0.99
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_allclose(one[same], other[same], rtol=2e-3, atol=1e-4)


def test_decimation_equals_the_plain_one():
    taps = np.hanning(32).astype(np.float32)
    arguments = (noise(0.1), taps, 300)
    np.testing.assert_allclose(kernels.decimate(*arguments), kernels.decimate_plain(*arguments), atol=1e-5)


@pytest.mark.parametrize(("n_samples", "first", "n_lags"), [(160, 7, 64), (161, 1, 8), (40, 50, 16)])
def test_autocorrelation_equals_the_plain_one(n_samples, first, n_lags):
    samples = np.pad(noise(0.1)[:n_samples], (0, first + n_lags + 8))
    found, expected = np.empty((2, n_lags), np.float32)
    correlation.autocorrelation(samples, n_samples, first, found)
    correlation.autocorrelation_plain(samples, n_samples, first, expected)
    np.testing.assert_allclose(found, expected, atol=1e-5)


@pytest.mark.parametrize(("n_samples", "n_lags"), [(320, 5), (33, 50), (7, 10)])
@pytest.mark.parametrize("gain", [1.0, 0.0])
def test_correlations_equal_the_plain_ones(n_samples, n_lags, gain):
    source = np.float32(gain) * noise(0.1)[:n_samples]
    later = noise(0.1, seed=1)[: n_samples + n_lags]
    found, expected, energies, plain_energies = np.empty((4, n_lags), np.float32)
    correlation.correlations(source, later, found, energies)
    correlation.correlations_plain(source, later, expected, plain_energies)
    np.testing.assert_allclose(found, expected, atol=1e-5)
    np.testing.assert_allclose(energies, plain_energies, rtol=1e-5)


def some_candidates(n_frames: int, seed: int) -> tuple[np.ndarray, ...]:
    rng = np.random.default_rng(seed)
    periods = rng.uniform(25, 290, (n_frames, 3)).astype(np.float32)
    periods[rng.random((n_frames, 3)) < 0.3] = 0
    correlations = rng.uniform(-0.1, 1, (n_frames, 3)).astype(np.float32) * (periods > 0)
    return (
        periods,
        correlations,
        rng.choice([0.0, 0.03, 1.0], n_frames, p=[0.1, 0.2, 0.7]).astype(np.float32),
        32.0,
        267.0,
    )


@pytest.mark.parametrize("n_frames", [1, 2, 500])
@pytest.mark.parametrize("seed", range(3))
def test_best_path_equals_the_plain_one(n_frames, seed):
    arguments = some_candidates(n_frames, seed)
    for found, expected in zip(pitch_path.best_path(*arguments), pitch_path.best_path_plain(*arguments), strict=True):
        np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize("seed", range(5))
def test_best_path_has_the_highest_score_of_all_paths(seed):
    periods, correlations, peaks, shortest, longest = some_candidates(5, seed)

    def score(path: tuple[int, ...]) -> float:
        total, before = 0.0, None
        for frame, state in enumerate(path):
            period = periods[frame, state] if state < 3 else 0.0
            if state < 3 and not shortest <= period <= longest:
                return -np.inf
            if state < 3:
                total += correlations[frame, state] - pitch_path.OCTAVE_COST * np.log2(period / longest)
            else:
                silent = pitch_path.SILENCE_THRESHOLD / (1 + pitch_path.VOICING_THRESHOLD)
                total += pitch_path.VOICING_THRESHOLD + max(0, 2 - peaks[frame] / silent)
            if before is not None and (before > 0) != (period > 0):
                total -= pitch_path.SWITCH_COST
            elif before and period:
                total -= pitch_path.JUMP_COST * abs(np.log2(period / before))
            before = period
        return total

    best = max(product(range(4), repeat=5), key=score)
    expected = [periods[frame, state] if state < 3 else 0 for frame, state in enumerate(best)]
    found, _ = pitch_path.best_path(periods, correlations, peaks, shortest, longest)
    np.testing.assert_array_equal(found, expected)


def test_pitch_is_computed_once_per_signal():
    frames = Frames(voice())
    assert frames.shared(pitch_every_step) is frames.shared(pitch_every_step)
    assert np.array_equal(f0(frames), f0(Frames(voice())), equal_nan=True)


@pytest.mark.slow
@pytest.mark.corpora
def test_agrees_with_praat(corpora_root):
    """Measured on 50 recordings: 3.1 cents, 0.5 % octave errors, 3.0 % voiced in featser only, 1.1 % in Praat only."""
    parselmouth = pytest.importorskip("parselmouth")
    files = sorted((corpora_root / "emodb").glob("wav/*.wav"))[::10][:50]
    assert len(files) == 50
    found, expected = [], []
    for path in files:
        signal = read_signal(path)
        sound = parselmouth.Sound(signal.astype(np.float64), SAMPLE_RATE)
        praat = sound.to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=500)
        found.append(hz_of(signal))
        expected.append([praat.get_value_at_time(0.01 * frame) for frame in range(len(found[-1]))])
    ours, theirs = np.concatenate(found), np.concatenate(expected)
    both = ~np.isnan(ours) & ~np.isnan(theirs)
    assert np.mean(~np.isnan(ours) & np.isnan(theirs)) < 0.04
    assert np.mean(np.isnan(ours) & ~np.isnan(theirs)) < 0.02
    assert np.median(cents(ours[both], theirs[both])) < 4
    assert np.mean(cents(ours[both], theirs[both]) > 600) < 0.01

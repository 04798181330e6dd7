"""Jitter, shimmer and HNR of signals with known values, and agreement with Praat on real recordings."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import noise, sine

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.descriptors.pitch import normalised_signal, pitch_every_step, track_pitch
from featser.features.descriptors.voice_quality import find_pulses, hnr, jitter, shimmer
from featser.features.frames import Array, Frames, Framing
from featser.features.kernels import pulses as kernels
from featser.synthetic import STYLES, Voice, speak

DESCRIPTORS = (hnr, jitter, shimmer)


def voice(number: int = 0) -> Signal:
    style = list(STYLES.values())[number % len(STYLES)]
    return speak(Voice(f0_hz=90.0 + 40 * number), style, "ma ti so du", np.random.default_rng(number))


def waves(positions: np.ndarray, amplitudes: np.ndarray | float = 1.0, half_width: float = 20.0) -> Signal:
    """A zero-mean pulse at each position, which may lie between samples; the amplitude is that of its peak."""
    u = (np.arange(positions[-1] + 200)[:, None] - positions) / half_width
    shape = np.where(np.abs(u) < 1, (0.5 + 0.5 * np.cos(np.pi * u)) * np.cos(2 * np.pi * u), 0)
    return (0.5 * shape @ np.broadcast_to(amplitudes, len(positions))).astype(np.float32)


def pulse_positions(period: float, change: float, seed: int = 0) -> np.ndarray:
    """Positions of half a second of pulses with random periods."""
    rng = np.random.default_rng(seed)
    return 100 + np.cumsum(period * (1 + change * rng.uniform(-1, 1, round(8000 / period))))


def buzz(hz: float, db: float) -> Signal:
    """Ten harmonics with white noise ``db`` decibels below them."""
    t = np.arange(2 * SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sum([np.cos(2 * np.pi * n * hz * t + n * n) / n for n in range(1, 11)], axis=0)
    gain = np.sqrt(np.mean(tone**2)) * 10 ** (-db / 20)
    return (0.1 * (tone + gain * np.random.default_rng(0).standard_normal(len(t)))).astype(np.float32)


@pytest.mark.parametrize("db", [5, 10, 20, 30])
@pytest.mark.parametrize("hz", [90.0, 130.0, 221.7, 400.0])
def test_hnr_is_the_level_of_the_noise(hz, db):
    found = hnr(Frames(buzz(hz, db)))
    assert np.nanmean(found[5:-5]) == pytest.approx(db, abs=1.0)


def test_hnr_of_a_tone_is_the_upper_limit():
    assert np.nanmedian(hnr(Frames(sine(200.0)))) == pytest.approx(50, abs=5)


@pytest.mark.parametrize("period", [45.3, 80.0, 133.3, 200.0])
@pytest.mark.parametrize("change", [0.01, 0.03])
def test_finds_the_jitter_of_a_voice(period, change):
    marks = pulse_positions(period, change)
    periods = np.diff(marks)
    expected = np.abs(np.diff(periods)).mean() / periods.mean()
    assert np.nanmean(jitter(Frames(waves(marks, half_width=period / 2)))) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("period", [45.0, 80.0, 133.0, 200.0])
@pytest.mark.parametrize("change", [0.02, 0.1])
def test_finds_the_shimmer_of_a_voice(period, change):
    marks = pulse_positions(period, 0.0)
    amplitudes = 1 + change * np.random.default_rng(1).uniform(-1, 1, len(marks))
    expected = np.abs(np.diff(amplitudes)).mean() / amplitudes.mean()
    assert np.nanmean(shimmer(Frames(waves(marks, amplitudes)))) == pytest.approx(expected, rel=0.1)


@pytest.mark.parametrize("hz", [70.0, 123.4, 250.0, 410.0])
def test_a_steady_voice_has_neither_jitter_nor_shimmer(hz):
    frames = Frames(waves(100 + np.arange(0, 16000, SAMPLE_RATE / hz)))
    assert np.nanmedian(jitter(frames)) < 0.001
    assert np.nanmedian(shimmer(frames)) < 0.005


def test_a_glide_has_little_jitter():
    hz = np.linspace(100, 200, SAMPLE_RATE)
    glide = np.sin(2 * np.pi * np.cumsum(hz) / SAMPLE_RATE).astype(np.float32)
    assert np.nanmax(jitter(Frames(glide))[5:-5]) < 0.012


def test_pulses_are_found_at_their_positions():
    marks = pulse_positions(90.0, 0.02)
    found = find_pulses(Frames(waves(marks)))
    assert len(found) == pytest.approx(len(marks), abs=2)
    nearest = np.abs(found - marks[:, None]).min(axis=1)[1:-1]
    assert nearest.max() < 0.5


def test_pulses_ascend_and_lie_in_voiced_stretches():
    for number in range(4):
        frames = Frames(voice(number))
        found = find_pulses(frames)
        hz = frames.shared(pitch_every_step).hz
        assert np.diff(found).min() > 25
        steps = np.clip(np.rint(found / 160).astype(int), 0, len(hz) - 1)
        around = np.stack([hz[np.clip(steps + shift, 0, len(hz) - 1)] for shift in (-1, 0, 1)])
        assert not np.isnan(around).all(axis=0).any()


def test_a_missed_period_is_no_jitter():
    marks = np.delete(pulse_positions(80.0, 0.0), 50)
    assert np.nanmax(jitter(Frames(waves(marks)))) < 0.05


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
@pytest.mark.parametrize("signal", [noise(), np.zeros(16000, np.float32), np.full(16000, 0.3, np.float32)])
def test_unvoiced_signals_are_undefined(descriptor, signal):
    assert np.isnan(descriptor(Frames(signal))).all()


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_unvoiced_frames_are_undefined_and_most_voiced_ones_defined(descriptor):
    frames = Frames(voice())
    unvoiced = np.isnan(track_pitch(frames).hz)
    undefined = np.isnan(descriptor(frames))
    assert undefined[unvoiced].all()
    assert undefined[~unvoiced].mean() < 0.1


@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_values_do_not_depend_on_the_hop(descriptor):
    usual, rare = Frames(voice()), Frames(voice(), Framing(hop_seconds=0.05))
    np.testing.assert_array_equal(descriptor(rare), descriptor(usual)[::5])


@settings(max_examples=10, deadline=None)
@given(exponent=st.floats(-3, 3), number=st.integers(0, 2))
@pytest.mark.parametrize("descriptor", DESCRIPTORS)
def test_gain_does_not_change_the_value(descriptor, exponent, number):
    plain, louder = (descriptor(Frames(gain * voice(number))) for gain in (1, np.float32(10**exponent)))
    np.testing.assert_allclose(louder, plain, rtol=1e-3, atol=1e-4)


def pulses_of(number: int) -> tuple[Array, np.ndarray]:
    frames = Frames(voice(number))
    return frames.shared(normalised_signal), find_pulses(frames)


@pytest.mark.parametrize("number", range(4))
def test_pulses_equal_the_plain_ones(number):
    frames = Frames(voice(number))
    hz = frames.shared(pitch_every_step).hz
    arguments = frames.shared(normalised_signal), np.where(np.isnan(hz), 0, SAMPLE_RATE / hz).astype(np.float32)
    found, expected = kernels.glottal_pulses(*arguments), kernels.glottal_pulses_plain(*arguments)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found, expected, atol=0.01)


@pytest.mark.parametrize("periods", [[0], [100], [40, 0, 260, 0, 266, 266, 0, 32], [266] * 3])
def test_pulses_of_short_stretches_equal_the_plain_ones(periods):
    signal = np.pad(noise(0.08)[: 160 * len(periods)], 640)
    arguments = signal, np.array(periods, np.float32)
    found, expected = kernels.glottal_pulses(*arguments), kernels.glottal_pulses_plain(*arguments)
    np.testing.assert_allclose(found, expected, atol=0.01)
    assert (np.diff(found) > 25).all()


@pytest.mark.parametrize("number", range(4))
def test_amplitudes_equal_the_plain_ones(number):
    signal, found = pulses_of(number)
    expected = kernels.pulse_amplitudes_plain(signal, found, 1.3)
    np.testing.assert_allclose(kernels.pulse_amplitudes(signal, found, 1.3), expected, rtol=1e-5)


@pytest.mark.parametrize("n_values", [0, 1, 2, 300])
def test_relative_changes_equal_the_plain_ones(n_values):
    rng = np.random.default_rng(n_values)
    values = rng.uniform(1, 2, n_values)
    values[::17], values[::23] = np.nan, 0
    where = np.sort(rng.uniform(0, 5000, max(n_values - 1, 0)))
    arguments = where, values, 1.5, np.arange(0, 6000, 160.0), 200.0
    found, expected = kernels.relative_changes(*arguments), kernels.relative_changes_plain(*arguments)
    np.testing.assert_allclose(found, expected, rtol=1e-6)
    assert np.isnan(found).any()


def praat_quality(signal: Signal) -> tuple[float, float, float]:
    """Mean harmonics-to-noise ratio of voiced frames, jitter and shimmer, by Praat with its usual arguments."""
    from parselmouth import Sound
    from parselmouth.praat import call

    sound = Sound(signal.astype(np.float64), SAMPLE_RATE)
    pitch = sound.to_pitch_ac(time_step=0.01, pitch_floor=75, pitch_ceiling=500)
    pulses = call([sound, pitch], "To PointProcess (cc)")
    harmonicity = sound.to_harmonicity_cc(time_step=0.01, minimum_pitch=75)
    voiced = ~np.isnan([pitch.get_value_at_time(t) for t in harmonicity.xs()])
    ratios = harmonicity.values[0][voiced & (harmonicity.values[0] > -199)]
    limits = (0, 0, 0.0001, 0.02, 1.3)
    return (
        ratios.mean(),
        call(pulses, "Get jitter (local)", *limits),
        call([sound, pulses], "Get shimmer (local)", *limits, 1.6),
    )


@pytest.mark.slow
@pytest.mark.corpora
def test_agrees_with_praat(corpora_root):
    """Correlations over 100 recordings: 0.96 for HNR, 0.92 for jitter, 0.91 for shimmer (over 535: .97, .95, .91)."""
    pytest.importorskip("parselmouth")
    files = sorted((corpora_root / "emodb").glob("wav/*.wav"))[::5][:100]
    assert len(files) == 100
    ours, theirs = [], []
    for path in files:
        frames = Frames(read_signal(path))
        ours.append([np.nanmean(descriptor(frames)) for descriptor in DESCRIPTORS])
        theirs.append(praat_quality(frames.signal))
    for found, expected in zip(np.transpose(ours), np.transpose(theirs), strict=True):
        assert np.corrcoef(found, expected)[0, 1] >= 0.9

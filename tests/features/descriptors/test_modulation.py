"""Modulation, rhythm and voice activity of known sounds."""

import re

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sounds import frames_with

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.activity import active_frames, speech_span
from featser.features.descriptors.modulation import (
    MODULATION_NAMES,
    RHYTHM_NAMES,
    _depths,
    _peaks,
    _run_lengths,
    modulation,
    rhythm,
)
from featser.features.descriptors.pitch import Pitch, track_pitch
from featser.features.frames import Array, Frames, Framing
from featser.features.utterance import UTTERANCE_FEATURES, UtteranceFeature
from featser.synthetic import STYLES, Voice, speak

HOP = 0.01


@pytest.fixture(params=UTTERANCE_FEATURES.values(), ids=UTTERANCE_FEATURES.keys())
def feature(request: pytest.FixtureRequest) -> UtteranceFeature:
    return request.param


def noise(seconds: float = 1.0, amplitude: float = 0.1) -> Signal:
    return (amplitude * np.random.default_rng(0).standard_normal(round(seconds * SAMPLE_RATE))).astype(np.float32)


def silence(seconds: float) -> Signal:
    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def hum(seconds: float) -> Signal:
    """A buzz at 150 Hz with a sine envelope."""
    t = np.arange(round(seconds * SAMPLE_RATE)) / SAMPLE_RATE
    buzz = sum(np.sin(2 * np.pi * 150 * k * t) / k for k in range(1, 9))
    return (0.3 * np.sin(np.pi * t / seconds) * buzz).astype(np.float32)


def voice() -> Signal:
    return speak(Voice(f0_hz=130.0), next(iter(STYLES.values())), "ma ti so du", np.random.default_rng(0))


def rhythm_of(signal: Signal) -> dict[str, float]:
    return dict(zip(RHYTHM_NAMES, rhythm(Frames(signal)).tolist(), strict=True))


def with_pitch(signal: Signal, voiced: Array) -> Frames:
    """Frames whose pitch is known."""
    hz = np.where(voiced, 150.0, np.nan).astype(np.float32)
    return frames_with(signal, {track_pitch: Pitch(hz, voiced.astype(np.float32))})


def test_is_single_precision(feature, signals):
    types = {name: feature.compute(Frames(signal)).dtype for name, signal in signals.items()}
    assert types == dict.fromkeys(signals, np.float32)


def test_its_source_has_a_year(feature):
    assert re.search(r"\b(19|20)\d\d\b", feature.source)


@settings(deadline=None, max_examples=10)
@given(gain=st.floats(0.125, 8, width=32))
def test_gain_does_not_change_the_features(gain):
    before, after = (Frames(signal) for signal in (voice(), np.float32(gain) * voice()))
    np.testing.assert_allclose(modulation(after), modulation(before), atol=0.02)
    np.testing.assert_allclose(rhythm(after), rhythm(before), rtol=1e-5)


@pytest.mark.parametrize(("rate", "band"), [(0.75, 0), (1.5, 1), (3.0, 2), (6.0, 3), (12.0, 4), (24.0, 5)])
@pytest.mark.parametrize("seconds", [3.0, 8.0])
def test_depth_of_a_sine_is_its_root_mean_square(rate, band, seconds):
    t = np.arange(0, seconds, HOP)
    tracks = np.array([5 * np.sin(2 * np.pi * rate * t), np.full(len(t), -30.0)], np.float32)
    found = _depths(tracks, HOP)
    assert found[0, band] == pytest.approx(5 / np.sqrt(2), rel=0.02 if seconds > 4 or band else 0.2)
    assert found[1] == pytest.approx(0, abs=1e-3)
    if seconds > 4:
        assert np.delete(found[0], band).max() < 0.4


def test_squares_of_depths_add_up_to_the_variance():
    track = np.random.default_rng(0).standard_normal((1, 3000)).astype(np.float32)
    slow = np.apply_along_axis(np.convolve, 1, track, np.hanning(9) / 4, "same").astype(np.float32)
    assert np.sqrt(np.square(_depths(slow, HOP)).sum()) == pytest.approx(slow.std(), rel=0.05)


def test_only_the_modulated_band_has_depth():
    rng = np.random.default_rng(0)
    t = np.arange(3 * SAMPLE_RATE) / SAMPLE_RATE
    low = sum(np.sin(2 * np.pi * frequency * t + rng.uniform(0, 6)) for frequency in range(100, 500, 25))
    high = sum(np.sin(2 * np.pi * frequency * t + rng.uniform(0, 6)) for frequency in range(4000, 7800, 25))
    signal = 0.01 * low + 0.01 * high * 10 ** (np.sin(2 * np.pi * 3 * t) / 2)
    found = modulation(Frames(signal.astype(np.float32))).reshape(8, 6)[:, 2]
    assert found[7] == pytest.approx(10 / np.sqrt(2), abs=0.5)
    assert found[0] < 0.5


@pytest.mark.parametrize(("seconds", "n_undefined"), [(0.02, 6), (0.05, 5), (0.4, 2), (0.8, 1), (1.5, 0)])
def test_rates_with_periods_longer_than_the_speech_are_undefined(seconds, n_undefined):
    found = modulation(Frames(noise(seconds))).reshape(8, 6)
    assert np.isnan(found).sum(axis=1).tolist() == [n_undefined] * 8
    assert np.isnan(found[:, :n_undefined]).all()


def test_rates_that_the_hop_does_not_resolve_are_undefined():
    found = modulation(Frames(noise(3.0), Framing(hop_seconds=0.02))).reshape(8, 6)
    assert np.isnan(found[0]).tolist() == [False] * 5 + [True]


def test_silence_around_speech_does_not_change_the_features():
    around = np.concatenate([silence(1.0), voice(), silence(2.0)])
    np.testing.assert_allclose(modulation(Frames(around)), modulation(Frames(voice())), atol=0.7)
    found, expected = rhythm_of(around), rhythm_of(voice())
    assert found["rhythm_duration_s"] == pytest.approx(expected["rhythm_duration_s"], abs=0.1)
    assert found["rhythm_active_share"] == pytest.approx(expected["rhythm_active_share"], abs=0.05)


def test_syllables_and_pauses_are_counted():
    parts = [silence(0.5), hum(0.3), silence(0.3), hum(0.2), silence(0.05), hum(0.2), silence(0.5)]
    found = rhythm_of(np.concatenate(parts))
    seconds = found["rhythm_duration_s"]
    assert seconds == pytest.approx(1.05, abs=0.06)
    assert found["rhythm_pauses_per_s"] * seconds == pytest.approx(1)
    assert found["rhythm_pause_mean_s"] == pytest.approx(0.3, abs=0.08)
    assert found["rhythm_syllables_per_s"] * found["rhythm_active_share"] * seconds == pytest.approx(3)
    assert 0.4 < found["rhythm_voiced_share"] < 0.75


def test_voiced_segments_are_counted():
    voiced = np.zeros(Frames(noise()).n_frames, bool)
    voiced[10:30] = voiced[50:60] = True
    found = dict(zip(RHYTHM_NAMES, rhythm(with_pitch(noise(), voiced)).tolist(), strict=True))
    assert found["rhythm_duration_s"] == pytest.approx(1.01)
    assert found["rhythm_voiced_share"] == pytest.approx(30 / 101)
    assert found["rhythm_voiced_per_s"] == pytest.approx(2 / 1.01)
    assert found["rhythm_voiced_mean_s"] == pytest.approx(0.15)


def test_mean_length_without_segments_is_undefined():
    found = rhythm_of(noise())
    assert found["rhythm_pauses_per_s"] == 0
    assert np.isnan(found["rhythm_pause_mean_s"])
    unvoiced = with_pitch(noise(), np.zeros(101, bool))
    assert np.isnan(rhythm(unvoiced)[RHYTHM_NAMES.index("rhythm_voiced_mean_s")])


def test_names_are_in_order():
    assert MODULATION_NAMES[:7] == (*(f"modulation_b0_r{rate}" for rate in range(6)), "modulation_b1_r0")
    assert len(MODULATION_NAMES) == 48


@pytest.mark.parametrize(
    ("envelope", "peaks"),
    [
        ([0.0], []),
        ([1.0], [0]),
        ([0, 1, 0], [1]),
        ([1, 1.05, 1, 1.05, 1], [1]),
        ([1, 2, 1, 3, 3, 1, 0, 0, 2], [1, 3, 8]),
        ([3, 2.9, 3.1, 2, 1, 1.05, 1], [2]),
        ([0, 0, 0], []),
    ],
)
def test_peaks_are_higher_than_the_minima_on_both_sides(envelope, peaks):
    assert _peaks(np.array(envelope, np.float32)).tolist() == peaks


@pytest.mark.parametrize(("mask", "lengths"), [("", []), ("1", [1]), ("0", []), ("110101110", [2, 1, 3]), ("01", [1])])
def test_run_lengths(mask, lengths):
    assert _run_lengths(np.array([each == "1" for each in mask], bool)).tolist() == lengths


def test_speech_span_runs_from_the_first_to_the_last_loud_frame():
    frames = Frames(np.concatenate([noise(0.5, 1e-4), noise(0.5), silence(0.2), noise(0.3), noise(0.5, 1e-4)]))
    span = speech_span(frames)
    assert abs(span.start - 50) <= 4
    assert abs(span.stop - 151) <= 4
    assert not active_frames(frames)[: span.start].any()
    assert not active_frames(frames)[span.stop :].any()
    assert not active_frames(frames)[105:115].any()
    assert active_frames(frames)[span].mean() == pytest.approx(0.85, abs=0.1)


@pytest.mark.parametrize(("level", "found"), [(-38.0, True), (-40.0, False)])
def test_frames_more_than_39_db_below_the_maximum_are_inactive(level, found):
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    tone = np.sin(2 * np.pi * 1000 * t)
    frames = Frames(np.concatenate([10 ** (level / 20) * tone, tone]).astype(np.float32))
    assert active_frames(frames)[50] == found


@pytest.mark.parametrize("name", ["silence", "noise", "tone", "constant", "one sample", "20 ms"])
def test_all_frames_of_a_uniform_signal_are_active(signals, name):
    frames = Frames(signals[name])
    assert active_frames(frames).all()
    assert speech_span(frames) == slice(0, frames.n_frames)


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(2**-10, 2**10, width=32))
def test_activity_does_not_depend_on_the_level(gain):
    assert (active_frames(Frames(np.float32(gain) * voice())) == active_frames(Frames(voice()))).mean() > 0.99


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.parametrize(("corpus", "pattern"), [("emodb", "wav/*.wav"), ("ravdess", "Actor_*/*.flac")])
def test_rhythm_of_real_speech_is_plausible(corpora_root, corpus, pattern):
    files = sorted((corpora_root / corpus).glob(pattern))
    rows = np.array([rhythm(Frames(read_signal(path))) for path in files[:: len(files) // 20]])
    typical = dict(zip(RHYTHM_NAMES, np.nanmedian(rows, axis=0).tolist(), strict=True))
    assert 1 < typical["rhythm_duration_s"] < 4
    assert 0.9 < typical["rhythm_active_share"] <= 1
    assert 0.4 < typical["rhythm_voiced_share"] < 0.9
    assert 2.5 < typical["rhythm_syllables_per_s"] < 6

"""Descriptors equal librosa 0.11 in double precision, and functionals equal numpy and scipy.

The tolerance is 1e-4 of the value plus 1 % of the largest value of its track, because an error relative to the value
alone is meaningless where a track crosses zero. Skewness and kurtosis have no unit and use 1 in place of the 1 %. A
derivative may be a hundred times smaller than the rounded track that it is computed from, so derivatives and their
functionals have a tolerance of 3e-4. The largest errors over all of EmoDB and RAVDESS were 1.1e-5 for tracks, 1.4e-4
for derivatives, 3.8e-6 for features of tracks and 1.1e-4 for features of derivatives.
"""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import librosa
import numpy as np
import pytest
import scipy.stats

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features import DESCRIPTORS, Frames, Framing, compute_features, find_feature_set, parse_feature_name
from featser.features.deltas import delta
from featser.synthetic import STYLES, Voice, speak

HOP = 160
LONG_HOP = 320
SHORT = {"n_fft": 512, "win_length": 400, "hop_length": HOP}
LONG = {"n_fft": 1024, "hop_length": LONG_HOP}
FRAME = {"frame_length": 400, "hop_length": HOP}

LIBROSA: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "mfcc": lambda y: librosa.feature.mfcc(y=y, sr=SAMPLE_RATE, n_mfcc=20, n_mels=40, dtype=np.float64, **SHORT),
    "zcr": lambda y: librosa.feature.zero_crossing_rate(y, **FRAME),
    "rms": lambda y: librosa.feature.rms(y=y, dtype=np.float64, **FRAME),
    "chroma": lambda y: librosa.feature.chroma_stft(y=y, sr=SAMPLE_RATE, tuning=0, dtype=np.float64, **LONG),
    "spectral_contrast": lambda y: librosa.feature.spectral_contrast(y=y, sr=SAMPLE_RATE, **LONG),
}
"""Calls that the docstrings give as equal, in double precision."""

SCIPY: dict[str, Callable[..., np.ndarray]] = {
    "mean": np.mean,
    "std": np.std,
    "min": np.min,
    "max": np.max,
    "skewness": scipy.stats.skew,
    "kurtosis": scipy.stats.kurtosis,
    **{f"p{percent:02d}": partial(np.percentile, q=percent) for percent in range(1, 100)},
}

TOLERANCE = 1e-4
DELTA_TOLERANCE = 3e-4

CLASSIC = find_feature_set("classic")


def voice(number: int) -> Signal:
    """One of several voices, each with a different emotion."""
    style = list(STYLES.values())[number % len(STYLES)]
    return speak(Voice(f0_hz=90.0 + 40 * number), style, "ma ti so du", np.random.default_rng(number))


def noise(amplitude: float) -> Signal:
    return (amplitude * np.random.default_rng(0).standard_normal(SAMPLE_RATE)).astype(np.float32)


def tones(*frequencies: float) -> Signal:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (0.2 * sum(np.sin(2 * np.pi * frequency * t) for frequency in frequencies)).astype(np.float32)


MOVING = {**{f"voice {number}": voice(number) for number in range(6)}, "noise": noise(0.1)}
"""Signals whose tracks vary by more than rounding errors."""

STEADY = {
    "tone": tones(440.0),
    "chord": tones(200.0, 1234.5, 3000.0),
    "quiet": noise(1e-4),
    "silence, then a voice": np.concatenate([np.zeros(8000, np.float32), voice(0)]),
    "short": noise(0.1)[:1700],
}


def error(found: np.ndarray, expected: np.ndarray) -> float:
    """Largest error of tracks, relative to the value plus 1 % of the largest."""
    floor = 0.01 * np.abs(expected).max(axis=-1, keepdims=True)
    allowed = np.maximum(np.abs(expected) + floor, np.finfo(np.float32).tiny)
    return float((np.abs(found - expected) / allowed).max())


def step_of(name: str) -> int:
    """Distance of the frames in which a descriptor is defined."""
    return Framing().long_step if DESCRIPTORS[name].window == "long" else 1


def tracks(name: str, signal: Signal) -> np.ndarray:
    """Tracks in the frames in which they are defined."""
    return np.atleast_2d(DESCRIPTORS[name].compute(Frames(signal)))[:, :: step_of(name)]


def derivative(name: str, signal: Signal, order: int) -> np.ndarray:
    """Derivatives of the tracks in these frames, per hop."""
    track, step = np.atleast_2d(DESCRIPTORS[name].compute(Frames(signal))), step_of(name)
    return delta(track, order, step)[:, ::step]


def reference_derivative(name: str, track: np.ndarray, order: int) -> np.ndarray:
    """Derivative by librosa, per hop of featser."""
    return librosa.feature.delta(track, order=order) / step_of(name) ** order


def references(signal: Signal) -> dict[str, np.ndarray]:
    """Tracks of the classic set with their derivatives, by librosa in double precision."""
    plain = {name: compute(signal.astype(np.float64)) for name, compute in LIBROSA.items()}
    orders = {f"{name}_d{order}": reference_derivative(name, plain[name], order) for name in plain for order in (1, 2)}
    return {**plain, **orders}


def wrong_features(signal: Signal) -> dict[str, float]:
    """Features of the classic set that exceed the tolerance, and their errors."""
    reference = references(signal)
    expected = {
        (name, functional): SCIPY[functional](reference[name], axis=-1)
        for name in CLASSIC.descriptors
        for functional in CLASSIC.functionals
    }
    wrong = {}
    for column, found in zip(CLASSIC.feature_names, compute_features(signal, CLASSIC), strict=True):
        parsed = parse_feature_name(column)
        name = f"{parsed.descriptor}_d{parsed.delta}" if parsed.delta else parsed.descriptor
        value = expected[name, parsed.functional][parsed.dimension or 0]
        shape = parsed.functional in ("skewness", "kurtosis")
        floor = 1.0 if shape else 0.01 * np.abs(reference[name][parsed.dimension or 0]).max()
        off = abs(found - value) / (abs(value) + floor)
        if not off <= (DELTA_TOLERANCE if parsed.delta else TOLERANCE):
            wrong[column] = off
    return wrong


def check_recording(signal: Signal) -> None:
    """Compare tracks, derivatives and features of one recording."""
    reference = references(signal)
    check_tracks(signal)
    for name in LIBROSA:
        for order in (1, 2):
            expected = reference[f"{name}_d{order}"]
            assert error(derivative(name, signal, order), expected) <= DELTA_TOLERANCE, (name, order)
    assert wrong_features(signal) == {}


def check_tracks(signal: Signal) -> None:
    """Assert that the descriptors of a recording are librosa's; its zero crossings exactly."""
    for name, compute in LIBROSA.items():
        found, expected = tracks(name, signal), compute(signal.astype(np.float64))
        assert found.shape == expected.shape, name
        assert error(found, expected) <= TOLERANCE, name
        if name == "zcr":
            assert np.array_equal(found, expected.astype(np.float32))


@pytest.mark.parametrize("sound", MOVING)
def test_tracks_derivatives_and_features_equal_librosa_and_scipy(sound):
    check_recording(MOVING[sound])


@pytest.mark.parametrize("sound", STEADY)
def test_tracks_of_steady_sounds_equal_librosa(sound):
    check_tracks(STEADY[sound])


@pytest.mark.parametrize("name", [name for name in LIBROSA if DESCRIPTORS[name].window == "long"])
def test_long_window_skips_every_other_frame(name):
    track = np.atleast_2d(DESCRIPTORS[name].compute(Frames(voice(0))))
    assert np.isnan(track[:, 1::2]).all()
    assert not np.isnan(track[:, ::2]).any()


@pytest.mark.parametrize("name", LIBROSA)
def test_descriptor_of_silence_equals_librosa(name):
    silence = np.zeros(SAMPLE_RATE, np.float32)
    np.testing.assert_allclose(tracks(name, silence), LIBROSA[name](silence), rtol=1e-6, atol=1e-9)


@pytest.mark.parametrize("n_frames", [9, 10, 17, 300])
def test_derivative_of_any_track_equals_librosa(n_frames):
    track = np.random.default_rng(n_frames).normal(0, 1, (3, n_frames)).astype(np.float32)
    for order in (1, 2):
        expected = librosa.feature.delta(track.astype(np.float64), order=order)
        np.testing.assert_allclose(delta(track, order), expected, atol=1e-6)


def test_classic_set_has_a_reference_for_every_column():
    parsed = [parse_feature_name(column) for column in CLASSIC.feature_names]
    assert {each.descriptor for each in parsed} <= set(LIBROSA)
    assert {each.functional for each in parsed} <= set(SCIPY)


def some(folder: Path, pattern: str, n_files: int) -> list[Path]:
    """Files spread evenly over a folder."""
    files = sorted(folder.glob(pattern))
    assert len(files) >= n_files
    return files[:: len(files) // n_files][:n_files]


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.parametrize(
    ("corpus", "pattern", "n_files"),
    [("emodb", "wav/*.wav", 30), ("ravdess", "Actor_*/*.flac", 30), ("ravdess-native", "Actor_*/*.wav", 8)],
)
def test_real_recordings_equal_librosa_and_scipy(corpora_root, corpus, pattern, n_files):
    for path in some(corpora_root / corpus, pattern, n_files):
        check_recording(read_signal(path))

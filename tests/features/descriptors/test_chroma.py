"""Tonal centroids: agreement with librosa, and properties of the three circles."""

import librosa
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features.descriptors.chroma import chroma, tonnetz
from featser.features.frames import Frames


def tones(*frequencies: float) -> Signal:
    t = np.arange(SAMPLE_RATE) / SAMPLE_RATE
    return (0.2 * sum(np.sin(2 * np.pi * frequency * t) for frequency in frequencies)).astype(np.float32)


def noise() -> Signal:
    return (0.1 * np.random.default_rng(0).standard_normal(SAMPLE_RATE)).astype(np.float32)


SOUNDS = {
    "tone": tones(440.0),
    "chord": tones(440.0, 554.37, 659.26),
    "noise": noise(),
    "silence": np.zeros(SAMPLE_RATE, np.float32),
    "half": np.concatenate([np.zeros(8000, np.float32), tones(300.0)]),
}


def check_against_librosa(signal: Signal) -> None:
    """Within 1e-4 for featser's chroma, by the rule of `error`; within 1e-6 for librosa's own chroma."""
    frames = Frames(signal)
    found = tonnetz(frames)[:, ::2]
    expected = librosa.feature.tonnetz(chroma=chroma(frames)[:, ::2].astype(np.float64), sr=SAMPLE_RATE)
    allowed = 1e-4 * (np.abs(expected) + 0.01 * np.abs(expected).max(axis=1, keepdims=True))
    assert (np.abs(found - expected) <= allowed).all()
    theirs = librosa.feature.chroma_stft(
        y=signal.astype(np.float64), sr=SAMPLE_RATE, tuning=0, n_fft=1024, hop_length=320, dtype=np.float64
    )
    np.testing.assert_allclose(found, librosa.feature.tonnetz(chroma=theirs, sr=SAMPLE_RATE), atol=1e-6)


@pytest.mark.parametrize("sound", SOUNDS)
def test_tonnetz_equals_librosa(sound):
    check_against_librosa(SOUNDS[sound])


@pytest.mark.slow
@pytest.mark.corpora
@pytest.mark.parametrize(("corpus", "pattern"), [("emodb", "wav/*.wav"), ("ravdess", "Actor_*/*.flac")])
def test_tonnetz_of_real_recordings_equals_librosa(corpora_root, corpus, pattern):
    files = sorted((corpora_root / corpus).glob(pattern))
    for path in files[:: len(files) // 10]:
        check_against_librosa(read_signal(path))


@settings(deadline=None, max_examples=20)
@given(gain=st.floats(2**-10, 2**10, width=32))
def test_gain_does_not_change_tonnetz(gain):
    before, after = (tonnetz(Frames(signal)) for signal in (noise(), np.float32(gain) * noise()))
    np.testing.assert_allclose(after, before, atol=1e-5)

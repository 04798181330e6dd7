"""Cleaning steps: what each removes, and what it leaves."""

import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from sounds import noise, reason_of, sine

from featser.audio import CLEANERS, SAMPLE_RATE, Signal, find_cleaner, read_signal, step_identity
from featser.errors import MissingExtraError

PAUSE = np.zeros(SAMPLE_RATE // 2, np.float32)


@pytest.fixture(scope="module")
def phrase() -> Signal:
    """Half a second each of silence, tone, silence, tone, silence."""
    tone = sine(200.0, 0.5)
    return np.concatenate([PAUSE, tone, PAUSE, tone, PAUSE])


SLOW = "reduce-noise"  # imports PyTorch where it is installed


@pytest.mark.parametrize(
    "name", [pytest.param(name, marks=pytest.mark.slow) if name == SLOW else name for name in CLEANERS]
)
def test_step_is_repeated_exactly_on_every_kind_of_signal(name: str, signals: dict[str, Signal]) -> None:
    clean = find_cleaner(name)
    for kind in ("half silent", "white noise", "loud"):
        signal = signals.get(kind, noise(0.5))
        before = signal.copy()
        cleaned = clean(signal)
        assert np.isfinite(cleaned).all()
        assert 0 < len(cleaned) <= len(signal)
        np.testing.assert_array_equal(clean(signal), cleaned)
        np.testing.assert_array_equal(signal, before)
    assert len(clean(noise(0.1))) > 0


def test_high_pass_removes_hum_and_keeps_voices() -> None:
    hum, voice = sine(50.0, 2.0), sine(150.0, 2.0)
    cleaned = find_cleaner("high-pass")(hum + voice)
    middle = slice(SAMPLE_RATE // 2, -SAMPLE_RATE // 2)
    assert np.abs(cleaned - voice)[middle].max() < 0.05
    assert np.abs(find_cleaner("high-pass")(hum))[middle].max() < 0.05


@pytest.mark.parametrize(("name", "seconds"), [("trim-silence", 1.5), ("remove-silence", 1.0), ("mask-silence", 2.5)])
def test_silence_is_removed_where_the_name_says(name: str, seconds: float, phrase: Signal) -> None:
    hiss = 1e-4 * noise(len(phrase) / SAMPLE_RATE)
    cleaned = find_cleaner(name)(phrase + hiss)
    assert len(cleaned) / SAMPLE_RATE == pytest.approx(seconds, abs=0.1)
    assert np.square(cleaned).sum() == pytest.approx(np.square(phrase).sum(), rel=0.02)
    if name == "mask-silence":
        assert not cleaned[: SAMPLE_RATE // 4].any()


@pytest.mark.parametrize("gain", [0.01, 1.0, 30.0])
@pytest.mark.parametrize("seconds", [0.2, 2.0])
def test_loudness_does_not_depend_on_the_gain(gain: float, seconds: float) -> None:
    clean = find_cleaner("normalise-loudness")
    signal = sine(1000.0, seconds, 0.1)
    np.testing.assert_allclose(clean(signal * np.float32(gain)), clean(signal), atol=1e-4)


def test_full_scale_tone_gets_the_loudness_of_the_standard() -> None:
    """A sine of 997 Hz at 0 dBFS has -3.01 LUFS (BS.1770)."""
    cleaned = find_cleaner("normalise-loudness")(sine(997.0, 2.0, 1.0))
    assert 20 * np.log10(np.abs(cleaned).max()) == pytest.approx(-23 + 3.01, abs=0.1)


@pytest.mark.slow
def test_noise_is_lowered_more_than_the_voice() -> None:
    rng = np.random.default_rng(0)
    on = np.repeat(rng.integers(0, 2, 30), SAMPLE_RATE // 10)
    voice = on * sum(sine(200.0 * k, 3.0, 0.1) for k in range(1, 31))
    hiss = noise(3.0, 0.02)
    cleaned = find_cleaner("reduce-noise")((voice + hiss).astype(np.float32))
    lowered = np.std(cleaned[on == 0]) / np.std(hiss[on == 0])
    kept = np.std(cleaned[on == 1]) / np.std(voice[on == 1])
    assert lowered < 0.5 * kept


def test_recording_of_which_too_little_is_left_is_refused(stored: Callable[..., Path]) -> None:
    click = np.concatenate([PAUSE, sine(200.0, 0.02), PAUSE])
    assert reason_of(stored(samples=click), ["trim-silence"]).startswith("too short after 'trim-silence': ")


def test_steps_are_applied_in_order(stored: Callable[..., Path], phrase: Signal) -> None:
    path = stored(samples=phrase + 0.2, subtype="FLOAT")
    assert len(read_signal(path, ["remove-dc", "trim-silence"])) < len(read_signal(path, ["trim-silence", "remove-dc"]))


def test_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "pyloudnorm", raising=False)
    monkeypatch.setattr("featser.audio.cleaning.find_spec", lambda _name: None)
    with pytest.raises(MissingExtraError) as error:
        find_cleaner("normalise-loudness")
    assert str(error.value) == (
        "The cleaning step 'normalise-loudness' needs an optional part. Install it: pip install 'featser[clean]'."
    )


def test_identity_names_the_library() -> None:
    assert step_identity("remove-dc") == "remove-dc"
    assert step_identity("reduce-noise").startswith("reduce-noise noisereduce==")

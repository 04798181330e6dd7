"""Every recording that a corpus may hold is read, whatever its format, rate and name are."""

from pathlib import Path

import numpy as np
import pytest
import soundfile
import soxr
from sounds import reason_of

from featser.audio import (
    MIN_SECONDS,
    SAMPLE_RATE,
    content_digest,
    read_signal,
    remove_dc,
    resample,
)
from featser.errors import UnknownNameError
from featser.synthetic import containers

INTEGER_STEP = {"PCM_U8": 2**-7, "PCM_16": 2**-15, "PCM_24": 2**-23, "PCM_32": 2**-23}
"""Largest error of a sample; 32-bit integers are rounded to the 24 bits of a float."""


@pytest.mark.parametrize("name", ["sound.wav", "sound.flac"])
@pytest.mark.parametrize("subtype", ["PCM_16", "PCM_24"])
def test_integers_are_read_to_their_last_bit(stored, melody, name, subtype):
    signal = read_signal(stored(name, subtype=subtype))
    assert signal.dtype == np.float32
    np.testing.assert_allclose(signal, melody, atol=INTEGER_STEP[subtype], rtol=1e-6)


@pytest.mark.parametrize("subtype", ["PCM_U8", "PCM_32"])
def test_other_integers_are_read_from_wav(stored, melody, subtype):
    signal = read_signal(stored(subtype=subtype))
    np.testing.assert_allclose(signal, melody, atol=INTEGER_STEP[subtype], rtol=1e-6)


@pytest.mark.parametrize("subtype", ["FLOAT", "DOUBLE"])
def test_floats_are_read_as_they_are(stored, melody, subtype):
    assert np.array_equal(read_signal(stored(subtype=subtype)), melody.astype(np.float32))


def test_floats_beyond_full_scale_are_kept(stored, melody):
    assert read_signal(stored(samples=4 * melody, subtype="FLOAT")).max() > 1.5


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
def test_channels_are_averaged(stored, melody, suffix):
    both = np.stack([melody, 0.5 * melody[::-1]], axis=1)
    mono = read_signal(stored(f"sound{suffix}", both, subtype="PCM_24"))
    np.testing.assert_allclose(mono, both.mean(axis=1), atol=2**-22)


def test_one_silent_channel_of_two_halves_the_sound(stored, melody):
    signal = read_signal(stored(samples=np.stack([melody, 0 * melody], axis=1), subtype="FLOAT"))
    np.testing.assert_allclose(signal, melody / 2, atol=1e-7)


@pytest.mark.parametrize("rate", [8000, 22050, 24414, 44100, 48000, 96000])
@pytest.mark.parametrize("n_channels", [1, 2])
def test_other_rates_are_resampled_by_soxr_after_mixing_down(stored, rate, n_channels):
    samples = np.random.default_rng(rate).normal(0, 0.1, (rate // 2, n_channels)).astype(np.float32)
    signal = read_signal(stored(samples=samples, rate=rate, subtype="FLOAT"))
    expected = soxr.resample(samples.mean(axis=1), rate, SAMPLE_RATE, quality="HQ")
    assert np.array_equal(signal, expected)
    assert len(signal) == pytest.approx(SAMPLE_RATE / 2, abs=1)


def test_resampling_to_the_same_rate_copies_nothing(melody):
    signal = melody.astype(np.float32)
    assert resample(signal, SAMPLE_RATE) is signal


def test_aiff_under_the_name_of_a_wav_is_read(stored, melody):
    path = stored(format="AIFF", subtype="PCM_24")
    assert path.suffix == ".wav"
    np.testing.assert_allclose(read_signal(path), melody, atol=2**-22)


def test_big_endian_wav_is_read(stored, melody):
    path = stored(subtype="PCM_24", endian="BIG")
    assert path.read_bytes().startswith(b"RIFX")
    np.testing.assert_allclose(read_signal(path), melody, atol=2**-22)


def test_rf64_is_read(stored, melody):
    path = stored(format="RF64", subtype="PCM_24")
    np.testing.assert_allclose(read_signal(path), melody, atol=2**-22)


def test_chunks_around_the_samples_are_no_sound(placed, wav):
    form, data = (b"fmt ", wav[20:36]), (b"data", wav[44:])
    chunks = [(b"FLLR", bytes(4044)), form, (b"PAD ", b"odd"), data, (b"LIST", b"INFOISFT\x04\0\0\0abc\0")]
    plain = read_signal(placed(wav, "plain.wav"))
    assert np.array_equal(read_signal(placed(containers.riff(chunks))), plain)


@pytest.mark.parametrize(
    "name", ["a01 (1).wav", "d03 (01).WAV", "Zürich ängstlich.flac", "怒り.wav", "it's #1 %20.wav"]
)
def test_names_may_hold_anything(stored, name):
    assert len(read_signal(stored(f"some folder/{name}"))) == SAMPLE_RATE // 2


def test_streaming_wav_that_leaves_its_lengths_open_is_read(placed, wav):
    plain = read_signal(placed(wav, "plain.wav"))
    streamed = wav[:4] + b"\xff" * 4 + wav[8:40] + b"\xff" * 4 + wav[44:]
    assert np.array_equal(read_signal(placed(streamed)), plain)


def test_path_may_be_text(stored):
    path = stored()
    assert np.array_equal(read_signal(str(path)), read_signal(path))


def test_recording_of_just_the_least_length_is_read(stored):
    n_least = round(MIN_SECONDS * SAMPLE_RATE)
    assert len(read_signal(stored(samples=np.full(n_least, 0.1)))) == n_least
    assert reason_of(stored(samples=np.full(n_least - 16, 0.1))) == "too short: 99 ms, at least 100 ms are needed"


def test_removing_the_offset_leaves_the_rest(stored, melody):
    path = stored(samples=melody + 0.2, subtype="FLOAT")
    assert read_signal(path).mean() == pytest.approx(0.2, abs=0.01)
    np.testing.assert_allclose(read_signal(path, ["remove-dc"]), melody - melody.mean(), atol=1e-6)


def test_removing_the_offset_changes_no_array_in_place():
    signal = np.full(100, 0.5, np.float32)
    assert not remove_dc(signal).any()
    assert (signal == 0.5).all()


def test_recording_of_an_offset_alone_is_refused_once_it_is_removed(stored):
    path = stored(samples=np.full(16000, 0.25), subtype="FLOAT")
    assert len(read_signal(path)) == 16000
    assert reason_of(path, ["remove-dc"]) == "all samples are zero after 'remove-dc'"


def test_unknown_cleaning_step_names_the_nearest(tmp_path):
    with pytest.raises(UnknownNameError, match=r"Unknown cleaning step 'remove_dc'\. Did you mean 'remove-dc'\?"):
        read_signal(tmp_path / "never opened.wav", ["remove_dc"])


def test_digest_is_that_of_the_bytes(placed):
    assert content_digest(placed(b"abc")) == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"


@pytest.mark.corpora
def test_real_recordings_are_read(corpora_root: Path):
    for path in sorted((corpora_root / "ravdess-native").glob("Actor_*/*.wav")):
        info = soundfile.info(path)
        signal = read_signal(path)
        assert len(signal) == pytest.approx(info.duration * SAMPLE_RATE, abs=1)
        assert 0 < np.abs(signal).max() <= 1

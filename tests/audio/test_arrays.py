"""An array gives the signal, and the features, of the file that holds its samples."""

import numpy as np
import pytest
import soundfile

from featser.audio import MAX_RATE, SAMPLE_RATE, as_signal, read_signal
from featser.errors import UnreadableAudioError
from featser.features import compute_features, find_feature_set


def sound(rate: int, n_channels: int) -> np.ndarray:
    rng = np.random.default_rng(rate + n_channels)
    return rng.uniform(-0.9, 0.9, (rate // 2, n_channels))


@pytest.mark.parametrize("rate", [8000, 16000, 44100])
@pytest.mark.parametrize("n_channels", [1, 2, 6])
@pytest.mark.parametrize(
    ("subtype", "dtype"),
    [
        *[("PCM_16", "int16"), ("PCM_16", "int32"), ("PCM_16", "float32"), ("PCM_16", "float64")],
        *[("PCM_24", "int32"), ("PCM_24", "float32"), ("PCM_32", "int32")],
        *[("FLOAT", "float32"), ("DOUBLE", "float64")],
    ],
)
def test_decoded_array_gives_the_signal_of_its_file_to_the_bit(stored, rate, n_channels, subtype, dtype):
    path = stored(samples=sound(rate, n_channels), rate=rate, subtype=subtype)
    samples, sample_rate = soundfile.read(path, dtype=dtype)
    assert np.array_equal(as_signal(samples, sample_rate), read_signal(path))


def test_bytes_are_centred_at_128_as_in_a_file(stored):
    samples = np.random.default_rng(0).integers(0, 256, 8000, np.uint8)
    path = stored(samples=(samples.astype(np.int16) - 128) << 8, subtype="PCM_U8")
    assert np.array_equal(as_signal(samples, SAMPLE_RATE), read_signal(path))


@pytest.mark.parametrize("dtype", ["int16", "float32"])
def test_stereo_array_at_44100_hz_gives_the_features_of_its_file_to_the_bit(stored, dtype):
    path = stored(samples=sound(44100, 2), rate=44100, subtype="PCM_16")
    classic = find_feature_set("classic")
    expected = compute_features(read_signal(path), classic)
    samples, rate = soundfile.read(path, dtype=dtype)
    for each in (samples, np.asfortranarray(samples), samples[::1]):
        assert np.array_equal(compute_features(as_signal(each, rate), classic), expected, equal_nan=True)


def test_other_byte_order_is_read():
    samples = np.arange(-4000, 4000, dtype=np.int16)
    assert np.array_equal(as_signal(samples.astype(">i2"), 16000), as_signal(samples, 16000))


def test_samples_are_not_changed():
    samples = np.full(8000, 0.5, np.float32)
    signal = as_signal(samples, 16000)
    signal *= 2
    assert (samples == 0.5).all()


@pytest.mark.parametrize(
    ("samples", "rate", "message"),
    [
        (np.ones(8000, bool), 16000, "Samples of type bool are not read. Pass one of uint8, int16, int32, float32, fl"),
        (np.ones(8000, np.int64), 16000, "Samples of type int64 are not read."),
        (np.ones(8000, np.float16), 16000, "Samples of type float16 are not read."),
        (["a", "b"], 16000, "Samples of type <U1 are not read."),
        (np.ones(8000) * 1j, 16000, "Complex data not supported: a signal is real."),
        (np.zeros((2, 3, 4)), 16000, "Samples of shape (2, 3, 4) are not a signal. Pass (n_samples,) or (n_samples, "),
        (np.zeros(0), 16000, "Samples of shape (0,) are not a signal."),
        (np.zeros(()), 16000, "Samples of shape () are not a signal."),
        (np.zeros((2, 8000)), 16000, "Samples of shape (2, 8000) have 8000 channels; at most 32 are read."),
        (np.ones(8000, np.int16), None, "Samples of type int16 need a sample rate. Pass pairs (samples, sample_rate)."),
        (np.ones((8000, 2)), None, "Samples of shape (8000, 2) are not a signal at 16000 Hz."),
        (np.array([0.1, np.nan]), None, "A signal contains NaN or infinity."),
        *[
            (np.ones(8000), rate, f"{rate!r} is not a sample rate. Pass a whole number of Hz from 1 to 192000.")
            for rate in (0, -1, 44100.5, MAX_RATE + 1, "16000", True, float("nan"), float("inf"))
        ],
    ],
)
def test_what_is_no_signal_is_refused_in_one_line(samples, rate, message):
    with pytest.raises(ValueError) as refusal:
        as_signal(samples, rate)
    assert str(refusal.value).startswith(message)
    assert "\n" not in str(refusal.value)


@pytest.mark.parametrize(
    ("samples", "reason"),
    [
        (np.zeros(8000, np.int16), "all samples are zero"),
        (np.full(8000, 128, np.uint8), "all samples are zero"),
        (np.ones(1000, np.int16), "too short: 62 ms, at least 100 ms are needed"),
        (np.array([0.1] * 7999 + [np.inf]), "1 samples are not finite (NaN or infinity)"),
        (np.full(8000, 1e39), "8000 samples are not finite (NaN or infinity)"),
        (np.full(8000, 1e30), "samples up to 1e+30, where full scale is 1"),
        (np.zeros(1801 * 16000, np.uint8), "a length of 0.5 hours; at most 30 minutes are read"),
    ],
)
def test_recordings_are_checked_as_files_are(samples, reason):
    with pytest.raises(UnreadableAudioError) as refusal:
        as_signal(samples, 16000, name="recording 3")
    assert str(refusal.value) == f"Cannot use recording 3: {reason}."


@pytest.mark.parametrize("clean", [("remove-dc",), ("remove-dc", "speed-0.95")])
def test_cleaning_is_that_of_the_file(stored, clean):
    path = stored(samples=0.5 * sound(44100, 2) + 0.2, rate=44100, subtype="PCM_16")
    expected = read_signal(path, clean)
    assert np.array_equal(as_signal(*soundfile.read(path, dtype="int16"), clean), expected)
    assert np.array_equal(as_signal(read_signal(path), clean=clean), expected)
    with pytest.raises(UnreadableAudioError, match=r"all samples are zero after 'remove-dc'"):
        as_signal(np.full(8000, 0.25), 16000, clean)


def test_floats_without_a_rate_are_taken_as_signals():
    samples = np.linspace(-1, 1, 20)
    assert np.array_equal(as_signal(samples), samples.astype(np.float32))

"""Every spoilt recording is refused with its reason, whatever its bytes are, and before it costs memory."""

import os
import tracemalloc

import numpy as np
import pytest
from sounds import reason_of

from featser.audio import MAX_AMPLITUDE, MAX_CHANNELS, MAX_RATE, SAMPLE_RATE, read_signal
from featser.errors import UnreadableAudioError
from featser.synthetic import PLANTS, containers, plant_faults, write_corpus

SPOILING = {
    "empty": "zero samples",
    "huge-header": "a length of ",
    "lfs-pointer": "a git-lfs pointer",
    "nan": "160 samples are not finite",
    "short": "too short: 10 ms",
    "silent": "all samples are zero",
    "text": "text, not audio",
    "truncated": "truncated: its header declares",
}
"""What the plants that spoil a recording are refused for; the others leave it sound."""

MEGABYTE = 2**20

CONVERT = "convert it to .wav, for example: ffmpeg -i in.wav out.wav"


def test_missing_file_is_refused(tmp_path):
    assert reason_of(tmp_path / "no.wav") == "cannot be opened (No such file or directory)"


def test_folder_is_refused(tmp_path):
    assert reason_of(tmp_path) == "cannot be opened (Is a directory)"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="nothing is closed to the superuser")
def test_file_of_somebody_else_is_refused(stored):
    path = stored()
    path.chmod(0)
    assert reason_of(path) == "cannot be opened (Permission denied)"


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty file"),
        (b"404 Not Found\n", "text, not audio"),
        ("Schöne Grüße\n".encode(), "text, not audio"),
        (b"\0\1\2\3" * 1000, "not readable as audio (Format not recognised); " + CONVERT),
        (containers.wav(np.zeros(0, np.int16), 16000), "zero samples"),
        (containers.wav(np.zeros(9000, np.int16), 16000), "all samples are zero"),
        (containers.wav(np.ones(100, np.int16), 16000), "too short: 6 ms, at least 100 ms are needed"),
        (
            containers.wav(np.ones(2000, np.int16), MAX_RATE + 1),
            "192,001 samples per second; at most 192,000 are read",
        ),
    ],
)
def test_content_that_is_no_recording_is_refused(placed, content, reason):
    assert reason_of(placed(content)) == reason


def test_pointer_of_git_lfs_is_refused_with_what_to_do(placed):
    pointer = b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a2146\nsize 103568\n"
    assert reason_of(placed(pointer)) == ("a git-lfs pointer, not the recording; run 'git lfs pull' in its repository")


@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_samples_that_are_no_numbers_are_counted(stored, melody, wrong):
    samples = melody.copy()
    samples[100:110] = wrong
    assert reason_of(stored(samples=samples, subtype="FLOAT")) == "10 samples are not finite (NaN or infinity)"


def test_channels_whose_mean_is_no_number_are_refused(stored, melody):
    opposite = np.stack([melody, melody], axis=1)
    opposite[5] = np.inf, -np.inf
    assert reason_of(stored(samples=opposite, subtype="FLOAT")) == "1 samples are not finite (NaN or infinity)"


@pytest.mark.parametrize("rate", [SAMPLE_RATE, 48000])
def test_samples_too_large_to_compute_with_are_refused(stored, rate):
    samples = np.where(np.arange(rate) // 40 % 2, 3.3e38, -3.3e38)
    assert (
        reason_of(stored(samples=samples, rate=rate, subtype="FLOAT")) == "samples up to 3e+38, where full scale is 1"
    )


def test_integers_stored_as_floats_are_not_too_large(stored, melody):
    assert read_signal(stored(samples=melody * MAX_AMPLITUDE, subtype="FLOAT")).max() > 1e9


def test_samples_without_a_header_are_refused(placed, wav):
    assert reason_of(placed(wav, "sound.raw")) == "samples without a header; convert it to .wav or .flac"


def test_too_many_channels_are_refused(stored):
    path = stored(samples=np.ones((2000, MAX_CHANNELS + 1)))
    assert reason_of(path) == "33 channels; at most 32 are read"


@pytest.mark.parametrize("how", [{}, {"endian": "BIG"}, {"format": "AIFF"}, {"format": "RF64"}])
def test_truncated_file_in_chunks_is_refused(stored, how):
    path = stored(subtype="PCM_16", **how)
    content = path.read_bytes()
    path.write_bytes(content[:-1000])
    assert reason_of(path).startswith("truncated: its header declares 16,00")


@pytest.mark.parametrize("how", [{"format": "AU"}, {"format": "AU", "endian": "LITTLE"}, {"format": "W64"}])
@pytest.mark.parametrize("missing", [1, 1000])
def test_truncated_au_and_w64_are_refused(stored, how, missing):
    """The decoder itself reads them short without a word."""
    path = stored(subtype="PCM_16", **how)
    assert len(read_signal(path)) == 8000
    path.write_bytes(path.read_bytes()[:-missing])
    held = 16_000 - missing
    assert reason_of(path) == f"truncated: its header declares 16,000 bytes of samples, the file has {held:,}"


def test_au_stream_of_open_length_declares_nothing(stored):
    path = stored(subtype="PCM_16", format="AU")
    content = path.read_bytes()
    path.write_bytes(content[:8] + b"\xff" * 4 + content[12:-1000])
    assert len(read_signal(path)) == 7500


def test_w64_without_samples_is_refused(stored):
    path = stored(subtype="PCM_16", format="W64")
    path.write_bytes(path.read_bytes()[:100])
    assert reason_of(path) == "zero samples"


def test_truncated_file_is_refused_behind_a_chunk_of_odd_length(placed, wav):
    chunks = [(b"fmt ", wav[20:36]), (b"LIST", b"odd"), (b"data", wav[44:])]
    assert reason_of(placed(containers.riff(chunks)[:-1000])).startswith("truncated: its header declares 16,000 bytes")


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_truncated_flac_is_refused(stored, share):
    path = stored("sound.flac")
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert reason_of(path).startswith(("truncated: ", "not readable as audio ("))


def test_flac_whose_frames_cannot_be_found_is_refused(stored):
    path = stored("sound.flac")
    content = bytearray(path.read_bytes())
    content[7] += 1  # the length of STREAMINFO: the frames begin one byte earlier than a decoder looks for them
    path.write_bytes(content)
    assert reason_of(path) == "truncated: 0 of 8000 samples are there"


def test_recording_of_more_than_half_an_hour_is_refused(stored):
    path = stored("long.flac", np.zeros(1801 * 8000, np.int16), rate=8000)
    assert reason_of(path) == "a length of 0.5 hours; at most 30 minutes are read"


def test_flac_stream_of_open_length_is_refused_with_what_to_do(stored):
    path = stored("stream.flac")
    path.write_bytes(containers.flac_with_count(path.read_bytes(), 0))
    assert reason_of(path) == "its header does not declare its length; convert it to .wav"


def test_all_ones_for_the_samples_alone_promise_4_gb(placed, wav):
    """Streaming writers leave the length of the whole file open too."""
    content = wav[:40] + b"\xff" * 4 + wav[44:]
    assert reason_of(placed(content)).startswith("truncated: its header declares 4,294,967,295 bytes")


@pytest.mark.parametrize("suffix", [".wav", ".flac"])
@pytest.mark.parametrize("plant", SPOILING)
def test_planted_fault_is_refused_with_its_reason(plant, suffix, tmp_path):
    write_corpus(tmp_path, "emodb", 2, ["anger"], 2, suffix=suffix)
    for path in plant_faults(tmp_path, [plant])[plant]:
        reason = "truncated: its header declares" if path.read_bytes()[:4] == b"RF64" else SPOILING[plant]
        assert reason_of(path).startswith(reason)


@pytest.mark.parametrize("plant", sorted(PLANTS.keys() - SPOILING))
def test_planted_oddity_that_spoils_nothing_is_read(plant, tmp_path):
    write_corpus(tmp_path, "emodb", 2, ["anger"], 2)
    for path in plant_faults(tmp_path, [plant])[plant]:
        assert 0.5 < len(read_signal(path)) / SAMPLE_RATE < 5


def bombs(wav: bytes, flac: bytes) -> dict[str, bytes]:
    """Small files that promise much."""
    samples = np.frombuffer(wav[44:], np.int16)
    return {
        "flac.flac": containers.flac_with_count(flac, containers.FLAC_MAX_SAMPLES),
        "rf64.wav": containers.rf64_of_a_terabyte(samples, SAMPLE_RATE),
        "riff.wav": wav[:4] + b"\xff\xff\xff\xf0" + wav[8:40] + b"\xf0\xff\xff\xff" + wav[44:],
        "half an hour.flac": containers.flac_with_count(flac, 1700 * SAMPLE_RATE),
        "1000 channels.wav": wav[:22] + b"\xe8\x03" + wav[24:],
        "chunk before.wav": wav[:36] + b"LIST\xff\xff\xff\x7f" + wav[36:],
    }


@pytest.mark.parametrize("name", bombs(bytes(60), bytes(60)))
def test_promise_of_a_header_costs_no_memory(name, placed, stored, wav):
    path = placed(bombs(wav, stored("whole.flac").read_bytes())[name], name)
    reason_of(path)  # imports what it needs
    tracemalloc.start()
    try:
        reason_of(path)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 50 * MEGABYTE


def corrupted(content: bytes, rng: np.random.Generator) -> bytes:
    """One to three bits flipped, the end cut off, or a few bytes put in, mostly in the header."""
    changed = bytearray(content)
    for _ in range(rng.integers(1, 4)):
        place = int(rng.integers(min(len(changed), 100 if rng.random() < 0.6 else len(changed)) or 1))
        kind = rng.choice(["flip", "cut", "insert"], p=[0.6, 0.15, 0.25])
        if kind == "cut":
            del changed[place:]
        elif kind == "insert":
            changed[place:place] = rng.bytes(int(rng.integers(1, 9)))
        elif changed:
            changed[place] ^= 1 << int(rng.integers(8))
    return bytes(changed)


@pytest.mark.parametrize(
    "how",
    [
        {"subtype": "PCM_16"},
        {"subtype": "FLOAT"},
        *({"format": name} for name in ("AIFF", "CAF", "FLAC", "NIST", "OGG", "MP3")),
        {"format": "OGG", "subtype": "OPUS"},
    ],
    ids=lambda how: "-".join(how.values()),
)
def test_corrupted_bytes_give_a_signal_or_a_reason_and_nothing_else(how, stored, placed):
    content = stored("sound.wav", **how).read_bytes()
    rng = np.random.default_rng(0)
    outcomes = set()
    for _ in range(150):
        path = placed(corrupted(content, rng))
        try:
            signal = read_signal(path)
        except UnreadableAudioError as refusal:
            outcomes.add("refused")
            assert refusal.reason
        else:
            outcomes.add("read")
            assert signal.dtype == np.float32
            assert signal.ndim == 1
            assert signal.any()
            assert np.isfinite(signal).all()
    checked = how.get("format") == "OGG"  # its pages have checksums
    assert outcomes == ({"refused"} if checked else {"read", "refused"})

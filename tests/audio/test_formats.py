"""Every format on the list is decoded whole or refused, however the file was encoded or cut."""

import struct
import tracemalloc

import numpy as np
import pytest
import soundfile
from sounds import reason_of

from featser.audio import SAMPLE_RATE, read_signal
from featser.corpora import AUDIO_SUFFIXES
from featser.synthetic import containers

CONVERT = "convert it to .wav, for example: ffmpeg -i"

READ = {
    ".aif": {"format": "AIFF"},
    ".aifc": {"format": "AIFF", "subtype": "FLOAT"},
    ".aiff": {"format": "AIFF"},
    ".au": {"format": "AU"},
    ".caf": {"format": "CAF"},
    ".flac": {"format": "FLAC"},
    ".mp3": {"format": "MP3"},
    ".oga": {"format": "OGG"},
    ".ogg": {"format": "OGG"},
    ".opus": {"format": "OGG", "subtype": "OPUS"},
    ".rf64": {"format": "RF64"},
    ".snd": {"format": "AU"},
    ".sph": {"format": "NIST", "subtype": "PCM_16"},
    ".w64": {"format": "W64"},
    ".wav": {"format": "WAV"},
    ".wave": {"format": "WAVEX"},
}
"""How soundfile writes a file of each suffix that can be read."""

LOSSY = ("MP3", "OGG")

REFUSED = {
    ".amr": b"#!AMR\n\4\xbb\0",
    ".wma": b"\x30\x26\xb2\x75\x8e\x66\xcf\x11\xa6\xd9\0\xaa\0\x62\xce\x6c",
}
"""First bytes of recordings that are not read."""

MEDIA = {".3gp", ".aac", ".m4a", ".mka", ".mp4", ".webm"}
"""Suffixes of containers, which test_media.py writes and reads."""


@pytest.fixture
def mp3(stored) -> bytes:
    """An MP3 file with variable bit rate, whose Info tag declares its frames."""
    rng = np.random.default_rng(0)
    loudness = np.repeat([0.3, 0.001], 2 * SAMPLE_RATE)
    samples = loudness * rng.standard_normal(len(loudness))
    return stored("vbr.mp3", samples, bitrate_mode="VARIABLE", compression_level=0.9).read_bytes()


def without_tag(mp3: bytes) -> bytes:
    """The same frames without the first one, which holds the Info tag."""
    return mp3[mp3.index(b"\xff\xf3", 4) :]


def declared_frames(mp3: bytes) -> int:
    """Number of frames that the tag of a whole file declares."""
    at = mp3.index(b"Xing") + 8
    return int.from_bytes(mp3[at : at + 4], "big")


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.parametrize("n_channels", [1, 2])
def test_format_is_read_whole(stored, melody, suffix, n_channels):
    how = READ[suffix]
    samples = np.stack([melody] * n_channels, axis=1)
    signal = read_signal(stored(f"sound{suffix}", samples, **how))
    error = np.sqrt(np.mean((signal - melody) ** 2)) / np.sqrt(np.mean(melody**2))
    assert len(signal) == len(melody)
    assert error < (0.2 if how["format"] in LOSSY else 0.0002)


@pytest.mark.parametrize("suffix", READ)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9, 0.99])
def test_truncated_file_is_refused(stored, suffix, share):
    path = stored(f"sound{suffix}", **READ[suffix])
    content = path.read_bytes()
    path.write_bytes(content[: int(share * len(content))])
    assert reason_of(path).startswith(("truncated", "not readable as audio ("))


@pytest.mark.parametrize("suffix", REFUSED)
def test_other_format_is_refused_with_a_way_to_convert_it(placed, suffix):
    path = placed(REFUSED[suffix] + bytes(2000), f"my voice{suffix}")
    assert reason_of(path).endswith(f" files are not read; {CONVERT} in{suffix} out.wav")


def test_every_suffix_on_the_list_is_read_or_named():
    assert {*READ, *REFUSED} <= set(AUDIO_SUFFIXES)
    with_other_contents = set(AUDIO_SUFFIXES) - READ.keys() - REFUSED.keys()
    assert with_other_contents == {".ac3", ".ape", ".mp2", ".ra", ".raw", ".spx", ".tta", ".wv"} | MEDIA


@pytest.mark.parametrize("kind", ["VOC", "IRCAM", "PVF"])
def test_format_in_which_truncation_cannot_be_seen_is_refused(stored, kind):
    path = stored("sound.wav", format=kind, subtype="PCM_16")
    assert reason_of(path).startswith("Signed 16 bit PCM in ")
    assert reason_of(path).endswith(f" is not read; {CONVERT} in.wav out.wav")


def test_mp3_without_a_declared_length_is_read_to_its_end(placed, mp3):
    """libsndfile estimates the length from the first frame: it reads a third of this file."""
    whole = read_signal(placed(mp3, "whole.mp3"))
    path = placed(without_tag(mp3), "stream.mp3")
    assert soundfile.info(path).frames < 0.7 * len(whole)
    signal = read_signal(path)
    assert len(signal) >= len(whole)
    lag = 576  # of the encoder, which only the tag tells
    np.testing.assert_allclose(signal[lag : lag + len(whole) - 2000], whole[:-2000], atol=1e-6)


def test_mp3_is_read_between_its_tags(placed, mp3):
    plain = read_signal(placed(mp3, "plain.mp3"))
    id3v2 = b"ID3\4\0\0" + bytes([0, 0, 1, 2]) + bytes(130)
    for behind in (b"", b"TAG" + bytes(125), b"APETAGEX" + bytes(24), bytes(5000)):
        assert np.array_equal(read_signal(placed(id3v2 + mp3 + behind)), plain)


@pytest.mark.parametrize("tagged", [True, False])
def test_mp3_whose_last_frame_is_cut_is_refused(placed, mp3, tagged):
    content = mp3 if tagged else without_tag(mp3)
    assert reason_of(placed(content[:-10])).startswith("truncated or damaged after ")


def test_two_mp3_files_in_one_are_refused(placed, mp3):
    n_frames = declared_frames(mp3)
    reason = reason_of(placed(mp3 + mp3))
    assert reason == f"its header declares {n_frames:,} MP3 frames, the file has {2 * n_frames + 1:,}"


def test_mp3_that_declares_hours_is_refused(placed, mp3):
    tag = mp3.index(b"Xing")
    content = mp3[: tag + 8] + b"\xff\xff\xff\xff" + mp3[tag + 12 :]
    assert reason_of(placed(content)).startswith("truncated: its header declares 4,294,967,295 MP3 frames")


def test_mp3_of_more_than_half_an_hour_is_refused_before_it_is_decoded(placed, mp3):
    frames = without_tag(mp3)
    long = frames * (1900 // 4)
    assert reason_of(placed(long)).startswith("a length of 0.5 hours; at most 30 minutes")


def test_mp3_inside_a_wav_is_refused(placed, mp3):
    form = struct.pack("<HHIIHHHHIHHH", 0x55, 1, SAMPLE_RATE, 4000, 1, 0, 12, 1, 2, 144, 1, 0)
    path = placed(containers.riff([(b"fmt ", form), (b"data", mp3)]))
    assert soundfile.info(path).subtype == "MPEG_LAYER_III"
    assert reason_of(path) == f"MPEG Layer III in WAV (Microsoft) is not read; {CONVERT} in.wav out.wav"


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_damaged_page_of_an_ogg_file_is_refused(stored, subtype):
    """libsndfile reads such a file up to the damage, or leaves the page out, without an error."""
    path = stored("sound.ogg", np.tile(0.1 * np.sin(np.arange(160) / 9), 600), subtype=subtype)
    content = bytearray(path.read_bytes())
    content[len(content) // 2] ^= 1
    path.write_bytes(content)
    assert reason_of(path).startswith("damaged: the checksum of page ")


def test_two_ogg_streams_in_one_file_are_refused(stored):
    path = stored("sound.ogg")
    path.write_bytes(2 * path.read_bytes())
    assert reason_of(path) == "2 Ogg streams in one file, of which only the first can be read"


@pytest.mark.parametrize("subtype", ["VORBIS", "OPUS"])
def test_ogg_that_declares_hours_does_not_become_longer(stored, subtype):
    path = stored("sound.ogg", subtype=subtype)
    content = path.read_bytes()
    at = content.rindex(b"OggS")
    page = content[at : at + 6] + (2**40).to_bytes(8, "little") + content[at + 14 :]
    path.write_bytes(content[:at] + page[:22] + ogg_checksum(page) + page[26:])
    if subtype == "OPUS":
        assert reason_of(path).startswith("not readable as audio (")
    else:
        assert len(read_signal(path)) == pytest.approx(8000, abs=512)


def ogg_checksum(page: bytes) -> bytes:
    """RFC 3533, bit by bit."""
    crc = 0
    for byte in page[:22] + bytes(4) + page[26:]:
        crc ^= byte << 24
        for _ in range(8):
            crc = (crc << 1 ^ 0x04C11DB7) & 0xFFFFFFFF if crc >> 31 else crc << 1
    return crc.to_bytes(4, "little")


def test_length_declared_for_many_channels_costs_no_memory(placed, stored):
    flac = stored("whole.flac", np.zeros((100, 8))).read_bytes()
    path = placed(containers.flac_with_count(flac, 1700 * SAMPLE_RATE), "long.flac")
    reason_of(path)
    tracemalloc.start()
    try:
        reason_of(path)
        assert tracemalloc.get_traced_memory()[1] < 2**23
    finally:
        tracemalloc.stop()


def test_a_tag_before_flac_does_not_make_it_mp3(stored, placed, melody):
    flac = stored("plain.flac").read_bytes()
    signal = read_signal(placed(b"ID3\4\0\0\0\0\0\x14" + bytes(20) + flac, "tagged.flac"))
    np.testing.assert_allclose(signal, melody, atol=2**-15)

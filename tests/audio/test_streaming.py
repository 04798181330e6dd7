"""Recordings that are read block by block."""

import struct
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, duration_of, read_blocks, read_signal
from featser.errors import UnreadableAudioError
from featser.synthetic import containers

Store = Callable[..., Path]
KINDS = {
    "a.wav": (16_000, "PCM_16"),
    "b.wav": (44_100, "FLOAT"),
    "c.flac": (48_000, "PCM_24"),
    "d.ogg": (22_050, "VORBIS"),
    "e.mp3": (32_000, "MPEG_LAYER_III"),
    "f.aiff": (8000, "PCM_16"),
}


@pytest.mark.parametrize("name", KINDS)
def test_the_blocks_are_the_signal(stored: Store, name: str) -> None:
    rate, subtype = KINDS[name]
    stereo = np.random.default_rng(2).normal(0, 0.1, (2 * rate + 77, 2))
    path = stored(name, stereo, rate, subtype=subtype)
    whole = read_signal(path)
    for seconds in (10.0, 0.02, 0.333):
        assert np.array_equal(np.concatenate([*read_blocks(path, seconds)]), whole)
    assert duration_of(path) == pytest.approx(len(whole) / SAMPLE_RATE, abs=0.1)


def test_a_truncated_file_is_refused(stored: Store, placed: Callable[..., Path]) -> None:
    for name in ("a.wav", "c.flac"):
        content = stored(name, np.random.default_rng(2).normal(0, 0.1, SAMPLE_RATE)).read_bytes()
        with pytest.raises(UnreadableAudioError):
            list(read_blocks(placed(content[: len(content) // 2], f"short-{name}")))


@pytest.mark.parametrize("value", [np.nan, np.inf, 1e12])
def test_bad_samples_are_refused_where_they_are(stored: Store, value: float) -> None:
    samples = np.full(SAMPLE_RATE, 0.1)
    samples[-5] = value
    blocks = read_blocks(stored(samples=samples, subtype="DOUBLE"), 0.5)
    assert len(next(blocks)) == SAMPLE_RATE // 2
    with pytest.raises(UnreadableAudioError, match=r"not finite|full scale"):
        next(blocks)


def test_a_long_recording_is_read_and_an_endless_one_is_not(placed: Callable[..., Path]) -> None:
    hour = containers.wav(np.ones(3600 * 8000, np.int16), 8000)
    path = placed(hour)
    with pytest.raises(UnreadableAudioError, match=r"at most 30 minutes are read\.$"):
        read_signal(path)
    assert len(next(read_blocks(path, 1))) <= SAMPLE_RATE
    assert duration_of(path) == 3600
    slow = bytearray(hour)
    slow[24:28] = struct.pack("<I", 10)  # ten samples per second: a month
    with pytest.raises(UnreadableAudioError, match=r"at most 24 hours are read\.$"):
        next(read_blocks(placed(bytes(slow), "month.wav")))

"""Containers that PyAV decodes; and corrupted files of every format."""

import json
import pickle
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import corruption
import numpy as np
import pytest
import soundfile
from media_files import MEDIA, RATE, voice, write_media
from sounds import reason_of

from featser.audio import SAMPLE_RATE, duration_of, read_blocks, read_signal
from featser.errors import MissingExtraError

SOUND_FILES: dict[str, dict[str, str]] = {
    **{f"{kind}.wav": {"subtype": kind} for kind in ("PCM_U8", "PCM_16", "PCM_24", "PCM_32", "FLOAT")},
    "wavex.wav": {"format": "WAVEX"},
    "rf64.wav": {"format": "RF64"},
    "a.aiff": {"format": "AIFF"},
    "a.flac": {"format": "FLAC"},
    "a.ogg": {"format": "OGG"},
    "a.opus": {"format": "OGG", "subtype": "OPUS"},
    "a.mp3": {"format": "MP3"},
}


def difference(signal: np.ndarray, expected: np.ndarray) -> float:
    """Relative error at the best lag: encoders add up to 70 ms of silence at the begin."""
    lag = int(np.argmax(np.correlate(signal[:4000], expected[:2000], "valid")))
    n = min(len(expected), len(signal) - lag)
    return float(np.sqrt(np.mean((signal[lag : lag + n] - expected[:n]) ** 2) / np.mean(expected**2)))


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("n_channels", [2, pytest.param(1, marks=pytest.mark.slow)])
def test_container_is_read_whole(kind: str, n_channels: int, tmp_path: Path, stored: Callable[..., Path]) -> None:
    path = write_media(tmp_path / f"Größe (1) {kind.upper()}", kind, n_channels=n_channels)
    expected = read_signal(stored("same.wav", voice(), RATE, subtype="FLOAT"))
    signal = read_signal(path)
    assert len(signal) == pytest.approx(len(expected), abs=0.1 * SAMPLE_RATE)
    assert difference(signal, expected) < (0.001 if kind.startswith("alac") else 0.1)
    assert np.array_equal(np.concatenate([*read_blocks(path, 0.3)]), signal)
    assert duration_of(path) == pytest.approx(len(signal) / SAMPLE_RATE, abs=0.1)


@pytest.mark.parametrize("name", SOUND_FILES)
def test_encoding_is_read_within_its_precision(name: str, stored: Callable[..., Path]) -> None:
    signal = read_signal(stored(name, voice(), RATE, **SOUND_FILES[name]))
    assert len(signal) == len(voice())
    assert difference(signal, voice()) < (0.15 if name in ("PCM_U8.wav", "a.mp3", "a.ogg", "a.opus") else 2e-4)


def test_part_of_a_container_is_that_of_the_whole(tmp_path: Path) -> None:
    path = write_media(tmp_path / "a.m4a", "aac.m4a", voice(rate=SAMPLE_RATE), SAMPLE_RATE)
    whole = read_signal(path)
    assert np.array_equal(read_signal(path, segment=(0.25, 0.75)), whole[4000:12000])


@pytest.mark.slow
@pytest.mark.parametrize("kind", MEDIA)
def test_part_far_into_a_recording_is_found_at_once(kind: str, tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    path = write_media(tmp_path / kind, kind, (0.1 * rng.standard_normal(90 * RATE)).astype(np.float32))
    whole = read_signal(path)
    for start in (61.0, 75.123, 88.9):
        part = read_signal(path, segment=(start, start + 1))
        expected = whole[round(start * SAMPLE_RATE) :][: len(part)]
        assert np.abs(part - expected).mean() < 0.01


@pytest.mark.parametrize("kind", MEDIA)
@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_truncated_container_is_refused(kind: str, share: float, tmp_path: Path) -> None:
    content = write_media(tmp_path / kind, kind).read_bytes()
    path = tmp_path / f"cut-{kind}"
    path.write_bytes(content[: int(share * len(content))])
    assert reason_of(path).startswith(("truncated", "not readable as audio (", "no sound in"))


def test_container_without_sound_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "film.mp4"
    with av.open(str(path), "w") as file:
        stream: Any = file.add_stream("mpeg4", rate=10)
        stream.width = stream.height = 16
        frame = av.VideoFrame.from_ndarray(np.zeros((16, 16, 3), np.uint8), format="rgb24")
        for given in (frame, None):
            for packet in stream.encode(given):
                file.mux(packet)
    assert reason_of(path) == "no sound in this MP4 file"


@pytest.mark.slow
def test_recording_of_hours_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    path = write_media(tmp_path / "long.m4a", "alac.m4a", np.zeros(1801 * 8000, np.float32), 8000)
    assert reason_of(path) == "a length of 0.5 hours; at most 30 minutes are read"


def test_missing_extra_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = write_media(tmp_path / "a.m4a", "aac.m4a")
    monkeypatch.setitem(sys.modules, "av", None)
    with pytest.raises(MissingExtraError) as error:
        read_signal(path)
    assert str(error.value) == (
        "Reading MP4 files (a.m4a) needs an optional part. Install it: pip install 'featser[media]'."
    )
    assert str(pickle.loads(pickle.dumps(error.value))) == str(error.value)  # raised by worker processes


@pytest.mark.slow
@pytest.mark.parametrize("name", [*SOUND_FILES, *MEDIA])
def test_corrupted_file_has_its_length_or_a_reason(name: str, tmp_path: Path) -> None:
    path = tmp_path / name
    if name in MEDIA:
        write_media(path, name)
    else:
        soundfile.write(path, voice(), RATE, **SOUND_FILES[name])
    files = corruption.corruptions(path.read_bytes(), 200, seed=1)
    child = subprocess.run(
        [sys.executable, corruption.__file__, path.suffix],
        input=corruption.packed(files),
        capture_output=True,
        check=False,
        timeout=corruption.SECONDS,
    )
    assert child.returncode == 0, child.stderr.decode()[-2000:]
    outcomes = json.loads(child.stdout)
    assert len(outcomes) == len(files)
    assert all(outcomes)
    wrong = [each for each in outcomes if not isinstance(each, str) and abs(each - 1) > 0.15]
    assert len(wrong) <= 2, wrong  # another rate or edit list declares another length, and nothing contradicts it

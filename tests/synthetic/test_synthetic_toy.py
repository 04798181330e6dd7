"""The committed toy corpora equal the output of their command, are small, and are marked as synthetic."""

import sys
from pathlib import Path

import numpy as np
import pytest
import soundfile

from featser.corpora import SYNTHETIC_MARK
from featser.synthetic.__main__ import main
from featser.synthetic.naming import EMODB, RAVDESS
from featser.synthetic.toy import TOY_COMMAND, TOY_EMODB

TOY = Path(__file__).parents[2] / "data" / "toy"
STEP = 2 ** (16 - TOY_EMODB.bits)
"""Quantisation step, by which rounding errors of another machine may change a sample."""


def listing(root):
    return sorted(path.relative_to(root).as_posix() for path in root.rglob("*") if path.is_file())


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    folder = tmp_path_factory.mktemp("toy")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(sys, "argv", ["featser.synthetic", str(folder)])
        main()
    return folder


@pytest.mark.slow
def test_the_command_writes_the_committed_files(fresh):
    assert listing(fresh) == listing(TOY)
    assert (fresh / "README.md").read_text() == (TOY / "README.md").read_text()


def test_the_command_writes_the_committed_audio(fresh):
    for path in fresh.rglob("*.flac"):
        new, rate = soundfile.read(path, dtype="int16")
        old, old_rate = soundfile.read(TOY / path.relative_to(fresh), dtype="int16")
        assert (rate, len(new)) == (old_rate, len(old)), path
        assert np.abs(new.astype(int) - old).max() <= STEP, path


@pytest.mark.slow
def test_the_command_prints_number_and_size_of_the_files(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["featser.synthetic", str(tmp_path)])
    main()
    marks = list(tmp_path.rglob(SYNTHETIC_MARK))
    n_bytes = sum(path.stat().st_size for path in tmp_path.rglob("*") if path.is_file() and path not in marks)
    assert capsys.readouterr().out == (
        f"{tmp_path}: {len(listing(tmp_path)) - len(marks)} files of synthetic speech, {n_bytes:,} bytes\n"
    )


def test_is_under_one_megabyte():
    assert sum((TOY / name).stat().st_size for name in listing(TOY)) < 1_000_000


def test_readme_states_that_the_speech_is_synthetic():
    text = (TOY / "README.md").read_text()
    assert "Every sound here is synthetic" in text
    assert "No human voice" in text
    assert TOY_COMMAND in text
    assert "Apache-2.0" in text


@pytest.mark.parametrize(("scheme", "n_speakers", "n_each"), [(EMODB, 6, 4), (RAVDESS, 4, 2)])
def test_number_of_speakers_emotions_and_utterances(scheme, n_speakers, n_each):
    found = [scheme.labels(path) for path in (TOY / scheme.name).rglob("*.flac")]
    speakers, emotions = {speaker for speaker, _ in found}, {emotion for _, emotion in found}
    assert len(speakers) == n_speakers
    assert len(emotions) >= 4
    assert all(found.count((speaker, emotion)) == n_each for speaker in speakers for emotion in emotions)


def test_clips_are_valid_and_different():
    clips = [soundfile.read(path, dtype="int16") for path in TOY.rglob("*.flac")]
    assert {rate for _, rate in clips} == {16000}
    assert len({samples.tobytes() for samples, _ in clips}) == len(clips)
    assert all(0.5 < len(samples) / rate < 1.5 for samples, rate in clips)
    assert all(1000 < np.abs(samples.astype(int)).max() < 32000 for samples, _ in clips)

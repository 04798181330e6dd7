"""The picture of a timeline."""

from pathlib import Path

import numpy as np
import pytest

from featser.audio import SAMPLE_RATE, Signal
from featser.bundle import Model
from featser.timeline import draw_timeline, timeline


def test_it_shows_waveform_pitch_segments_and_probabilities(model: Model, talk: Signal, stored, tmp_path: Path) -> None:
    path = stored("talk.wav", talk, subtype="PCM_16")
    found = timeline(model, path)
    figure = draw_timeline(found, path, tmp_path / "a.svg")
    _, pitch, bar, below = figure.axes
    hz = pitch.lines[0].get_ydata()
    assert 60 <= np.nanmin(hz) <= np.nanmax(hz) <= 500
    assert len(bar.patches) == len(found.segments)
    assert len(below.lines) == len(found.emotions)
    assert below.get_xlim() == (0, pytest.approx(found.duration_s))
    drawn = below.lines[0].get_ydata()
    assert [*drawn[np.isfinite(drawn)]] == [each.probabilities[found.emotions[0]] for each in found.windows]
    draw_timeline(found, path, tmp_path / "b.svg")
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()


def test_a_recording_without_speech_has_a_picture(model: Model, stored, tmp_path: Path) -> None:
    path = stored(samples=np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE))
    draw_timeline(timeline(model, path), path, tmp_path / "a.png")
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")

"""Pictures of recordings."""

from pathlib import Path

import numpy as np
import pytest
from sounds import sine

from featser.audio import SAMPLE_RATE
from featser.errors import UnreadableAudioError
from featser.pictures import draw_recording


@pytest.mark.slow
def test_a_tone_is_drawn_at_its_frequency(stored, tmp_path: Path) -> None:
    path = stored(samples=0.5 * sine(200.0, 1.0))
    figure = draw_recording(path, tmp_path / "tone.png")
    waveform, spectrogram = figure.axes
    pitch = next(line for line in spectrogram.lines if line.get_label() == "F0")
    assert np.nanmedian(pitch.get_ydata()) == pytest.approx(200, abs=1)
    assert waveform.get_title() == "sound.wav"
    assert spectrogram.get_xlim()[1] == pytest.approx(1.0, abs=400 / SAMPLE_RATE)
    assert (tmp_path / "tone.png").read_bytes().startswith(b"\x89PNG")


def test_what_is_no_recording_is_not_drawn(placed) -> None:
    with pytest.raises(UnreadableAudioError, match="text, not audio"):
        draw_recording(placed(b"words and no sound"))

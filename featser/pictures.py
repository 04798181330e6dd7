"""Pictures of recordings: waveform, spectrogram, and the tracks that features are computed from."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from featser.audio import SAMPLE_RATE, Signal, read_signal
from featser.features import Frames
from featser.features.descriptors.energy import rms
from featser.features.descriptors.formants import formant_frequency
from featser.features.descriptors.pitch import track_pitch
from featser.features.frames import Array

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_RANGE_DB = 70.0
_HIGHEST_HZ = 5500.0


def draw_recording(recording: str | Path, out: str | Path | None = None) -> "Figure":
    """Draw the waveform of a recording, and its spectrogram with pitch and formants.

    Parameters
    ----------
    recording : str or Path
        a recording
    out : str or Path, optional
        file to write, PNG, SVG or PDF by its suffix

    Returns
    -------
    matplotlib.figure.Figure
        above the waveform and its RMS, below the spectrogram of 25 ms windows up to 5,500 Hz with the fundamental
        frequency and the first three formants

    Raises
    ------
    UnreadableAudioError
        the recording cannot be used
    """
    figure = draw_signal(read_signal(Path(recording)))
    figure.axes[0].set_title(Path(recording).name)
    if out is not None:
        figure.savefig(out)
    return figure


def draw_signal(signal: Signal, size: tuple[float, float] = (8, 5)) -> "Figure":
    """Draw the waveform of a signal, and its spectrogram with pitch and formants.

    Parameters
    ----------
    signal : Signal [shape=(n_samples,)]
        mono at 16 kHz
    size : tuple of (float, float)
        width and height in inches

    Returns
    -------
    matplotlib.figure.Figure
        as `draw_recording` makes it, without a title
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=size, layout="constrained")
    above, below = figure.subplots(2, sharex=True, height_ratios=(1, 2))
    frames = Frames(signal)
    times = np.arange(frames.n_frames) * frames.framing.hop_seconds
    _draw_waveform(above, frames, times)
    _draw_spectrogram(below, frames, times)
    return figure


def _draw_waveform(axes: "Axes", frames: Frames, times: Array) -> None:
    import librosa

    librosa.display.waveshow(frames.signal, sr=SAMPLE_RATE, ax=axes, color="0.6", axis=None)
    axes.plot(times, rms(frames), color="C3", label="RMS")
    axes.set_ylabel("amplitude")
    axes.legend(loc="upper right")


def _draw_spectrogram(axes: "Axes", frames: Frames, times: Array) -> None:
    import librosa

    hop = frames.framing.hop
    levels = librosa.power_to_db(frames.power, ref=np.max, top_db=_RANGE_DB)
    librosa.display.specshow(
        levels, sr=SAMPLE_RATE, hop_length=hop, x_axis="time", y_axis="linear", ax=axes, cmap="Greys"
    )
    axes.plot(times, track_pitch(frames).hz, color="C0", linewidth=2, label="F0")
    for number, formant in enumerate(formant_frequency(frames), 1):
        axes.plot(times, formant, ".", markersize=3, color="C1", label="formants" if number == 1 else None)
    axes.set_ylim(0, _HIGHEST_HZ)
    axes.set_xlabel("seconds")
    axes.set_ylabel("Hz")
    axes.legend(loc="upper right")

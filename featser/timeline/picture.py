"""A picture of a timeline: waveform, pitch and probabilities over time."""

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.audio import SAMPLE_RATE, read_blocks
from featser.features import Frames
from featser.features.descriptors.pitch import track_pitch
from featser.timeline.recording import Timeline

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_COLUMNS = 2000
"""Points of the waveform; a picture has fewer pixels."""

_DOTS = 4000
"""Most values of the pitch that are drawn."""


def draw_timeline(timeline: Timeline, recording: str | Path, out: str | Path | None = None) -> "Figure":
    """Draw a recording and its timeline.

    Parameters
    ----------
    timeline : Timeline
    recording : str or Path
        the recording, of which `timeline` is
    out : str or Path, optional
        file to write, PNG, SVG or PDF by its suffix

    Returns
    -------
    matplotlib.figure.Figure
        above the waveform and the fundamental frequency, below the probability of each emotion in each window and a
        bar with the emotion of each segment

    Raises
    ------
    UnreadableAudioError
        the recording cannot be used
    """
    from matplotlib import colormaps, rc_context
    from matplotlib.figure import Figure
    from matplotlib.patches import Patch

    scale, unit = (60.0, "min") if timeline.duration_s > 120 else (1.0, "s")
    figure = Figure(figsize=(10, 6.5), layout="constrained")
    wave, pitch, bar, below = figure.subplots(4, sharex=True, height_ratios=(2, 2, 0.4, 3))
    times, low, high, pitch_times, hz = _tracks(recording, timeline.duration_s)
    wave.fill_between(times / scale, low, high, color="0.5", linewidth=0)
    wave.set_ylabel("amplitude")
    pitch.plot(pitch_times / scale, hz, ".", markersize=1.5, color="C0")
    pitch.set_ylabel("F0 in Hz")
    colours = {name: colormaps["tab10"](at % 10) for at, name in enumerate(timeline.emotions)}
    for each in timeline.segments:
        bar.axvspan(each.start_s / scale, each.end_s / scale, color=colours[each.emotion], linewidth=0)
    bar.set_yticks([])
    for name, colour in colours.items():
        below.plot(*_curve(timeline, name, scale), color=colour, marker=".", markersize=3, linewidth=1)
    below.set(ylim=(0, 1), ylabel="probability", xlabel=f"time in {unit}", xlim=(0, timeline.duration_s / scale))
    figure.legend(handles=[Patch(color=colours[name], label=name) for name in colours], loc="outside right upper")
    if out is not None:
        with rc_context({"svg.hashsalt": "featser"}):  # the same bytes in every run
            figure.savefig(out, metadata={"Date": None} if Path(out).suffix.lower() == ".svg" else None)
    return figure


def _curve(timeline: Timeline, emotion: str, scale: float) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Centres of the windows and probabilities of an emotion, with gaps in the pauses."""
    points: list[tuple[float, float]] = []
    before = 0.0
    for each in timeline.windows:
        if each.start_s > before:
            points.append((each.start_s / scale, np.nan))
        points.append(((each.start_s + each.end_s) / 2 / scale, each.probabilities[emotion]))
        before = each.end_s
    values = np.array(points, np.float64).reshape(-1, 2)
    return values[:, 0], values[:, 1]


def _tracks(recording: str | Path, duration: float) -> tuple[NDArray[np.float64], ...]:
    """Envelope and pitch, block by block: times, smallest and largest sample, times and pitch in Hz."""
    n_samples = max(1, round(duration * SAMPLE_RATE))
    low, high = np.zeros(_COLUMNS), np.zeros(_COLUMNS)
    thinning = max(1, round(duration * 100 / _DOTS))
    times, hz = [], []
    done = 0
    for block in read_blocks(recording):
        if not len(block):
            continue
        column = np.minimum((done + np.arange(len(block))) * _COLUMNS // n_samples, _COLUMNS - 1)
        np.minimum.at(low, column, block)
        np.maximum.at(high, column, block)
        found = track_pitch(Frames(block)).hz[::thinning]
        times.append(done / SAMPLE_RATE + np.arange(len(found)) * 0.01 * thinning)
        hz.append(found)
        done += len(block)
    columns = (np.arange(_COLUMNS) + 0.5) * duration / _COLUMNS
    empty = [np.zeros(0)]
    return columns, low, high, np.concatenate(times or empty), np.concatenate(hz or empty).astype(np.float64)

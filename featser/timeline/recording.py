"""The timeline of a recording: windows over its speech, and stretches of one emotion."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from featser.audio import SAMPLE_RATE, Signal, as_signal, duration_of, read_blocks
from featser.bundle import Model, load_model
from featser.bundle.prediction import Prediction
from featser.corpora import find_audio_files
from featser.errors import UnknownNameError
from featser.extraction import Progress
from featser.guard import LEVEL
from featser.timeline.answers import Adaptation, adapt_to_windows, answer_windows
from featser.timeline.smoothing import Segment, join
from featser.timeline.windows import STEPS_PER_SECOND, Layout, Window, cut_windows, layout_of

WINDOW_SECONDS = 3.0
"""Default window: the models are trained on utterances of a few seconds."""

HOP_SECONDS = 1.0

_BLOCK = 10 * SAMPLE_RATE


@dataclass(frozen=True)
class Timeline:
    """Emotions over a recording.

    Attributes
    ----------
    path : str
        the recording; empty for samples
    duration_s : float
        its length in seconds
    window_s, hop_s : float
        length of a window, and time from the start of one to that of the next, in seconds
    normalise : str
        normalisation under which the windows were classified: ``none``, ``speaker`` or ``enrolment:K``
    emotions : tuple of str
        all emotions of the model, in alphabetical order
    windows : tuple of Prediction
        in order of time; speech shorter than ``window_s`` has one window of its own length
    segments : tuple of Segment
        stretches of one emotion, from the smoothed probabilities of the windows; they cover the speech, except where
        windows have no answer
    speech : tuple of (float, float)
        start and end of each stretch of speech, in seconds
    """

    path: str
    duration_s: float
    window_s: float
    hop_s: float
    normalise: str
    emotions: tuple[str, ...]
    windows: tuple[Prediction, ...]
    segments: tuple[Segment, ...]
    speech: tuple[tuple[float, float], ...]


def timeline(
    model: Model | str | Path,
    recording: str | Path | tuple[Any, int] | Any,
    window: float = WINDOW_SECONDS,
    hop: float = HOP_SECONDS,
    *,
    speakers: str | None = None,
    enrolled: str | Path | Sequence[str | Path] = (),
    abstain: float = LEVEL,
    progress: Progress | None = None,
) -> Timeline:
    """Predict the emotions over a recording, in windows over its speech.

    The file is read block by block, so that memory does not depend on its length. A window is a part of the recording
    as `featser.audio.read_signal` returns it; its probabilities equal those of ``model.predict_proba`` for this part.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    recording : str, Path, (samples, sample rate) or samples
        an audio file of up to 24 hours, an array with its rate in Hz, or a floating-point array at 16 kHz
    window : float
        length of a window in seconds, 0.5 to 60; rounded to 10 ms
    hop : float
        seconds from the start of a window to that of the next, 0.1 to ``window``; rounded to 10 ms
    speakers : str, optional
        ``one``: the recording has one speaker; a model with speaker normalisation is then adapted to it by up to 200
        of the recording's own windows, evenly spread (flag ``own-windows``)
    enrolled : str, Path or sequence of these, optional
        unlabelled recordings of the speaker, for a model with normalisation by speaker or enrolment
    abstain : float
        p-value below which a window gets no answer; 0 answers always
    progress : callable, optional
        called with the seconds done and in total

    Returns
    -------
    Timeline
        without windows if no speech was found

    Raises
    ------
    UsageError
        a window or hop out of range, ``speakers`` is not ``one``, or ``enrolled`` for a model without enrolment
    InputError
        the recording cannot be used, or ``enrolled`` has too few recordings
    """
    layout = layout_of(window, hop)
    if speakers not in (None, "one"):
        raise UnknownNameError("value of --speakers", str(speakers), ["one"], "With a window")
    model = model if isinstance(model, Model) else load_model(model)
    source = _source(recording)
    adaptation = _adaptation(model, source, layout, speakers, enrolled)
    path = str(recording) if isinstance(recording, str | Path) else ""
    counted = _Counted(source, progress)
    speech: list[tuple[float, float]] = []
    answers = answer_windows(model, path, _windows(counted, layout, speech), adaptation, abstain)
    found = [(window.speech, each) for window, each in answers]  # not the windows, which hold samples
    spans = [
        (each.start_s, each.end_s, number, each.probabilities if each.answered else None) for number, each in found
    ]
    return Timeline(
        path=path,
        duration_s=counted.n_samples / SAMPLE_RATE,
        window_s=layout.window / STEPS_PER_SECOND,
        hop_s=layout.hop / STEPS_PER_SECOND,
        normalise=found[0][1].normalise if found else "none",
        emotions=tuple(map(str, model.classes_)),
        windows=tuple(each for _, each in found),
        segments=join(spans, speech),
        speech=tuple(speech),
    )


@dataclass(frozen=True)
class _Source:
    """A recording that can be read several times."""

    blocks: Callable[[], Iterable[Signal]]
    seconds: float


def _source(recording: Any) -> _Source:
    if isinstance(recording, str | Path):
        return _Source(lambda: read_blocks(recording), duration_of(recording))
    signal = as_signal(*recording) if isinstance(recording, tuple) else as_signal(recording)
    starts = range(0, len(signal), _BLOCK)
    return _Source(lambda: (signal[at : at + _BLOCK] for at in starts), len(signal) / SAMPLE_RATE)


class _Counted:
    """The blocks of a source, counted while they are read."""

    def __init__(self, source: _Source, progress: Progress | None):
        self.source, self.progress, self.n_samples = source, progress, 0

    def __iter__(self) -> Iterator[Signal]:
        for block in self.source.blocks():
            yield block
            self.n_samples += len(block)
            if self.progress:
                self.progress(round(self.n_samples / SAMPLE_RATE), round(self.source.seconds))


def _windows(blocks: Iterable[Signal], layout: Layout, speech: list[tuple[float, float]]) -> Iterator[Window]:
    """Windows of a stream; stretches of speech are added to ``speech``."""
    for each in cut_windows(blocks, layout):
        if isinstance(each, Window):
            yield each
        else:
            speech.append((each.start / STEPS_PER_SECOND, each.end / STEPS_PER_SECOND))


def _adaptation(
    model: Model, source: _Source, layout: Layout, speakers: str | None, enrolled: str | Path | Sequence[str | Path]
) -> Adaptation:
    if paths := find_audio_files(enrolled):
        return Adaptation(enrolment=model.describe(paths))
    if speakers is None or model.normalise != "speaker":
        return Adaptation()
    n_windows = sum(1 for _ in _windows(source.blocks(), layout, []))
    return adapt_to_windows(model, _windows(source.blocks(), layout, []), n_windows)

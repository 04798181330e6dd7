"""Emotions in live sound: the windows of a stream, each answered as soon as it has been heard."""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import tee
from pathlib import Path

import numpy as np

from featser.audio import SAMPLE_RATE, Signal, resample_blocks
from featser.bundle import Model, load_model
from featser.bundle.prediction import Prediction
from featser.corpora import find_audio_files
from featser.guard import LEVEL
from featser.timeline.answers import Adaptation, answer_windows
from featser.timeline.recording import HOP_SECONDS, WINDOW_SECONDS
from featser.timeline.smoothing import hold_labels
from featser.timeline.windows import Window, cut_windows, layout_of


@dataclass(frozen=True)
class LiveAnswer:
    """The answer for a window.

    Attributes
    ----------
    prediction : Prediction
        of the window, as in `featser.timeline.Timeline`
    emotion : str or None
        label after smoothing with hysteresis; None where the model does not answer
    probability : float
        smoothed probability of this label
    latency_s : float
        seconds from the arrival of the last sample of the window to the answer
    """

    prediction: Prediction
    emotion: str | None
    probability: float
    latency_s: float


def listen(
    model: Model | str | Path,
    blocks: Iterable[Signal],
    rate: int = SAMPLE_RATE,
    window: float = WINDOW_SECONDS,
    hop: float = HOP_SECONDS,
    *,
    name: str = "",
    enrolled: str | Path | Sequence[str | Path] = (),
    abstain: float = LEVEL,
) -> Iterator[LiveAnswer]:
    """Predict the emotions in a stream of samples; windows and probabilities are those of `featser.timeline.timeline`.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    blocks : iterable of Signal [shape=(n_samples,)]
        consecutive mono samples, as they arrive, with full scale at -1 and 1
    rate : int
        their sample rate in Hz
    window, hop : float
        as in `featser.timeline.timeline`
    name : str
        path of the predictions
    enrolled : str, Path or sequence of these, optional
        unlabelled recordings of the speaker, for a model with normalisation by speaker or enrolment
    abstain : float
        as in `featser.timeline.timeline`

    Yields
    ------
    LiveAnswer
        for each window, when its last sample has been heard for 40 ms; for speech that is shorter than a window, half
        a second after its last voiced sound

    Raises
    ------
    UsageError, InputError
        as in `featser.timeline.timeline`
    """
    layout = layout_of(window, hop)
    model = model if isinstance(model, Model) else load_model(model)
    paths = find_audio_files(enrolled)
    adaptation = Adaptation(enrolment=model.describe(paths)) if paths else Adaptation()
    _warm_up(model)
    clock = _Clock(blocks, rate)
    cut = (each for each in cut_windows(resample_blocks(clock, rate), layout) if isinstance(each, Window))
    answers, again = tee(answer_windows(model, name, cut, adaptation, abstain, batch=1))
    held = hold_labels((each.speech, shown.probabilities if shown.answered else None) for each, shown in again)
    for (_, prediction), (emotion, probability) in zip(answers, held, strict=True):
        yield LiveAnswer(prediction, emotion, probability, time.perf_counter() - clock.arrival(prediction.end_s))


class _Clock:
    """Blocks of samples, with the time at which each of their samples arrived."""

    def __init__(self, blocks: Iterable[Signal], rate: int):
        self.blocks, self.rate = blocks, rate
        self.n_samples, self.time = 0, 0.0

    def __iter__(self) -> Iterator[Signal]:
        for block in self.blocks:
            self.n_samples, self.time = self.n_samples + len(block), time.perf_counter()
            yield block

    def arrival(self, seconds: float) -> float:
        """Time at which the sample at ``seconds`` arrived, if the last block arrived at the rate of its samples."""
        return self.time - max(0.0, self.n_samples / self.rate - seconds)


def _warm_up(model: Model) -> None:
    """Load the compiled kernels and the classifier before the first window."""
    noise = np.random.default_rng(0).normal(0, 0.1, SAMPLE_RATE).astype(np.float32)
    model.predict_proba([noise])

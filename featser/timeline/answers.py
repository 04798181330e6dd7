"""Answers of a model on windows, a few at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from featser.bundle import Answer, Model
from featser.bundle.prediction import Prediction
from featser.evaluation.conformal import conformal_set
from featser.extraction import Backend
from featser.models import MIN_UTTERANCES, decide, mean_and_spread, shared_measures
from featser.timeline.windows import STEPS_PER_SECOND, Window

BATCH = 64
"""Windows that are described and classified at once; one takes 0.2 MB."""

OWN_WINDOWS = 300
"""Most windows from which a recording's own mean and spread are computed: enough for both, in little memory."""

Row = NDArray[np.float32]
"""Features of a window, shape ``(n_features,)``."""


@dataclass(frozen=True, eq=False)
class Adaptation:
    """What is known of the speaker.

    Attributes
    ----------
    enrolment : NDArray of float32 [shape=(n, n_features)], optional
        features of other, unlabelled recordings of the speaker
    own : dict of int to Row
        features of windows of the same recording, by their start
    statistics : tuple of NDArray of float [shape=(n_features,)], optional
        mean and spread of these windows
    """

    enrolment: NDArray[np.float32] | None = None
    own: dict[int, Row] = field(default_factory=dict)
    statistics: tuple[NDArray[np.float64], NDArray[np.float64]] | None = None


def describe_windows(model: Model, windows: Sequence[Window], known: dict[int, Row]) -> list[tuple[Window, Row]]:
    """Compute the features of windows; a window without sound has none after some cleaning steps.

    Parameters
    ----------
    model : Model
    windows : sequence of Window
    known : dict of int to Row
        features that are known already, by the start of the window

    Returns
    -------
    list of (Window, Row)
        the windows that have features
    """
    missing = [each for each in windows if each.start not in known]
    found = dict(known)
    if missing:
        values, rows = model.read_rows([each.signal for each in missing], backend=Backend(jobs=1))
        usable = [each for each, has_row in zip(missing, rows.usable, strict=True) if has_row]
        found |= {each.start: row for each, row in zip(usable, values, strict=True)}
    return [(each, found[each.start]) for each in windows if each.start in found]


def answer_windows(
    model: Model, path: str, windows: Iterable[Window], adaptation: Adaptation, batch: int = BATCH
) -> Iterator[tuple[Window, Prediction]]:
    """Predict the emotion of each window.

    Parameters
    ----------
    model : Model
    path : str
        the recording, for the predictions
    windows : iterable of Window
    adaptation : Adaptation
        what is known of the speaker
    batch : int
        windows that are waited for and classified at once

    Yields
    ------
    Window, Prediction
        in order; the probabilities equal those of ``model.answer`` for the features of the window alone
    """
    windows = iter(windows)
    while some := list(islice(windows, batch)):
        described = describe_windows(model, some, adaptation.own)
        if not described:
            continue
        answer = _answer(model, np.stack([row for _, row in described]), adaptation)
        for at, (window, _) in enumerate(described):
            yield window, _prediction(model, answer, at, path, window)


def adapt_to_windows(model: Model, windows: Iterable[Window], n_windows: int) -> Adaptation:
    """Compute the mean and spread of a recording from its own windows, evenly spread over it.

    Parameters
    ----------
    model : Model
        with speaker normalisation
    windows : iterable of Window
        all windows of the recording
    n_windows : int
        their number

    Returns
    -------
    Adaptation
        from up to `OWN_WINDOWS` windows; empty if there are too few
    """
    chosen = islice(windows, 0, None, max(1, -(-n_windows // OWN_WINDOWS)))
    own: dict[int, Row] = {}
    while some := list(islice(chosen, BATCH)):
        own |= {window.start: row for window, row in describe_windows(model, some, {})}
    if len(own) < MIN_UTTERANCES:
        return Adaptation()
    values = np.stack([*own.values()]).astype(np.float64)
    return Adaptation(own=own, statistics=mean_and_spread(values, shared_measures(model.features)))


def _answer(model: Model, values: NDArray[np.float32], adaptation: Adaptation) -> Answer:
    if adaptation.statistics is None:
        return model.answer(values, enrolment=adaptation.enrolment)
    mean, spread = adaptation.statistics
    return Answer(decide(model.classifiers["speaker"], (values - mean) / spread), ("speaker",) * len(values))


def _prediction(model: Model, answer: Answer, at: int, path: str, window: Window) -> Prediction:
    shares = answer.decision.probabilities[at]
    probabilities = {name: float(share) for name, share in zip(answer.decision.classes, shares, strict=True)}
    way = answer.normalise[at]
    sets = model.scores[way].get("conformal")
    flags = {"inductive": way != model.normalise, "own-windows": way == "speaker"}
    return Prediction(
        path=path,
        emotion=str(answer.decision.labels[at]),
        probabilities=probabilities,
        start_s=window.start / STEPS_PER_SECOND,
        end_s=window.end / STEPS_PER_SECOND,
        flags=tuple(name for name, applies in flags.items() if applies),
        set=tuple(conformal_set(probabilities, sets["threshold"])) if sets else (),
    )

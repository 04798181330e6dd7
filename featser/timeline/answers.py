"""Answers of a model on windows, a few at a time."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import islice

import numpy as np
from numpy.typing import NDArray

from featser.audio import as_signal, find_faults
from featser.bundle import Model
from featser.bundle.prediction import MIN_GROUP, SET_LEVEL, Prediction, doubts, prediction_of
from featser.extraction import Backend
from featser.models import MIN_UTTERANCES
from featser.timeline.windows import STEPS_PER_SECOND, Window

BATCH = 128
"""Windows that are described and classified at once; one takes 0.2 MB."""

OWN_WINDOWS = 200
"""Most windows of a recording that are enrolled: with half as many, p-values of the others are lower."""

Row = NDArray[np.float32]
"""Features of a window, shape ``(n_features,)``."""


@dataclass(frozen=True, eq=False)
class Adaptation:
    """What is known of the speaker.

    Attributes
    ----------
    enrolment : NDArray of float32 [shape=(n, n_features)], optional
        features of unlabelled recordings of the speaker, or of windows of the same recording
    own : dict of int to Row
        features of these windows, by their start
    """

    enrolment: NDArray[np.float32] | None = None
    own: dict[int, Row] = field(default_factory=dict)


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
    model: Model, path: str, windows: Iterable[Window], adaptation: Adaptation, abstain: float, batch: int = BATCH
) -> Iterator[tuple[Window, Prediction]]:
    """Predict the emotion of each window, except where the model should not answer.

    The flag ``other-conditions`` depends on the windows so far, so that live sound has the flags of its recording.

    Parameters
    ----------
    model : Model
    path : str
        the recording, for the predictions
    windows : iterable of Window
    adaptation : Adaptation
        what is known of the speaker
    abstain : float
        as in `featser.predict`
    batch : int
        windows that are waited for and classified at once

    Yields
    ------
    Window, Prediction
        in order; the probabilities equal those of ``model.predict_proba`` for the window alone, with the same enrolment
    """
    windows = iter(windows)
    n_windows = n_strange = 0
    while some := list(islice(windows, batch)):
        described = describe_windows(model, some, adaptation.own)
        if not described:
            continue
        answer = model.answer(np.stack([row for _, row in described]), enrolment=adaptation.enrolment)
        for at, (window, _) in enumerate(described):
            n_windows, n_strange = n_windows + 1, n_strange + int(answer.conditions[at] < SET_LEVEL)
            conditions = {
                "other-conditions": n_windows >= MIN_GROUP and n_strange > n_windows / 2,
                "inductive": answer.normalise[at] == "none" != model.normalise,
                "own-windows": bool(adaptation.own),
            }
            further = tuple(name for name, applies in conditions.items() if applies)
            flags = (*find_faults(as_signal(window.signal, clean=model.clean)), *doubts(answer, at, abstain), *further)
            span = (window.start / STEPS_PER_SECOND, window.end / STEPS_PER_SECOND)
            yield window, prediction_of(model, answer, at, path, span, flags, abstain)


def adapt_to_windows(model: Model, windows: Iterable[Window], n_windows: int) -> Adaptation:
    """Enrol windows of a recording itself, evenly spread over it.

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
        with up to `OWN_WINDOWS` windows; empty if there are too few
    """
    chosen = islice(windows, 0, None, max(1, -(-n_windows // OWN_WINDOWS)))
    own: dict[int, Row] = {}
    while some := list(islice(chosen, BATCH)):
        own |= {window.start: row for window, row in describe_windows(model, some, {})}
    return Adaptation(np.stack([*own.values()]), own) if len(own) >= MIN_UTTERANCES else Adaptation()

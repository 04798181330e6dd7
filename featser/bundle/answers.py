"""Answers of a model: which classifier classifies a recording, and how usual the recording is."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from featser.errors import InputError, UsageError
from featser.models import (
    MIN_UTTERANCES,
    Decision,
    decide,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_few,
    normalise_by_speaker,
    shared_measures,
)

if TYPE_CHECKING:
    from featser.bundle.model import Model


@dataclass(frozen=True)
class Answer:
    """Decisions on some recordings.

    Attributes
    ----------
    decision : Decision
        labels and probabilities
    normalise : tuple of str
        normalisation under which each recording was classified: ``none``, ``speaker`` or ``enrolment:K``
    p_values : NDArray of float [shape=(n_recordings,)]
        how usual each recording is among the training recordings, see `featser.guard.Guard`
    conditions : NDArray of float [shape=(n_recordings,)]
        the same without adaptation: how usual voice, room and microphone are
    far : NDArray of bool [shape=(n_recordings,)]
        recordings that are too far from the training recordings to be speech
    """

    decision: Decision
    normalise: tuple[str, ...]
    p_values: NDArray[np.float64]
    conditions: NDArray[np.float64]
    far: NDArray[np.bool_]


def answer(
    model: "Model",
    features: NDArray[np.float32],
    speakers: Sequence[str] | None = None,
    enrolment: NDArray[np.float32] | None = None,
) -> Answer:
    """Classify recordings by their features; see `Model.answer`.

    Parameters
    ----------
    model : Model
    features, speakers, enrolment
        as of `Model.answer`

    Returns
    -------
    Answer

    Raises
    ------
    UsageError, InputError
        as `Model.answer`
    """
    matrix = np.asarray(features, dtype=np.float64)
    if enrolment is not None:
        return _answer_enrolled(model, matrix, np.asarray(enrolment, dtype=np.float64))
    inductive = decide(model.classifiers["none"], matrix)
    conditions, far = model.guards["none"].p_values(matrix), model.guards["none"].far(matrix)
    p_values = conditions.copy()
    ways = np.full(len(features), "none", dtype="<U7")
    if speakers is None or model.normalise != "speaker":
        return Answer(inductive, tuple(map(str, ways)), p_values, conditions, far)
    names = np.asarray(speakers, dtype=np.str_)
    if len(names) != len(features):
        raise ValueError(f"{len(names)} speakers for {len(features)} recordings.")
    known, counts = np.unique(names, return_counts=True)
    measured = np.isin(names, known[counts >= MIN_UTTERANCES])
    ways[measured] = "speaker"
    labels, probabilities = inductive.labels.copy(), inductive.probabilities.copy()
    if measured.any():
        measures = shared_measures(model.features)
        normalised = normalise_by_speaker(matrix[measured], names[measured], measures)
        own = decide(model.classifiers["speaker"], normalised)
        labels[measured], probabilities[measured] = own.labels, own.probabilities
        p_values[measured] = model.guards["speaker"].p_values(normalised)
    decision = Decision(inductive.classes, labels, probabilities)
    return Answer(decision, tuple(map(str, ways)), p_values, conditions, far)


def _answer_enrolled(model: "Model", matrix: NDArray[np.float64], enrolment: NDArray[np.float64]) -> Answer:
    measures = shared_measures(model.features)
    n_enrolled = MIN_UTTERANCES if model.average_speaker else enrolment_size(model.normalise)
    if n_enrolled is None:
        raise UsageError(
            f"This model was fitted with --normalise {model.normalise}, which takes no enrolled recordings. "
            "Leave --enrol out, or fit a model with --normalise speaker."
        )
    if len(enrolment) < n_enrolled:
        raise InputError(
            f"{len(enrolment)} enrolled recordings are too few; this model was scored with {n_enrolled}. "
            f"Give {n_enrolled} or more recordings of the same speaker."
        )
    if model.average_speaker:
        normalised = normalise_by_few(matrix, enrolment, model.average_speaker, measures)
    else:
        normalised = normalise_by_enrolment(matrix, enrolment, n_enrolled, measures)
    way = f"enrolment:{len(enrolment)}" if model.average_speaker else model.normalise
    decision = decide(model.classifiers[model.normalise], normalised)
    p_values, guard = model.guards[model.normalise].p_values(normalised), model.guards["none"]
    return Answer(decision, (way,) * len(matrix), p_values, guard.p_values(matrix), guard.far(matrix))

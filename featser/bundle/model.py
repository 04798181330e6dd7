"""A pipeline trained on a whole table: recordings in, emotions out, by the rule that was scored."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from featser import __version__
from featser.audio import Signal, read_signal
from featser.errors import InputError, UnreadableAudioError, UsageError
from featser.features import FeatureSet, compute_features, feature_set_from, on_one_thread
from featser.models import (
    MIN_UTTERANCES,
    Decision,
    decide,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_speaker,
    shared_measures,
)
from featser.versions import library_versions

FORMAT = 1
_PINNED = ("scikit-learn", "xgboost")
"""Libraries whose objects are in a model file; another release may read them differently."""

Recording = str | Path | Signal
"""A file, or samples at 16 kHz."""


@dataclass(frozen=True)
class Answer:
    """A decision on some recordings, and by which of a model's two ways each was reached.

    ``normalise`` is ``none``, ``speaker`` or ``enrolment:K`` per recording.
    """

    decision: Decision
    normalise: tuple[str, ...]


@dataclass(frozen=True, eq=False)
class Model:
    """A pipeline trained on a whole table, with the score of its protocol.

    Attributes
    ----------
    specification : dict
        pipeline: model, parameters, chosen features
    feature_set : dict
        what to compute from a recording
    features : tuple of str
        columns that the classifiers look at, in order
    clean : tuple of str
        cleaning steps before the features
    classifiers : dict
        ``none`` always; ``speaker`` or ``enrolment:K`` too where the model was trained with that normalisation
    scores : dict
        per normalisation: run, protocol, UAR with interval, numbers of utterances and speakers, and the threshold of
        the prediction sets with their measured coverage
    training : dict
        corpus, utterances per emotion, speakers
    versions : dict
        featser, Python, libraries
    """

    specification: dict[str, Any]
    feature_set: dict[str, Any]
    features: tuple[str, ...]
    clean: tuple[str, ...]
    classifiers: dict[str, ClassifierMixin]
    scores: dict[str, dict[str, Any]]
    training: dict[str, Any]
    versions: dict[str, str]

    @property
    def classes_(self) -> NDArray[np.str_]:
        """Emotions in the order of the columns of `predict_proba`."""
        return np.asarray(self.classifiers["none"].classes_, dtype=np.str_)

    @property
    def normalise(self) -> str:
        """Normalisation that the model was trained for."""
        return next((way for way in self.classifiers if way != "none"), "none")

    def predict(
        self,
        recordings: Sequence[Recording],
        speakers: Sequence[str] | None = None,
        enrolled: Sequence[Recording] = (),
    ) -> NDArray[np.str_]:
        """Return the emotion of each recording.

        A model that was trained with normalisation by speaker or enrolment answers inductively, as ``scores["none"]``
        was scored, wherever it is not told the voice; the answer of `answer` says by which way it was reached.

        Parameters
        ----------
        recordings : sequence of paths or of signals at 16 kHz
        speakers : sequence of str, optional
            who speaks in each; a model with speaker normalisation needs it to work as it was scored
        enrolled : sequence of paths or of signals at 16 kHz, optional
            unlabelled recordings of the one voice that speaks in all the others; a model with normalisation by
            enrolment needs them to work as it was scored

        Raises
        ------
        UsageError
            recordings are enrolled with a model that was not trained for it
        InputError
            recordings that cannot be used, all of them listed, or too few enrolled ones; none gets an emotion then
        """
        return self._decide(recordings, speakers, enrolled).labels

    def predict_proba(
        self,
        recordings: Sequence[Recording],
        speakers: Sequence[str] | None = None,
        enrolled: Sequence[Recording] = (),
    ) -> NDArray[np.float64]:
        """Probabilities of the emotions in `classes_`, shape ``(n_recordings, n_classes)``; else as `predict`."""
        return self._decide(recordings, speakers, enrolled).probabilities

    def _decide(
        self, recordings: Sequence[Recording], speakers: Sequence[str] | None, enrolled: Sequence[Recording]
    ) -> Decision:
        enrolment = self.describe(enrolled) if len(enrolled) else None
        return self.answer(self.describe(recordings), speakers, enrolment).decision

    def describe(self, recordings: Sequence[Recording]) -> NDArray[np.float32]:
        """Compute the features of recordings, shape ``(n_recordings, n_features)``."""
        if isinstance(recordings, str | Path | np.ndarray):
            raise TypeError("Give a list of recordings, for example model.predict(['a.wav']).")
        rows, refused = [], []
        for recording in recordings:
            try:
                rows.append(self.describe_one(recording))
            except UnreadableAudioError as error:
                refused.append(f"{error.path}: {error.reason}")
        if refused:
            raise InputError(f"{len(refused)} of {len(recordings)} recordings cannot be used: {'; '.join(refused)}.")
        return np.stack(rows) if rows else np.empty((0, len(self.features)), np.float32)

    def describe_one(self, recording: Recording) -> NDArray[np.float32]:
        """Compute the features of one recording, shape ``(n_features,)``; `UnreadableAudioError` where it has none.

        What the classifiers do not look at is not computed.
        """
        signal = recording if isinstance(recording, np.ndarray) else read_signal(Path(recording), self.clean)
        feature_set, columns = _recipe(json.dumps(self.feature_set, sort_keys=True), self.features)
        with on_one_thread():
            return compute_features(np.asarray(signal, dtype=np.float32), feature_set)[columns]

    def answer(
        self,
        features: NDArray[np.float32],
        speakers: Sequence[str] | None = None,
        enrolment: NDArray[np.float32] | None = None,
    ) -> Answer:
        """Decide by the rule that was scored.

        With speaker normalisation, a voice of at least three recordings is measured by itself; any other recording,
        and every one whose speaker is not given, gets the inductive answer. With normalisation by enrolment, all are
        measured by the enrolled recordings of their voice. Nobody is measured by a stranger.

        Parameters
        ----------
        features : NDArray [shape=(n_recordings, n_features)]
            as `describe` returns them
        enrolment : NDArray [shape=(n_enrolled, n_features)], optional
            the same of unlabelled recordings of the one voice that speaks in all of them, K or more

        Raises
        ------
        UsageError
            recordings are enrolled with a model that was not trained for it
        InputError
            fewer than K of them
        """
        matrix = np.asarray(features, dtype=np.float64)
        if enrolment is not None:
            return self._answer_enrolled(matrix, np.asarray(enrolment, dtype=np.float64))
        inductive = decide(self.classifiers["none"], matrix)
        ways = np.full(len(features), "none", dtype="<U7")
        if speakers is None or self.normalise != "speaker":
            return Answer(inductive, tuple(map(str, ways)))
        names = np.asarray(speakers, dtype=np.str_)
        if len(names) != len(features):
            raise ValueError(f"{len(names)} speakers for {len(features)} recordings.")
        known, counts = np.unique(names, return_counts=True)
        measured = np.isin(names, known[counts >= MIN_UTTERANCES])
        ways[measured] = "speaker"
        labels, probabilities = inductive.labels.copy(), inductive.probabilities.copy()
        if measured.any():
            measures = shared_measures(self.features)
            own = decide(self.classifiers["speaker"], normalise_by_speaker(matrix[measured], names[measured], measures))
            labels[measured], probabilities[measured] = own.labels, own.probabilities
        return Answer(Decision(inductive.classes, labels, probabilities), tuple(map(str, ways)))

    def _answer_enrolled(self, matrix: NDArray[np.float64], enrolment: NDArray[np.float64]) -> Answer:
        n_enrolled = enrolment_size(self.normalise)
        if n_enrolled is None:
            raise UsageError(
                f"This model was fitted with --normalise {self.normalise}, so it cannot be enrolled. "
                "Leave --enrol out, or fit one with --normalise enrolment:5."
            )
        if len(enrolment) < n_enrolled:
            raise InputError(
                f"{len(enrolment)} enrolled recordings; this model was scored with {n_enrolled}. "
                f"Give {n_enrolled} or more of the same voice."
            )
        measured = normalise_by_enrolment(matrix, enrolment, n_enrolled, shared_measures(self.features))
        decision = decide(self.classifiers[self.normalise], measured)
        return Answer(decision, (self.normalise,) * len(matrix))

    def card(self) -> dict[str, Any]:
        """What the model is, in plain values: pipeline, emotions, evidence, training, versions."""
        return {
            "format": FORMAT,
            "pipeline": self.specification,
            "features": self.feature_set["name"],
            "n_features": len(self.features),
            "plugins": self.feature_set.get("plugins", []),
            "clean": list(self.clean),
            "classes": [str(name) for name in self.classes_],
            "normalise": self.normalise,
            "scores": self.scores,
            "training": self.training,
            "versions": self.versions,
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Refuse a model of another release before it can answer with other features."""
        check_versions("This model", state.get("versions", {}))
        self.__dict__.update(state)


@lru_cache(maxsize=8)
def _recipe(feature_set: str, features: tuple[str, ...]) -> tuple[FeatureSet, NDArray[np.int64]]:
    """Return what a model computes, and where its features are in a row; read from JSON once, not per recording."""
    values = json.loads(feature_set)
    found = feature_set_from(values, values["name"], "This model").restricted_to(features)
    places = {name: at for at, name in enumerate(found.feature_names)}
    return found, np.array([places[name] for name in features])


def model_versions() -> dict[str, str]:
    """Return featser's version and those of Python and the libraries."""
    return {"featser": __version__, **library_versions()}


def check_versions(what: str, versions: Mapping[str, str]) -> None:
    """Refuse where numbers could differ from those that were scored."""
    made_by = versions.get("featser", "unknown")
    if made_by != __version__:
        raise InputError(
            f"{what} was made by featser {made_by}, this is {__version__}: its features may differ. "
            f"Fit it again, or install featser=={made_by}."
        )
    here = library_versions()
    for library in _PINNED:
        if _release(versions.get(library, "")) != _release(here[library]):
            raise InputError(
                f"{what} was made with {library} {versions.get(library)}, here is {here[library]}. "
                f"Fit it again, or install {library}=={versions.get(library)}."
            )


def _release(version: str) -> tuple[str, ...]:
    return tuple(version.split(".")[:2])


def evidence(run: Any) -> dict[str, Any]:
    """Return the part of a run that a model carries as its honest score."""
    kept = ("run", "protocol", "normalise", "leaky", "seed", "uar", "uar_low", "uar_high", "war", "macro_f1")
    values = asdict(run)
    return {name: values[name] for name in (*kept, "n_utterances", "n_speakers", "recall", "conformal")}

"""A pipeline trained on a whole table, which predicts the emotions of recordings."""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from featser.bundle.answers import Answer, answer
from featser.bundle.provenance import check_feature_code, short_digest
from featser.errors import InputError
from featser.extraction import Backend, Progress, Recipe, Recording, Rows, read_rows
from featser.features import feature_set_from
from featser.guard import Guard
from featser.models import (
    AverageSpeaker,
    Decision,
    decide,
    enrolment_size,
)

FORMAT = 5


@dataclass(frozen=True, eq=False)
class Model:
    """A pipeline trained on a whole table, with its cross-validated score.

    Attributes
    ----------
    specification : dict
        the pipeline: model, parameters, selected features
    feature_set : dict
        feature set that is computed from a recording
    features : tuple of str
        columns that the classifiers use, in order
    clean : tuple of str
        cleaning steps before the features
    classifiers : dict
        trained classifier by normalisation: ``none``, and ``speaker`` or ``enrolment:K`` if trained with it
    scores : dict
        by normalisation: run, protocol, UAR with interval, numbers of utterances and speakers, and the threshold and
        measured coverage of the conformal prediction sets
    training : dict
        corpus, number of speakers, utterances per emotion
    versions : dict
        versions of featser, Python and the libraries
    training_digests : NDArray of uint64 [shape=(n_recordings,)]
        first 64 bits of the SHA-256 of each training recording's file, sorted; empty if the table has no digests
    guards : dict
        by normalisation: the test of whether a recording is like the training recordings
    average_speaker : AverageSpeaker or None
        for a model with speaker normalisation: what few recordings of a voice are shrunk towards
    means : NDArray of float32 [shape=(n_features,)]
        mean of each feature over the training utterances; NaN if it is undefined in all of them
    golden : dict
        by normalisation: `GOLDEN_ROWS` rows of training features as the classifier takes them, in single precision;
        the file contains their probabilities, which a loaded model must reproduce
    """

    specification: dict[str, Any]
    feature_set: dict[str, Any]
    features: tuple[str, ...]
    clean: tuple[str, ...]
    classifiers: dict[str, ClassifierMixin]
    scores: dict[str, dict[str, Any]]
    training: dict[str, Any]
    versions: dict[str, str]
    training_digests: NDArray[np.uint64]
    guards: dict[str, Guard]
    means: NDArray[np.float32]
    golden: dict[str, NDArray[np.float32]]
    average_speaker: AverageSpeaker | None = None

    def __repr__(self) -> str:
        score, corpus = self.scores[self.normalise], self.training["corpus"]
        return (
            f"<Model {self.specification['model']}: {len(self.features)} features of '{self.feature_set['name']}', "
            f"trained on {self.training['n_utterances']} utterances of {corpus}; {'LEAKY ' if score['leaky'] else ''}"
            f"UAR {score['uar']:.3f} ({score['protocol']}, normalisation {self.normalise})>"
        )

    @property
    def classes_(self) -> NDArray[np.str_]:
        """Emotions in the order of the columns of `predict_proba`."""
        return np.asarray(self.classifiers["none"].classes_, dtype=np.str_)

    @property
    def normalise(self) -> str:
        """Normalisation that the model was fitted with: ``none``, ``speaker`` or ``enrolment:K``."""
        return next((way for way in self.classifiers if way != "none"), "none")

    def predict(
        self,
        recordings: Sequence[Recording],
        speakers: Sequence[str] | None = None,
        enrolled: Sequence[Recording] = (),
    ) -> NDArray[np.str_]:
        """Predict the emotion of each recording.

        Parameters
        ----------
        recordings : sequence of str, Path, (samples, sample rate) or samples
            audio files, arrays with their rate in Hz, or floating-point arrays at 16 kHz with full scale at -1 and 1
        speakers : sequence of str, optional
            speaker of each recording, for a model with speaker normalisation; without it the unadapted classifier
            answers, whose score is ``scores["none"]``
        enrolled : sequence of str, Path, (samples, sample rate) or samples, optional
            unlabelled recordings of the speaker of all ``recordings``: three or more for a model with speaker
            normalisation, K or more for one with ``enrolment:K``; without them the unadapted classifier answers

        Returns
        -------
        NDArray of str [shape=(n_recordings,)]
            the most probable emotion of each recording

        Raises
        ------
        UsageError
            ``enrolled`` is given for a model without normalisation
        InputError
            some recordings cannot be used (all are listed), or ``enrolled`` has too few
        """
        return self._decide(recordings, speakers, enrolled).labels

    def predict_proba(
        self,
        recordings: Sequence[Recording],
        speakers: Sequence[str] | None = None,
        enrolled: Sequence[Recording] = (),
    ) -> NDArray[np.float64]:
        """Predict the probability of each emotion.

        Parameters
        ----------
        recordings, speakers, enrolled
            as in `predict`

        Returns
        -------
        NDArray of float [shape=(n_recordings, n_classes)]
            columns as in `classes_`; each row sums to 1

        Raises
        ------
        UsageError, InputError
            as `predict`
        """
        return self._decide(recordings, speakers, enrolled).probabilities

    def _decide(
        self, recordings: Sequence[Recording], speakers: Sequence[str] | None, enrolled: Sequence[Recording]
    ) -> Decision:
        enrolment = self.describe(enrolled) if len(enrolled) else None
        return self.answer(self.describe(recordings), speakers, enrolment).decision

    def describe(self, recordings: Sequence[Recording]) -> NDArray[np.float32]:
        """Compute the features of recordings.

        Parameters
        ----------
        recordings : sequence of str, Path, (samples, sample rate) or samples
            as in `predict`

        Returns
        -------
        NDArray of float32 [shape=(n_recordings, n_features)]
            columns as in `features`; NaN = undefined for this recording

        Raises
        ------
        TypeError
            ``recordings`` is a single recording
        InputError
            some recordings cannot be used; all are listed
        """
        if isinstance(recordings, str | Path | np.ndarray):
            raise TypeError("Give a list of recordings, for example model.predict(['a.wav']).")
        values, rows = self.read_rows(recordings, backend=Backend(jobs=1))
        if rows.reasons:
            names = (each if isinstance(each, str | Path) else f"signal {at}" for at, each in enumerate(recordings))
            refused = [f"{name}: {rows.reasons[at]}" for at, name in enumerate(names) if at in rows.reasons]
            raise InputError(f"{len(refused)} of {len(recordings)} recordings cannot be used: {'; '.join(refused)}.")
        return values

    def read_rows(
        self,
        recordings: Sequence[Recording],
        cache: Path | None = None,
        backend: Backend | None = None,
        progress: Progress | None = None,
    ) -> tuple[NDArray[np.float32], Rows]:
        """Compute those features of recordings that the classifiers use, as `featser.extraction.read_rows` does.

        Parameters
        ----------
        recordings : sequence of str, Path, (samples, sample rate) or samples
            as in `predict`
        cache : Path, optional
            folder of the feature cache; by default, rows are not cached
        backend : Backend, optional
            where to compute; by default one process per core
        progress : callable, optional
            called with the numbers of recordings done and to do

        Returns
        -------
        values : NDArray of float32 [shape=(n_usable, n_features)]
            one row for each usable recording, columns as in `features`
        rows : Rows
            usable recordings, their durations and digests, and the reasons of the others
        """
        recipe, columns = self._recipe
        values, rows = read_rows(recordings, recipe, cache=cache, backend=backend, progress=progress)
        return values[:, columns], rows

    @cached_property
    def _recipe(self) -> tuple[Recipe, NDArray[np.int64]]:
        """What is computed from a recording, and the column of each feature."""
        name = self.feature_set["name"]
        feature_set = feature_set_from(self.feature_set, name, "This model").restricted_to(self.features)
        columns = {name: at for at, name in enumerate(feature_set.feature_names)}
        return Recipe(feature_set, self.clean), np.array([columns[name] for name in self.features])

    def __getstate__(self) -> dict[str, Any]:
        """Return the attributes without the cached recipe."""
        return {name: value for name, value in vars(self).items() if name != "_recipe"}

    def answer(
        self,
        features: NDArray[np.float32],
        speakers: Sequence[str] | None = None,
        enrolment: NDArray[np.float32] | None = None,
    ) -> Answer:
        """Classify recordings by their features, with the decision rule of cross-validation.

        With speaker normalisation, the recordings of a speaker with at least three are normalised by their own mean and
        spread, or by three or more enrolled recordings; the unadapted classifier answers for all others. With
        normalisation by enrolment, all recordings are normalised by the enrolled ones.

        Parameters
        ----------
        features : NDArray [shape=(n_recordings, n_features)]
            as returned by `describe`
        speakers : sequence of str, optional
            speaker of each recording
        enrolment : NDArray [shape=(n_enrolled, n_features)], optional
            features of K or more, or of three or more unlabelled recordings of the speaker of all recordings

        Returns
        -------
        Answer
            the decisions, the normalisation of each, and how usual each recording is

        Raises
        ------
        UsageError
            ``enrolment`` is given for a model without normalisation
        InputError
            ``enrolment`` has too few recordings
        """
        return answer(self, features, speakers, enrolment)

    def score_of(self, way: str) -> dict[str, Any]:
        """Return the score that applies to answers under a normalisation.

        Parameters
        ----------
        way : str
            as in `Answer`

        Returns
        -------
        dict
            as in ``scores``; for ``enrolment:K`` of a model with speaker normalisation, the score with the largest
            measured number of recordings up to K, or else the unadapted score
        """
        if way in self.scores:
            return self.scores[way]
        n_enrolled = enrolment_size(way) or 0
        sizes = [int(size) for size in self.scores["speaker"].get("enrolment", {}) if int(size) <= n_enrolled]
        if not sizes:
            return self.scores["none"]
        return self.scores["speaker"] | self.scores["speaker"]["enrolment"][str(max(sizes))]

    def was_trained_on(self, digest: str) -> bool:
        """Whether a recording was in the training table.

        Parameters
        ----------
        digest : str
            SHA-256 of the recording's file, in hex, as from `featser.audio.content_digest`

        Returns
        -------
        bool
            False for the same sound in another file, for example converted to another format
        """
        return bool(np.isin(short_digest(digest), self.training_digests))

    def card(self) -> dict[str, Any]:
        """Describe the model.

        Returns
        -------
        dict
            pipeline, features, emotions, scores, training and versions, as values for JSON
        """
        return {
            "format": FORMAT,
            "pipeline": self.specification,
            "features": self.feature_set["name"],
            "n_features": len(self.features),
            "plugins": self.feature_set.get("plugins", []),
            **({"source": self.feature_set["source"]} if self.feature_set.get("source") else {}),
            "clean": list(self.clean),
            "classes": [str(name) for name in self.classes_],
            "normalise": self.normalise,
            "scores": self.scores,
            "training": self.training,
            "versions": self.versions,
            "golden": self.golden_predictions(),
        }

    def golden_predictions(self) -> dict[str, list[list[float]]]:
        """Predict the golden rows.

        Returns
        -------
        dict
            by normalisation: probabilities of each row, in the order of ``classes_``
        """
        return {
            way: decide(classifier, np.asarray(self.golden[way], dtype=np.float64)).probabilities.tolist()
            for way, classifier in self.classifiers.items()
        }

    def __setstate__(self, state: dict[str, Any]) -> None:
        """Raise `InputError` for a model of another release, whose features may differ."""
        check_feature_code("This model", state.get("versions", {}))
        self.__dict__.update(state)

"""The reusable model: everything that a new recording needs to get an emotion, in one file that reads without trust.

The file is a pickle, so that ``joblib.load`` gives a working model, followed by a card in JSON. `read_model` looks at
the card first and then unpickles under a fixed list of classes, so a stranger's file cannot run code of its own.
"""

import hashlib
import io
import json
import pickle
import struct
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
from featser.errors import InputError, UnreadableAudioError, UsageError, did_you_mean
from featser.features import FeatureSet, compute_features, feature_set_from, on_one_thread
from featser.features.plugins import check_plugins
from featser.models import (
    MIN_UTTERANCES,
    Decision,
    decide,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_speaker,
    shared_measures,
)
from featser.table import library_versions

FORMAT = 1
_MAGIC = b"\nfeatser model 1\n"
_LENGTH = struct.Struct("<Q")
_MAX_CARD_BYTES = 1 << 20
_PINNED = ("scikit-learn", "xgboost")
"""Libraries whose objects are in the pickle; another release may read them differently."""

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

    def predict(self, recordings: Sequence[Recording], speakers: Sequence[str] | None = None) -> NDArray[np.str_]:
        """Return the emotion of each recording.

        Parameters
        ----------
        recordings : sequence of paths or of signals at 16 kHz
        speakers : sequence of str, optional
            who speaks in each; a model with speaker normalisation needs it to work as it was scored

        Raises
        ------
        InputError
            recordings that cannot be used, all of them listed; none gets an emotion then
        """
        return self.answer(self.describe(recordings), speakers).decision.labels

    def predict_proba(
        self, recordings: Sequence[Recording], speakers: Sequence[str] | None = None
    ) -> NDArray[np.float64]:
        """Probabilities of the emotions in `classes_`, shape ``(n_recordings, n_classes)``; else as `predict`."""
        return self.answer(self.describe(recordings), speakers).decision.probabilities

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
        _check_versions("This model", state.get("versions", {}))
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


def write_model(model: Model, path: Path) -> int:
    """Write a model to one file, whole or not at all; return its size in bytes."""
    body = pickle.dumps(model, protocol=5)
    card = json.dumps(model.card() | {"sha256": hashlib.sha256(body).hexdigest()}, sort_keys=True).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    temporary = path.with_name(f".{path.name}.part")
    temporary.write_bytes(body + card + _LENGTH.pack(len(card)) + _MAGIC)
    temporary.replace(path)
    return path.stat().st_size


def read_card(path: Path) -> dict[str, Any]:
    """Read what a model file says of itself, without unpickling anything.

    Raises
    ------
    UsageError
        no such file
    InputError
        no model of featser, or one of another release
    """
    return _read(path)[1]


def read_model(path: Path) -> Model:
    """Read a model file; safe with files from strangers, which ``joblib.load`` is not.

    Raises
    ------
    UsageError
        no such file, or its features come from a plugin that is not loaded
    InputError
        no model of featser, a damaged one, one of another release or with another plugin of that name, or one that
        holds more than a model does
    """
    body, card = _read(path)
    check_plugins(card.get("plugins", ()), str(path))
    if hashlib.sha256(body).hexdigest() != card.get("sha256"):
        raise InputError(f"{path} is damaged: its contents do not match its own checksum. Copy it again, or fit again.")
    try:
        model = _ModelUnpickler(io.BytesIO(body)).load()
    except (pickle.UnpicklingError, AttributeError, TypeError, ValueError, EOFError, KeyError, IndexError) as error:
        raise InputError(f"{path} is not a model that featser wrote ({error}). It was not loaded.") from error
    if not isinstance(model, Model):
        raise InputError(f"{path} does not hold a featser model. It was not used.")
    return model


def _read(path: Path) -> tuple[bytes, dict[str, Any]]:
    if not path.is_file():
        near = did_you_mean(path.name, [each.name for each in path.parent.glob("*.joblib")])
        raise UsageError(f"No model at {path}.{near} Make one: featser fit TABLE --model svm --out {path}.")
    content = path.read_bytes()
    end = len(content) - len(_MAGIC) - _LENGTH.size
    if not content.endswith(_MAGIC) or end < 0:
        raise InputError(f"{path} is not a featser model. Give a file that 'featser fit' wrote.")
    length = _LENGTH.unpack_from(content, end)[0]
    if length > min(end, _MAX_CARD_BYTES):
        raise InputError(f"{path} is damaged: its card cannot be {length} bytes long. Copy it again, or fit again.")
    try:
        card = json.loads(content[end - length : end])
        versions = card["versions"]
    except (ValueError, KeyError, TypeError) as error:
        raise InputError(f"{path} is damaged: its card cannot be read. Copy it again, or fit again.") from error
    _check_versions(str(path), versions)
    return content[: end - length], card


def _check_versions(what: str, versions: Mapping[str, str]) -> None:
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


class _ModelUnpickler(pickle.Unpickler):
    """Unpickles what a model consists of and refuses every other name."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) not in _ALLOWED:
            raise pickle.UnpicklingError(f"it asks for {module}.{name}")
        return super().find_class(module, name)


_ALLOWED = frozenset(
    {
        ("featser.bundle", "Model"),
        ("featser.models.columns", "OnColumns"),
        ("featser.models.combination", "Combined"),
        ("featser.models.kernel", "GaussianKernel"),
        ("featser.models.kernel", "LinearKernel"),
        ("featser.models.kernel", "PairwiseSVC"),
        ("featser.models.linear", "EvenDiscriminant"),
        ("featser.models.linear", "Rotated"),
        ("featser.models.neighbours", "NearestUtterances"),
        ("featser.models.perceptron", "Perceptron"),
        ("featser.models.preparation", "Clipped"),
        ("featser.models.preparation", "Prepared"),
        ("featser.models.probabilities", "Calibrated"),
        ("featser.models.selection", "Selected"),
        ("featser.models.sequence.classifier", "SequenceClassifier"),
        ("featser.models.sequence.clips", "Measure"),
        ("featser.models.sequence.recipe", "Recipe"),
        ("featser.models.trees", "BalancedXGB"),
        ("featser.models.trees", "Histograms"),
        ("numpy", "dtype"),
        ("numpy", "ndarray"),
        ("numpy._core.multiarray", "_reconstruct"),
        ("numpy._core.multiarray", "scalar"),
        ("numpy._core.numeric", "_frombuffer"),
        ("sklearn._loss._loss", "CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "CyHalfMultinomialLoss"),
        ("sklearn._loss._loss", "__pyx_unpickle_CyHalfBinomialLoss"),
        ("sklearn._loss._loss", "__pyx_unpickle_CyHalfMultinomialLoss"),
        ("sklearn._loss.link", "Interval"),
        ("sklearn._loss.link", "LogitLink"),
        ("sklearn._loss.link", "MultinomialLogit"),
        ("sklearn._loss.loss", "HalfBinomialLoss"),
        ("sklearn._loss.loss", "HalfMultinomialLoss"),
        ("sklearn.ensemble._forest", "ExtraTreesClassifier"),
        ("sklearn.ensemble._forest", "RandomForestClassifier"),
        ("sklearn.ensemble._hist_gradient_boosting.binning", "_BinMapper"),
        ("sklearn.ensemble._hist_gradient_boosting.predictor", "TreePredictor"),
        ("sklearn.impute._base", "SimpleImputer"),
        ("sklearn.linear_model._logistic", "LogisticRegression"),
        ("sklearn.pipeline", "Pipeline"),
        ("sklearn.preprocessing._data", "QuantileTransformer"),
        ("sklearn.preprocessing._data", "StandardScaler"),
        ("sklearn.preprocessing._label", "LabelBinarizer"),
        ("sklearn.preprocessing._label", "LabelEncoder"),
        ("sklearn.tree._classes", "DecisionTreeClassifier"),
        ("sklearn.tree._classes", "ExtraTreeClassifier"),
        ("sklearn.tree._tree", "Tree"),
        ("xgboost.core", "Booster"),
    }
)


def evidence(run: Any) -> dict[str, Any]:
    """Return the part of a run that a model carries as its honest score."""
    kept = ("run", "protocol", "normalise", "leaky", "seed", "uar", "uar_low", "uar_high", "war", "macro_f1")
    values = asdict(run)
    return {name: values[name] for name in (*kept, "n_utterances", "n_speakers", "recall", "conformal")}

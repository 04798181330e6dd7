"""Adapt a model of several corpora to a collection of recordings without labels."""

from collections.abc import Sequence
from copy import deepcopy
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import ClassifierMixin

from featser.bundle import Model, load_model
from featser.bundle.prediction import speaker_rule
from featser.corpora import Rejected, find_audio_files
from featser.errors import InputError, UnreadableAudioError, UsageError
from featser.evaluation import Fold
from featser.evaluation.cross_validation import Features, joined_predictions, predictions_of
from featser.evaluation.scoring import adapted_scores
from featser.extraction import Backend, Progress, default_folder
from featser.models import MIN_UTTERANCES, CorporaDiscriminant, decide, normalise_by_speaker, shared_measures
from featser.models.chain import chain_of
from featser.training.enrolment import KeptClassifiers

FEWEST = 50
"""Recordings of known voices that adaptation needs."""

LEAST_EXPRESSIVE = 0.73
"""Expressiveness below which a collection is refused. Five acted corpora had 0.75 to 1.39 by a model of the four
others, and recordings of one of their emotions at most 0.72."""

_MOST_FAR = 0.2
"""Share of recordings that may be too far from the training recordings to be speech."""


@dataclass(frozen=True, eq=False)
class Adapted:
    """An adapted model, and what it was adapted to.

    Attributes
    ----------
    model : Model
        its classifier for normalisation ``speaker`` is adapted; ``training["adapted"]`` says to what
    rejected : tuple of Rejected
        recordings that could not be used
    """

    model: Model
    rejected: tuple[Rejected, ...] = ()


def adapt(
    model: Model | str | Path,
    recordings: str | Path | Sequence[str | Path],
    speakers: str = "folder",
    *,
    jobs: int | None = None,
    cache: str | Path | None = None,
    progress: Progress | None = None,
) -> Adapted:
    """Adapt a model to recordings without labels.

    Every voice is normalised by its own recordings, and the classifier is trained further on its own surest answers.
    The model must be fitted on several corpora with ``protocol="leave-one-corpus-out"`` and ``normalise="speaker"``.
    Its score is then that of adapting to each corpus in turn without its labels.

    Parameters
    ----------
    model : Model, str or Path
        a model, or its file
    recordings : str, Path or sequence of these
        audio files, and folders of audio files
    speakers : str
        how to tell the speakers: ``one``, ``folder`` (one folder per speaker) or the name of a corpus
    jobs : int, optional
        worker processes; one per core by default
    cache : str or Path, optional
        folder of the feature cache; the user's own by default
    progress : callable, optional
        called with the numbers of recordings done and to do

    Returns
    -------
    Adapted

    Raises
    ------
    UsageError
        the model cannot be adapted, or a path does not exist
    InputError
        the recordings are too few, are no speech, or do not differ as emotions do
    """
    model = model if isinstance(model, Model) else load_model(model)
    check_adaptable(model)
    rule = speaker_rule(speakers)
    paths = find_audio_files(recordings)
    names: dict[Path, str] = {}
    rejected = []
    for path in paths:
        try:
            names[path] = rule(path)
        except UnreadableAudioError as error:
            rejected.append(Rejected(str(path), error.reason))
    known = list(names)
    values, rows = model.read_rows(known, Path(cache or default_folder()), Backend(jobs=jobs), progress)
    rejected += [Rejected(str(known[at]), reason) for at, reason in rows.reasons.items()]
    voices = [names[known[at]] for at in np.flatnonzero(rows.usable)]
    return Adapted(adapt_to(model, values, voices), tuple(rejected))


def check_adaptable(model: Model) -> None:
    """Raise an error for a model that cannot be adapted.

    Parameters
    ----------
    model : Model

    Raises
    ------
    UsageError
        no score of adaptation holds for the model
    """
    if "adapted" in model.training:
        raise UsageError("This model is adapted already. Adapt the model that it was made from.")
    if not model.scores.get("speaker", {}).get("adapted"):
        raise UsageError(
            f"This model ({model.specification['model']}, {model.scores[model.normalise]['protocol']}, normalisation "
            f"{model.normalise}) cannot be adapted: that needs lda-corpora, fitted on two or more corpora. Fit one: "
            "featser fit A.parquet B.parquet --protocol leave-one-corpus-out --normalise speaker."
        )


def adapt_to(model: Model, features: NDArray[np.float32], voices: Sequence[str]) -> Model:
    """Adapt a model to the features of recordings without labels.

    Parameters
    ----------
    model : Model
        as for `adapt`
    features : NDArray [shape=(n_recordings, n_features)]
        columns as in ``model.features``
    voices : sequence of str
        speaker of each recording; voices of fewer than three recordings are left out

    Returns
    -------
    Model

    Raises
    ------
    UsageError, InputError
        as `adapt`
    """
    check_adaptable(model)
    matrix, names = np.asarray(features, dtype=np.float64), np.asarray(voices, dtype=np.str_)
    known, counts = np.unique(names, return_counts=True)
    kept = np.isin(names, known[counts >= MIN_UTTERANCES])
    _check_speech(model, matrix[kept], n_left_out=int((~kept).sum()))
    normalised = normalise_by_speaker(matrix[kept], names[kept], shared_measures(model.features))
    classifier = model.classifiers["speaker"]
    spread = expressiveness(classifier, normalised)
    if spread < LEAST_EXPRESSIVE:
        raise InputError(
            f"These {kept.sum()} recordings differ too little in the directions of emotions: {spread:.2f} of what the "
            f"training recordings do; {LEAST_EXPRESSIVE} is needed. They have one emotion only, or emotions that do "
            "not separate. Use the model without adaptation."
        )
    adapted = adapted_classifier(classifier, normalised)
    assert adapted is not None  # the model is adaptable
    answers, n_answers = np.unique(decide(adapted, normalised).labels, return_counts=True)
    record = {
        "n_recordings": int(kept.sum()),
        "n_speakers": len(np.unique(names[kept])),
        "n_left_out": int((~kept).sum()),
        "expressiveness": round(spread, 3),
        "predicted": dict(zip(map(str, answers), map(int, n_answers), strict=True)),
        "note": "the score is of adapting to each training corpus without its labels, by a model of the others, among "
        "the emotions of that corpus; it holds for acted emotions of several speakers, not for one emotion",
    }
    scores = model.scores["speaker"]
    own = scores | scores["adapted"] | {"adapted": {}, "enrolment": {}}
    return replace(
        model,
        classifiers=model.classifiers | {"speaker": adapted},
        scores=model.scores | {"speaker": own},
        training=model.training | {"adapted": record},
    )


def _check_speech(model: Model, matrix: Features, n_left_out: int) -> None:
    if len(matrix) < FEWEST:
        others = f" ({n_left_out} more are of voices with fewer than {MIN_UTTERANCES})" if n_left_out else ""
        raise InputError(
            f"{len(matrix)} recordings are too few to adapt to{others}; {FEWEST} of voices with {MIN_UTTERANCES} or "
            "more are needed. Give more, or tell the speakers by --speakers one or a corpus."
        )
    far = float(model.guards["none"].far(matrix).mean())
    if far > _MOST_FAR:
        raise InputError(
            f"{far:.0%} of {len(matrix)} recordings are no speech or of very poor quality, so no emotions can be "
            f"learnt from them; at most {_MOST_FAR:.0%} may be. Give recordings of speech."
        )


def expressiveness(classifier: ClassifierMixin, features: Features) -> float:
    """Return how much recordings vary in the directions of emotions, compared with the training recordings.

    Parameters
    ----------
    classifier : classifier
        of the model ``lda-corpora``
    features : Features [shape=(n_recordings, n_features)]
        normalised by speaker

    Returns
    -------
    float
        as `featser.models.CorporaDiscriminant.expressiveness`
    """
    chain = chain_of(classifier)
    return float(chain.estimator.expressiveness(chain.prepare(features)))


def adapted_classifier(classifier: ClassifierMixin, features: Features) -> ClassifierMixin | None:
    """Adapt a classifier to recordings without labels.

    Parameters
    ----------
    classifier : classifier
        fitted
    features : Features [shape=(n_recordings, n_features)]
        normalised by speaker

    Returns
    -------
    classifier or None
        a copy; None for a classifier that is not of the model ``lda-corpora``
    """
    chain = chain_of(classifier)
    if not isinstance(chain.estimator, CorporaDiscriminant) or chain.prepared is None:
        return None
    result = deepcopy(classifier)
    holder = chain_of(result).prepared
    assert holder is not None  # as in the original
    holder.estimator_ = chain.estimator.adapted(chain.prepare(features))
    return result


def score_of_adapting(
    kept: KeptClassifiers, features: Features, manifest: pd.DataFrame, folds: Sequence[Fold], seed: int
) -> dict[str, Any]:
    """Score the classifier of each fold after adapting it to the recordings of the fold, without their labels.

    Parameters
    ----------
    kept : KeptClassifiers
        classifiers of each fold, trained with normalisation by speaker
    features : Features [shape=(n_utterances, n_features)]
        normalised by speaker
    manifest : DataFrame
        same rows
    folds : sequence of Fold
    seed : int
        of the interval

    Returns
    -------
    dict
        as `featser.evaluation.scoring.adapted_scores`; empty for classifiers that cannot be adapted
    """
    tables = []
    for fold in folds:
        adapted = adapted_classifier(kept.of(fold, manifest), features[fold.test])
        if adapted is None:
            return {}
        tables.append(predictions_of(decide(adapted, features[fold.test]), manifest.iloc[fold.test], fold))
    return adapted_scores(joined_predictions(tables), seed)

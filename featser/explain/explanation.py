"""Explanations of answers: how much families of descriptors and acoustic words contribute."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from featser.bundle import Model, load_model
from featser.bundle.prediction import speaker_rule
from featser.corpora import find_audio_files
from featser.errors import InputError
from featser.explain.terms import exact_terms, margins
from featser.explain.words import WORDS, columns_of_words, difference, phrase
from featser.extraction import Backend, default_folder
from featser.features import DESCRIPTORS, UTTERANCE_FEATURES, parse_feature_name
from featser.models import (
    decide,
    enrolment_size,
    normalise_by_enrolment,
    normalise_by_few,
    normalise_by_speaker,
    shared_measures,
)

Matrix = NDArray[np.float64]

OTHER = "other"
"""Family of features that are not featser's own."""

AGAINST = {"none": "the training mean", "speaker": "this voice", "enrolment": "this voice"}
"""What the differences of words are relative to, by kind of normalisation."""


@dataclass(frozen=True)
class WordShare:
    """Contribution of an acoustic word.

    Attributes
    ----------
    word : str
        name in `featser.explain.WORDS`
    contribution : float
        to the margin of the answer; positive if the word speaks for it
    difference : float or None
        difference of the recording from the reference; None if a feature is missing or undefined
    unit : str
        ``semitones``, ``dB``, ``Hz`` or ``%``; empty without a difference
    phrase : str
        the difference in words, for example ``pitch range +38 %``; the name of the word without a difference
    """

    word: str
    contribution: float
    difference: float | None
    unit: str
    phrase: str


@dataclass(frozen=True)
class Explanation:
    """Why a recording got its emotion.

    Attributes
    ----------
    emotion : str
        the explained answer
    method : str
        ``linear`` (exact: weights times features), ``trees`` (XGBoost's own contributions) or ``occlusion``
        (approximate: change of the margin when all features of a group are undefined)
    margin : float
        logarithm of the probability of the emotion minus the mean logarithm of the other probabilities
    base : float or None
        margin without contributions; ``base`` plus the sum of ``families`` is the margin. None for ``occlusion``,
        whose contributions do not sum to the margin
    families : dict of str to float
        contribution of each family of descriptors, the largest magnitude first
    words : tuple of WordShare
        acoustic words, the largest contribution first; their features are part of the families
    against : str
        what the differences of words are relative to: ``the training mean`` or ``this voice``
    """

    emotion: str
    method: str
    margin: float
    base: float | None
    families: dict[str, float]
    words: tuple[WordShare, ...]
    against: str


def explain(
    model: Model | str | Path,
    recordings: str | Path | Sequence[str | Path],
    speakers: str | None = None,
    enrolled: str | Path | Sequence[str | Path] = (),
    *,
    jobs: int | None = None,
    cache: str | Path | None = None,
) -> list[Explanation]:
    """Explain the answers of `featser.predict`.

    Parameters
    ----------
    model : Model, str or Path
        a trained model, or its file
    recordings : str, Path or sequence of these
        audio files, and folders of audio files
    speakers, enrolled, jobs, cache
        as `featser.predict`

    Returns
    -------
    list of Explanation
        one per recording, in the given order

    Raises
    ------
    InputError
        a recording cannot be used
    UnknownNameError, UsageError
        as `featser.predict`
    """
    model = model if isinstance(model, Model) else load_model(model)
    paths, enrolled_paths = find_audio_files(recordings), find_audio_files(enrolled)
    rule = None if speakers is None else speaker_rule(speakers)
    names = [rule(path) for path in paths] if rule else None
    values, rows = model.read_rows(paths, Path(cache or default_folder()), Backend(jobs=jobs))
    if rows.reasons:
        at, reason = next(iter(rows.reasons.items()))
        raise InputError(f"Cannot explain {paths[at]}: {reason}. Leave it out.")
    enrolment = model.describe(enrolled_paths) if enrolled_paths else None
    return explain_features(model, values, names, enrolment)


def explain_features(
    model: Model,
    features: NDArray[np.float32],
    speakers: Sequence[str] | None = None,
    enrolment: NDArray[np.float32] | None = None,
) -> list[Explanation]:
    """Explain the answers of `Model.answer`.

    Parameters
    ----------
    model : Model
    features : NDArray [shape=(n_recordings, n_features)]
        columns as in ``model.features``
    speakers : sequence of str, optional
        speaker of each recording
    enrolment : NDArray [shape=(n_enrolled, n_features)], optional
        features of enrolled recordings

    Returns
    -------
    list of Explanation
        one per recording
    """
    ways = np.array(model.answer(features, speakers, enrolment).normalise)
    names = np.asarray(speakers if speakers is not None else [""] * len(features), dtype=np.str_)
    raw = np.asarray(features, dtype=np.float64)
    explained: dict[int, Explanation] = {}
    for way in np.unique(ways):
        rows = np.flatnonzero(ways == way)
        adapted, references = _adapted(model, str(way), raw[rows], names[rows], enrolment)
        kind = AGAINST[str(way).partition(":")[0]]
        for at, parts in zip(rows, _contributions(model, str(way), adapted), strict=True):
            reference = references[names[at]] if names[at] in references else references[""]
            explained[int(at)] = _explanation(model, parts, raw[at], reference, kind)
    return [explained[at] for at in range(len(raw))]


def _adapted(
    model: Model, way: str, rows: Matrix, names: NDArray[np.str_], enrolment: NDArray[np.float32] | None
) -> tuple[Matrix, dict[str, Matrix]]:
    """Features as the classifier takes them, and the reference values of each speaker or of all."""
    if way == "none":
        return rows, {"": np.asarray(model.means, dtype=np.float64)}
    measures, n_enrolled = shared_measures(model.features), enrolment_size(way)
    if n_enrolled is None:
        references = {str(name): _means(rows[names == name]) for name in np.unique(names)}
        return normalise_by_speaker(rows, names, measures), references
    enrolled = np.asarray(enrolment, dtype=np.float64)
    if model.average_speaker:
        return normalise_by_few(rows, enrolled, model.average_speaker, measures), {"": _means(enrolled)}
    return normalise_by_enrolment(rows, enrolled, n_enrolled, measures), {"": _means(enrolled)}


def _means(rows: Matrix) -> Matrix:
    """Mean of the defined values of each column; NaN if there are none."""
    defined = ~np.isnan(rows)
    count = defined.sum(axis=0)
    total = np.where(defined, rows, 0).sum(axis=0)
    return np.where(count > 0, total / np.maximum(count, 1), np.nan)


def _contributions(model: Model, way: str, rows: Matrix) -> list[dict[str, Any]]:
    """Method, margin, base, and contributions of families and words for each row."""
    classifier = model.classifiers[way if way in model.classifiers else model.normalise]
    decision = decide(classifier, rows)
    answers = decision.probabilities.argmax(axis=1)
    actual = margins(decision.probabilities, answers)
    groups = [_families(model.features), columns_of_words(model.features)]
    terms = exact_terms(classifier, rows, answers)
    if terms is not None:
        shares = [{name: terms.columns[:, at].sum(axis=1) for name, at in group.items()} for group in groups]
        method, base = terms.method, terms.base
        actual = base + terms.columns.sum(axis=1)
    else:
        shares = [
            {name: actual - _without(classifier, rows, at, answers) for name, at in group.items()} for group in groups
        ]
        method, base = "occlusion", None
    return [
        {
            "emotion": str(decision.labels[at]),
            "method": method,
            "margin": float(actual[at]),
            "base": None if base is None else float(base[at]),
            "families": {name: float(share[at]) for name, share in shares[0].items()},
            "words": {name: float(share[at]) for name, share in shares[1].items()},
        }
        for at in range(len(rows))
    ]


def _without(classifier: Any, rows: Matrix, columns: Sequence[int], answers: NDArray[np.int64]) -> Matrix:
    """Margins with some features undefined, which the classifiers replace by the training mean or median."""
    occluded = rows.copy()
    occluded[:, columns] = np.nan
    return margins(decide(classifier, occluded).probabilities, answers)


@lru_cache(maxsize=8)
def _families(features: tuple[str, ...]) -> Mapping[str, list[int]]:
    """Columns of each family of descriptors; all columns of one track belong to one family."""
    of_track: dict[str, str] = {}
    found: dict[str, list[int]] = {}
    for at, column in enumerate(features):
        track = column.partition("__")[0]
        if track not in of_track:
            of_track[track] = _family(column)
        found.setdefault(of_track[track], []).append(at)
    return found


def _family(column: str) -> str:
    try:
        name = parse_feature_name(column).descriptor
    except InputError:
        return OTHER
    return (DESCRIPTORS.get(name) or UTTERANCE_FEATURES[name]).family


def _explanation(model: Model, parts: dict[str, Any], values: Matrix, reference: Matrix, against: str) -> Explanation:
    """Order the contributions, and state the differences of the words."""
    families = dict(sorted(parts["families"].items(), key=lambda item: (-abs(item[1]), item[0])))
    here, usual = (dict(zip(model.features, row, strict=True)) for row in (values, reference))
    words = []
    for word in WORDS:
        if word.name in parts["words"]:
            change = difference(word, here, usual)
            amount, unit = change or (None, "")
            text = word.name if amount is None else phrase(word, amount, unit)
            words.append(WordShare(word.name, parts["words"][word.name], amount, unit, text))
    words.sort(key=lambda each: (-each.contribution, each.word))
    return Explanation(**parts | {"families": families, "words": tuple(words), "against": against})

"""Speaker normalisation of features: none, by enrolment, or over all recordings of a speaker."""

import hashlib

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.errors import InputError, UnknownNameError, listed
from featser.models import (
    MIN_ENROLLED,
    MIN_UTTERANCES,
    enrolment_size,
    normalise_by_others,
    normalise_by_speaker,
    shared_measures,
)

NORMALISATIONS = {
    "none": "no adaptation to the tested speaker: the score applies to a single clip of an unknown voice",
    "enrolment:K": "each clip is normalised by K other unlabelled clips of its speaker, for example enrolment:5: "
    "the score applies where K clips of a new voice are available",
    "speaker": "features are z-scored over all unlabelled clips of each speaker: transductive, "
    "the score applies where many clips of a new voice are available",
}
"""Normalisations and their descriptions; ``K`` is a number."""


def prepare(features: pd.DataFrame, manifest: pd.DataFrame, normalise: str) -> NDArray[np.float64]:
    """Normalise the features of each speaker.

    Speakers are normalised separately, so no information passes between training and test speakers, and the folds may
    be made afterwards. With ``enrolment:K``, the clips of a speaker are arranged in a circle, in an order that depends
    on their names only, and each clip is normalised by the next K.

    Parameters
    ----------
    features : DataFrame [shape=(n_utterances, n_features)]
        features of a table
    manifest : DataFrame
        ``utterance`` and ``speaker`` of each row; ``derived_from`` where there are copies
    normalise : str
        ``none``, ``enrolment:K`` or ``speaker``

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        NaN where a feature is undefined

    Raises
    ------
    UnknownNameError
        unknown normalisation
    InputError
        an unknown speaker, or a speaker with too few utterances
    """
    n_enrolled = enrolment_size(normalise)
    if normalise not in ("none", "speaker") and n_enrolled is None:
        raise UnknownNameError("normalisation", normalise, NORMALISATIONS)
    matrix = features.to_numpy(dtype=np.float64)
    if normalise == "none":
        return matrix
    measures = shared_measures(list(features.columns))
    if n_enrolled is None:
        _check_speakers(manifest, "Normalisation by speaker", MIN_UTTERANCES)
        return normalise_by_speaker(matrix, voice_ids(manifest), measures)
    if n_enrolled < MIN_ENROLLED:
        raise InputError(
            f"{normalise}: K must be at least {MIN_ENROLLED}, to estimate a standard deviation. "
            "Take more clips, for example enrolment:5."
        )
    _check_speakers(manifest, f"Normalisation by {normalise}", n_enrolled + 1)
    return normalise_by_others(matrix, enrolment_rounds(manifest), n_enrolled, measures)


def voice_ids(manifest: pd.DataFrame) -> NDArray[np.str_]:
    """Return the voice of each utterance: its speaker, and for copies the suffix of the copy.

    Parameters
    ----------
    manifest : DataFrame
        ``utterance`` and ``speaker`` of each row; ``derived_from`` where there are copies

    Returns
    -------
    NDArray of str [shape=(n_utterances,)]
        rows with the same id are normalised together
    """
    return np.char.add(manifest["speaker"].to_numpy(dtype=np.str_), copy_suffixes(manifest))


def copy_suffixes(manifest: pd.DataFrame) -> NDArray[np.str_]:
    """Return the suffix by which the name of a copy differs from that of its original.

    Parameters
    ----------
    manifest : DataFrame
        ``utterance`` of each row; ``derived_from`` where there are copies

    Returns
    -------
    NDArray of str [shape=(n_utterances,)]
        ``~speed-0.95``, for example; empty for originals
    """
    if "derived_from" not in manifest:
        return np.full(len(manifest), "")
    source = manifest["derived_from"].fillna(manifest["utterance"])
    pairs = zip(manifest["utterance"], source, strict=True)
    return np.array([name.removeprefix(of) for name, of in pairs], dtype=np.str_)


def enrolment_rounds(manifest: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Arrange the utterances of each voice in a circle, in an order that depends on their names only.

    Parameters
    ----------
    manifest : DataFrame
        ``utterance`` and ``speaker`` of each row; ``derived_from`` where there are copies

    Returns
    -------
    list of NDArray [shape=(n_utterances_of_voice,)]
        rows of each voice; each utterance is enrolled by the next ones
    """
    digests = [hashlib.sha256(str(name).encode()).hexdigest() for name in manifest["utterance"]]
    order = np.argsort(np.array(digests), kind="stable")
    voices = voice_ids(manifest)[order]
    return [order[voices == voice] for voice in np.unique(voices)]


def _check_speakers(manifest: pd.DataFrame, what: str, n_needed: int) -> None:
    if manifest["speaker"].isna().any():
        n_unknown = int(manifest["speaker"].isna().sum())
        raise InputError(
            f"{what} needs the speaker of every utterance; {n_unknown} of {len(manifest)} have none. "
            "Add a 'speaker' column, or take --normalise none."
        )
    names, counts = np.unique(voice_ids(manifest), return_counts=True)
    few = [str(name) for name in names[counts < n_needed]]
    if few:
        raise InputError(
            f"{what} needs {n_needed} utterances of each speaker; {listed(few)} "
            f"{'has' if len(few) == 1 else 'have'} fewer. Take --normalise none."
        )

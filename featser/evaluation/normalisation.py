"""What a voice is measured by before anything is learnt: nothing, a few of its recordings, or all of them."""

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
    "none": "everything is learnt from training speakers: the score holds for one clip of an unknown voice",
    "enrolment:K": "each clip is measured by K other unlabelled clips of its speaker, for example enrolment:5: "
    "the score holds where a new voice first gives K clips",
    "speaker": "each speaker's features are z-scored over all of their unlabelled clips: transductive, "
    "the score holds where many clips of the new voice are at hand",
}
"""Every normalisation with what it does; ``K`` stands for a number."""


def prepare(features: pd.DataFrame, manifest: pd.DataFrame, normalise: str) -> NDArray[np.float64]:
    """Return features as a matrix under one normalisation; each speaker apart, so it may come before the folds.

    Training and tested speakers are measured alike, and by ``enrolment:K`` no clip is ever measured by itself: the
    clips of a speaker stand in a circle, in an order that depends on their names alone, and each is measured by the
    next K.

    Returns
    -------
    NDArray [shape=(n_utterances, n_features)]
        NaN = undefined

    Raises
    ------
    UnknownNameError
        no such normalisation
    InputError
        normalisation by speaker or enrolment with unknown speakers, or speakers with too few utterances for it
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
        return normalise_by_speaker(matrix, voices(manifest), measures)
    if n_enrolled < MIN_ENROLLED:
        raise InputError(
            f"{normalise}: {n_enrolled} clips have no spread. Enrol {MIN_ENROLLED} at least, for example enrolment:5."
        )
    _check_speakers(manifest, f"Normalisation by {normalise}", n_enrolled + 1)
    return normalise_by_others(matrix, _rounds(manifest), n_enrolled, measures)


def voices(manifest: pd.DataFrame) -> NDArray[np.str_]:
    """Who is measured together, shape ``(n_utterances,)``: a speaker's recordings, and each change of them apart."""
    return np.char.add(manifest["speaker"].to_numpy(dtype=np.str_), changes(manifest))


def changes(manifest: pd.DataFrame) -> NDArray[np.str_]:
    """What was done to the recording that each utterance is a copy of, shape ``(n_utterances,)``; empty for originals.

    It is what the copy's name says after that of its source: ``~speed-0.95``.
    """
    if "derived_from" not in manifest:
        return np.full(len(manifest), "")
    source = manifest["derived_from"].fillna(manifest["utterance"])
    pairs = zip(manifest["utterance"], source, strict=True)
    return np.array([name.removeprefix(of) for name, of in pairs], dtype=np.str_)


def _rounds(manifest: pd.DataFrame) -> list[NDArray[np.int64]]:
    """Rows of each speaker, shuffled by a digest of their names; the same whoever else is in the table."""
    digests = [hashlib.sha256(str(name).encode()).hexdigest() for name in manifest["utterance"]]
    order = np.argsort(np.array(digests), kind="stable")
    speakers = voices(manifest)[order]
    return [order[speakers == speaker] for speaker in np.unique(speakers)]


def _check_speakers(manifest: pd.DataFrame, what: str, n_needed: int) -> None:
    if manifest["speaker"].isna().any():
        raise InputError(f"{what} needs to know every speaker. Add a 'speaker' column, or leave it out.")
    names, counts = np.unique(voices(manifest), return_counts=True)
    few = [str(name) for name in names[counts < n_needed]]
    if few:
        raise InputError(
            f"{what} needs {n_needed} utterances of each; {listed(few)} "
            f"{'has' if len(few) == 1 else 'have'} fewer. Take --normalise none."
        )

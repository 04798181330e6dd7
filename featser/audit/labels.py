"""Suspected wrong labels: recordings whose label a model of other speakers finds very unlikely."""

from collections.abc import Iterable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.audit.findings import Collection, Finding, counted
from featser.errors import InputError

KIND = "suspected-label"

_UNLIKELY = 0.02
"""Probability of the label below which it is suspected. With 2 to 5 % of EmoDB's labels changed at random, half of them
are found and no other recording; none is suspected in EmoDB itself."""

_LIKELY = 0.5
"""Probability of another emotion above which the label is suspected."""

_ROUNDS = 5


def find_suspected_labels(collections: Iterable[Collection], predictions: pd.DataFrame) -> Iterator[Finding]:
    """Find labels that out-of-fold predictions contradict.

    The probabilities are calibrated for each speaker first, see `calibrated_by_speaker`, so that a voice that the model
    takes for sad is not suspected as a whole.

    Parameters
    ----------
    collections : iterable of Collection
        recordings with their labels
    predictions : DataFrame
        ``utterance, speaker, truth`` and ``p_<emotion>`` of a run; the model must not have been trained on the speaker

    Yields
    ------
    Finding
        a warning for each corpus with suspected labels

    Raises
    ------
    InputError
        no recording is in ``predictions``

    References
    ----------
    Northcutt, Jiang and Chuang, Confident learning: estimating uncertainty in dataset labels, JAIR 2021.
    """
    known = {
        recording.utterance.utterance: (each.corpus, recording.path)
        for each in collections
        for recording in each.readable
        if recording.utterance
    }
    tested = predictions[predictions["utterance"].isin(list(known))].reset_index(drop=True)
    if tested.empty:
        names = ", ".join(sorted(map(str, predictions["corpus"].unique())))
        raise InputError(f"The run tested {names}, none of these recordings. Give the folder that it was made from.")
    for corpus, details in _details(tested, known).items():
        words = "Labels that a model of other speakers finds unlikely; listen to them"
        sentence = f"{words}: {counted(len(details))} of {len(tested):,}."
        yield Finding(KIND, "warning", corpus, sentence, tuple(details), details=details)


def calibrated_by_speaker(
    probabilities: NDArray[np.float64], truth: NDArray[np.int64], speaker: NDArray[np.str_]
) -> NDArray[np.float64]:
    """Weight the emotions of each speaker so that their mean probabilities approach the shares of the speaker's labels.

    Weights and normalisation of the rows alternate five times (iterative proportional fitting). Shares are smoothed by
    one utterance per emotion.

    Parameters
    ----------
    probabilities : NDArray [shape=(n_utterances, n_emotions)]
        rows sum to 1
    truth : NDArray of int [shape=(n_utterances,)]
        column of each label
    speaker : NDArray of str [shape=(n_utterances,)]

    Returns
    -------
    NDArray [shape=(n_utterances, n_emotions)]
        rows sum to 1
    """
    found = np.clip(probabilities, 1e-9, None)
    n_emotions = found.shape[1]
    for name in np.unique(speaker):
        rows = speaker == name
        shares = (np.bincount(truth[rows], minlength=n_emotions) + 1) / (rows.sum() + n_emotions)
        part = found[rows]
        for _ in range(_ROUNDS):
            part = part * (shares / part.mean(axis=0))
            part /= part.sum(axis=1, keepdims=True)
        found[rows] = part
    return found


def _details(tested: pd.DataFrame, known: dict[str, tuple[str, str]]) -> dict[str, dict[str, str]]:
    """Corpus -> path -> label and likely emotion with their probabilities, the least likely label first."""
    emotions = sorted(name.removeprefix("p_") for name in tested.columns if name.startswith("p_"))
    columns = {emotion: at for at, emotion in enumerate(emotions)}
    truth = np.array([columns[each] for each in tested["truth"]], dtype=np.int64)
    speaker = tested["speaker"].fillna("").to_numpy(dtype=np.str_)
    values = tested[[f"p_{emotion}" for emotion in emotions]].fillna(0.0).to_numpy(dtype=np.float64)
    likely = calibrated_by_speaker(values, truth, speaker)
    own, best = likely[np.arange(len(truth)), truth], likely.argmax(axis=1)
    found: dict[str, dict[str, str]] = {}
    for row in np.argsort(own, kind="stable"):
        if own[row] < _UNLIKELY and likely[row, best[row]] > _LIKELY:
            corpus, path = known[tested["utterance"].iloc[row]]
            words = f"labelled {emotions[truth[row]]} ({own[row]:.1%}), like {emotions[best[row]]}"
            found.setdefault(corpus, {})[path] = f"{words} ({likely[row, best[row]]:.0%})"
    return found

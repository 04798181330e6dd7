"""Metrics of predicted emotions: recall, precision, their means, and bootstrap intervals over speakers."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from featser.evaluation.calibration import class_names

MIN_SPEAKERS = 3
"""Smallest number of speakers for which an interval is computed."""

_DRAWS = 2000
_TRIES = 20
"""Largest number of batches of draws; draws that lack an emotion are discarded."""
INTERVAL = (2.5, 97.5)
"""Percentiles of the draws that bound a 95 % interval."""


def unweighted_average_recall(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Unweighted average recall (UAR): mean of the recalls of the emotions in ``truth``.

    An emotion that occurs only in ``predicted`` adds no term. Scikit-learn's macro recall over the union of labels
    would add a recall of 0.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    float
        0 to 1

    Examples
    --------
    >>> unweighted_average_recall(["anger", "anger"], ["anger", "fear"])
    0.5
    """
    labels = sorted(set(truth))
    return float(recall_score(truth, predicted, labels=labels, average="macro", zero_division=0))


def weighted_average_recall(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Weighted average recall (WAR), the accuracy: share of utterances with the correct emotion.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    float
        0 to 1
    """
    return float(accuracy_score(truth, predicted))


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Macro-F1: mean of the F1 scores of the emotions in ``truth``.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    float
        0 to 1
    """
    return float(f1_score(truth, predicted, labels=sorted(set(truth)), average="macro", zero_division=0))


def macro_precision(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Macro precision: mean of the precisions of the emotions in ``truth``.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    float
        0 to 1; an emotion that is never predicted has a precision of 0
    """
    return float(np.mean(list(precision_by_emotion(truth, predicted).values())))


def precision_by_emotion(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Precision of each emotion in ``truth``.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    dict of str to float
        0 to 1; 0 for an emotion that is never predicted
    """
    labels = sorted(set(truth))
    precisions = precision_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return {label: float(precision) for label, precision in zip(labels, precisions, strict=True)}


def recall_by_emotion(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Recall of each emotion in ``truth``.

    Parameters
    ----------
    truth, predicted : sequence of str
        true and predicted emotion of each utterance

    Returns
    -------
    dict of str to float
        0 to 1
    """
    labels = sorted(set(truth))
    recalls = recall_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return {label: float(recall) for label, recall in zip(labels, recalls, strict=True)}


def confusion(predictions: pd.DataFrame) -> list[list[int]]:
    """Confusion matrix.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions

    Returns
    -------
    list of list of int
        counts; rows are true and columns predicted emotions, in alphabetical order
    """
    classes = class_names(predictions)
    counts = confusion_matrix(predictions["truth"], predictions["predicted"], labels=classes)
    return [[int(count) for count in row] for row in counts]


def uar_by_speaker(predictions: pd.DataFrame) -> dict[str, float]:
    """UAR of each speaker, over the emotions of the speaker.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions

    Returns
    -------
    dict of str to float
        known speakers only
    """
    known = predictions[predictions["speaker"].notna()]
    if known.empty:
        return {}
    recalls = _mean_recall(_confusion_by_speaker(known))
    return dict(zip(sorted(known["speaker"].unique()), map(float, recalls), strict=True))


def right_by_speaker(predictions: pd.DataFrame) -> dict[str, list[int]]:
    """Number of correct predictions of each speaker, by true emotion.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions

    Returns
    -------
    dict of str to list of int
        speaker -> counts in the order of the classes; empty where some speaker is unknown
    """
    return _counts_by_speaker(predictions, np.diagonal(_confusion_by_speaker(predictions), axis1=1, axis2=2))


def spoken_by_speaker(predictions: pd.DataFrame) -> dict[str, list[int]]:
    """Number of utterances of each speaker, by true emotion.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions

    Returns
    -------
    dict of str to list of int
        speaker -> counts in the order of the classes; empty where some speaker is unknown
    """
    return _counts_by_speaker(predictions, _confusion_by_speaker(predictions).sum(axis=2))


def uar_by_corpus(predictions: pd.DataFrame) -> dict[str, float]:
    """UAR of each corpus, over the emotions of the corpus.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions

    Returns
    -------
    dict of str to float
        in alphabetical order
    """
    return {
        str(corpus): unweighted_average_recall(list(part["truth"]), list(part["predicted"]))
        for corpus, part in predictions.groupby("corpus")
    }


def uar_interval(predictions: pd.DataFrame, seed: int, *, over_corpora: bool = False) -> tuple[float, float] | None:
    """95 % confidence interval of the pooled UAR, by a percentile bootstrap over speakers.

    Speakers are resampled, not utterances, because the score should apply to new speakers. Draws that lack an emotion
    are discarded.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions
    seed : int
        seed of the draws
    over_corpora : bool
        interval of the mean of the UARs of the corpora instead; a draw must have every emotion of every corpus

    Returns
    -------
    tuple of (low, high) or None
        None for fewer than three speakers, for unknown speakers, and where few draws have every emotion

    References
    ----------
    Davison and Hinkley, Bootstrap methods and their application, 1997, sec. 3.8 (hierarchical data).
    """
    counts = _confusion_by_speaker(predictions)
    if predictions["speaker"].isna().any():
        return None
    of_speaker = predictions.groupby("speaker")["corpus"].first().to_numpy() if over_corpora else np.zeros(len(counts))
    groups = of_speaker[:, None] == np.unique(of_speaker)
    spoken = (counts.sum(axis=2)[:, None] * groups[:, :, None]).reshape(len(counts), -1)
    times = draw_speakers(spoken, seed)
    if times is None:
        return None
    drawn = [_mean_recall(np.tensordot(times[:, group], counts[group], axes=1)) for group in groups.T]
    low, high = np.percentile(np.mean(drawn, axis=0), INTERVAL)
    return float(low), float(high)


def draw_speakers(spoken: NDArray[np.int64], seed: int) -> NDArray[np.int64] | None:
    """Draw speakers with replacement, 2000 times, for bootstrap intervals.

    Speakers are sorted by name and drawn by ``numpy.random.default_rng(seed).integers`` in blocks of 2000 draws.

    Parameters
    ----------
    spoken : ndarray [shape=(n_speakers, n_classes)]
        utterances of each speaker and emotion
    seed : int
        of the random draws

    Returns
    -------
    ndarray [shape=(2000, n_speakers)] or None
        how often each draw has each speaker. Draws without any utterance of some emotion are left out and replaced.
        None for fewer than three speakers, and where fewer than 2000 of 40000 draws have every emotion.
    """
    if len(spoken) < MIN_SPEAKERS:
        return None
    rng = np.random.default_rng(seed)
    here = spoken.sum(axis=0) > 0
    kept: list[NDArray[np.int64]] = []
    for _ in range(_TRIES):
        drawn = rng.integers(0, len(spoken), size=(_DRAWS, len(spoken))) + len(spoken) * np.arange(_DRAWS)[:, None]
        times = np.bincount(drawn.ravel(), minlength=_DRAWS * len(spoken)).reshape(_DRAWS, len(spoken))
        kept += list(times[((times @ spoken) > 0)[:, here].all(axis=1)])
        if len(kept) >= _DRAWS:
            return np.stack(kept[:_DRAWS])
    return None


def _counts_by_speaker(predictions: pd.DataFrame, counts: NDArray[np.int64]) -> dict[str, list[int]]:
    if predictions["speaker"].isna().any():
        return {}
    speakers = sorted(predictions["speaker"].unique())
    return {name: [int(count) for count in row] for name, row in zip(speakers, counts, strict=True)}


def _mean_recall(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """UAR of confusion matrices of shape ``(n, n_classes, n_classes)``, over the emotions in each, shape ``(n,)``."""
    totals = counts.sum(axis=2)
    hits = np.diagonal(counts, axis1=1, axis2=2)
    recalls = np.divide(hits, totals, out=np.zeros(hits.shape), where=totals > 0)
    return recalls.sum(axis=1) / (totals > 0).sum(axis=1)


def _confusion_by_speaker(predictions: pd.DataFrame) -> NDArray[np.int64]:
    """Confusion matrix of each speaker, shape ``(n_speakers, n_classes, n_classes)``.

    Each utterance of an unknown speaker counts as a speaker.
    """
    classes = class_names(predictions)
    speaker = predictions["speaker"].fillna(predictions["utterance"])
    codes = np.unique(speaker.to_numpy(dtype=str), return_inverse=True)[1]
    counts = np.zeros((codes.max() + 1, len(classes), len(classes)), dtype=np.int64)
    truth = np.searchsorted(classes, predictions["truth"].to_numpy(dtype=str))
    predicted = np.searchsorted(classes, predictions["predicted"].to_numpy(dtype=str))
    np.add.at(counts, (codes, truth, predicted), 1)
    return counts

"""What decisions are worth: recalls, precisions and their means, and how sure that is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, precision_score, recall_score

from featser.evaluation.calibration import class_names

MIN_SPEAKERS = 3
"""Fewer speakers carry no interval."""

_DRAWS = 2000
_TRIES = 20
"""Times so many draws, of which those that have every emotion are kept."""
_INTERVAL = (2.5, 97.5)


def unweighted_average_recall(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """UAR: mean recall over the emotions that occur in ``truth``, 0 to 1.

    An emotion that is only predicted lowers the recall of the true one but adds no term of its own;
    scikit-learn's macro recall over the union of labels would add a 0.

    >>> unweighted_average_recall(["anger", "anger"], ["anger", "fear"])
    0.5
    """
    labels = sorted(set(truth))
    return float(recall_score(truth, predicted, labels=labels, average="macro", zero_division=0))


def weighted_average_recall(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """WAR: share of utterances that are right, also called accuracy, 0 to 1."""
    return float(accuracy_score(truth, predicted))


def macro_f1(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean F1 over the emotions that occur in ``truth``, 0 to 1."""
    return float(f1_score(truth, predicted, labels=sorted(set(truth)), average="macro", zero_division=0))


def macro_precision(truth: Sequence[str], predicted: Sequence[str]) -> float:
    """Mean precision over the emotions that occur in ``truth``, 0 to 1; one that is never answered counts as 0.

    The mean recall over the same emotions, macro recall, is the UAR.
    """
    return float(np.mean(list(precision_by_emotion(truth, predicted).values())))


def precision_by_emotion(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Precision of each emotion that occurs in ``truth``: the share of its answers that are right, 0 to 1."""
    labels = sorted(set(truth))
    precisions = precision_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return {label: float(precision) for label, precision in zip(labels, precisions, strict=True)}


def recall_by_emotion(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Recall of each emotion that occurs in ``truth``, 0 to 1."""
    labels = sorted(set(truth))
    recalls = recall_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return {label: float(recall) for label, recall in zip(labels, recalls, strict=True)}


def confusion(predictions: pd.DataFrame) -> list[list[int]]:
    """Counts, rows = truth, columns = predicted, both in the alphabetical order of the classes."""
    classes = class_names(predictions)
    counts = confusion_matrix(predictions["truth"], predictions["predicted"], labels=classes)
    return [[int(count) for count in row] for row in counts]


def uar_by_speaker(predictions: pd.DataFrame) -> dict[str, float]:
    """UAR of each speaker's utterances, over the emotions that this speaker has."""
    known = predictions[predictions["speaker"].notna()]
    if known.empty:
        return {}
    recalls = _mean_recall(_confusion_by_speaker(known))
    return dict(zip(sorted(known["speaker"].unique()), map(float, recalls), strict=True))


def right_by_speaker(predictions: pd.DataFrame) -> dict[str, list[int]]:
    """How many of each speaker's utterances are right, per class; empty where some speaker is not known."""
    if predictions["speaker"].isna().any():
        return {}
    hits = np.diagonal(_confusion_by_speaker(predictions), axis1=1, axis2=2)
    speakers = sorted(predictions["speaker"].unique())
    return {name: [int(count) for count in row] for name, row in zip(speakers, hits, strict=True)}


def uar_interval(predictions: pd.DataFrame, seed: int) -> tuple[float, float] | None:
    """95 % percentile interval of the pooled UAR over draws of speakers.

    Speakers are drawn with replacement, not utterances: the next user is a new voice, not a new sentence of a known
    one. A draw that lacks an emotion would be another task, and is drawn again. None for fewer than three speakers,
    where some speaker is not known, and where hardly a draw has every emotion.

    References
    ----------
    Davison and Hinkley, Bootstrap methods and their application, 1997, sec. 3.8 (hierarchical data).
    """
    counts = _confusion_by_speaker(predictions)
    if len(counts) < MIN_SPEAKERS or predictions["speaker"].isna().any():
        return None
    rng = np.random.default_rng(seed)
    here = counts.sum(axis=(0, 2)) > 0
    whole: list[NDArray[np.int64]] = []
    for _ in range(_TRIES):
        drawn = rng.integers(0, len(counts), size=(_DRAWS, len(counts)))
        times = np.stack([np.bincount(draw, minlength=len(counts)) for draw in drawn])
        matrices = np.tensordot(times, counts, axes=1)
        whole += list(matrices[(matrices.sum(axis=2) > 0)[:, here].all(axis=1)])
        if len(whole) >= _DRAWS:
            low, high = np.percentile(_mean_recall(np.stack(whole[:_DRAWS])), _INTERVAL)
            return float(low), float(high)
    return None


def _mean_recall(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """UAR of each confusion matrix, over the emotions that occur in it; shape ``(n, n_classes, n_classes)`` in."""
    totals = counts.sum(axis=2)
    hits = np.diagonal(counts, axis1=1, axis2=2)
    recalls = np.divide(hits, totals, out=np.zeros(hits.shape), where=totals > 0)
    return recalls.sum(axis=1) / (totals > 0).sum(axis=1)


def _confusion_by_speaker(predictions: pd.DataFrame) -> NDArray[np.int64]:
    """Counts of shape ``(n_speakers, n_classes, n_classes)``; utterances of unknown speakers count as one each."""
    classes = class_names(predictions)
    speaker = predictions["speaker"].fillna(predictions["utterance"])
    codes = np.unique(speaker.to_numpy(dtype=str), return_inverse=True)[1]
    counts = np.zeros((codes.max() + 1, len(classes), len(classes)), dtype=np.int64)
    truth = np.searchsorted(classes, predictions["truth"].to_numpy(dtype=str))
    predicted = np.searchsorted(classes, predictions["predicted"].to_numpy(dtype=str))
    np.add.at(counts, (codes, truth, predicted), 1)
    return counts

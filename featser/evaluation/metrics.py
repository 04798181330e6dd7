"""What predictions are worth: recalls and their means, probabilities held against the truth, and how sure that is."""

from collections.abc import Sequence

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

MIN_SPEAKERS = 3
"""Fewer speakers carry no interval."""

_DRAWS = 2000
_INTERVAL = (2.5, 97.5)
_CALIBRATION_BINS = 15


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


def recall_by_emotion(truth: Sequence[str], predicted: Sequence[str]) -> dict[str, float]:
    """Recall of each emotion that occurs in ``truth``, 0 to 1."""
    labels = sorted(set(truth))
    recalls = recall_score(truth, predicted, labels=labels, average=None, zero_division=0)
    return {label: float(recall) for label, recall in zip(labels, recalls, strict=True)}


def log_loss(predictions: pd.DataFrame) -> float:
    """Mean negative log probability of the true emotion, in nats; a guess by chance scores the log of the classes."""
    probability = _probability_of_truth(predictions)
    return float(-np.log(np.maximum(probability, np.finfo(np.float64).tiny)).mean())


def expected_calibration_error(predictions: pd.DataFrame) -> float:
    """ECE: mean gap between confidence and hit rate over 15 bins of equal width, 0 to 1.

    References
    ----------
    Guo, Pleiss, Sun and Weinberger, On calibration of modern neural networks, ICML 2017.
    """
    confidence = predictions[probability_columns(predictions)].to_numpy().max(axis=1)
    right = (predictions["truth"] == predictions["predicted"]).to_numpy(dtype=np.float64)
    bins = np.minimum((confidence * _CALIBRATION_BINS).astype(np.int64), _CALIBRATION_BINS - 1)
    gaps = np.bincount(bins, right - confidence, _CALIBRATION_BINS)
    return float(np.abs(gaps).sum() / len(predictions))


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


def uar_interval(predictions: pd.DataFrame, seed: int) -> tuple[float, float] | None:
    """95 % percentile interval of the pooled UAR over draws of speakers.

    Speakers are drawn with replacement, not utterances: the next user is a new voice, not a new sentence of a known
    one. None for fewer than three speakers.

    References
    ----------
    Davison and Hinkley, Bootstrap methods and their application, 1997, sec. 3.8 (hierarchical data).
    """
    counts = _confusion_by_speaker(predictions)
    if len(counts) < MIN_SPEAKERS:
        return None
    rng = np.random.default_rng(seed)
    drawn = rng.integers(0, len(counts), size=(_DRAWS, len(counts)))
    times = np.stack([np.bincount(draw, minlength=len(counts)) for draw in drawn])
    low, high = np.percentile(_mean_recall(np.tensordot(times, counts, axes=1)), _INTERVAL)
    return float(low), float(high)


def class_names(predictions: pd.DataFrame) -> list[str]:
    """Emotions of a table of predictions, in the order of its probability columns."""
    return [column.removeprefix("p_") for column in probability_columns(predictions)]


def probability_columns(predictions: pd.DataFrame) -> list[str]:
    """Names of the columns ``p_<emotion>``."""
    return [column for column in predictions.columns if column.startswith("p_")]


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


def _probability_of_truth(predictions: pd.DataFrame) -> NDArray[np.float64]:
    columns = probability_columns(predictions)
    truth = np.searchsorted([column.removeprefix("p_") for column in columns], predictions["truth"].to_numpy(dtype=str))
    probabilities: NDArray[np.float64] = predictions[columns].to_numpy()
    return probabilities[np.arange(len(predictions)), truth]

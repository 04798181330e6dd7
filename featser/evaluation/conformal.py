"""Conformal prediction sets: sets of emotions that contain the true one with a given probability.

The set of an utterance contains the most probable emotion and every emotion with a probability of at least
``1 - threshold``. The threshold is a quantile over the out-of-fold predictions of other speakers, with equal weight for
each speaker, because sets are meant for new speakers. The conformal guarantee does not hold for few speakers: at a
level of 90 %, it needs at least nine. The coverage is therefore measured, on speakers that the threshold does not
depend on.

References
----------
Sadinle, Lei and Wasserman, Least ambiguous set-valued classifiers with bounded error levels, JASA 114, 2019.
Vovk, Cross-conformal predictors, Annals of Mathematics and Artificial Intelligence 74, 2015.
Dunn, Wasserman and Ramdas, Distribution-free prediction sets for two-layer hierarchical models, JASA 118, 2023.
"""

from collections.abc import Mapping
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from featser.evaluation.calibration import class_names, probabilities, truth_codes

LEVEL = 0.9
"""Default level: intended share of utterances whose set contains the true emotion."""

_MIN_SPEAKERS = 3


def conformal_sets(predictions: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame | None:
    """Compute prediction sets, with thresholds from the speakers of other folds.

    Parameters
    ----------
    predictions : DataFrame
        out of fold, as `predict_folds` returns them
    level : float
        intended share of sets that contain the true emotion, 0 to 1

    Returns
    -------
    DataFrame [shape=(n_utterances, n_classes)] or None
        True for emotions in the set, rows as in ``predictions``; None for fewer than three or unknown speakers, and
        where a fold leaves fewer than two other speakers, as under the protocol ``random``
    """
    if predictions["speaker"].isna().any() or predictions["speaker"].nunique() < _MIN_SPEAKERS:
        return None
    speakers, folds = predictions["speaker"].to_numpy(), predictions["fold"].to_numpy()
    inside = np.zeros((len(predictions), len(class_names(predictions))), dtype=bool)
    for fold in np.unique(folds):
        tested = folds == fold
        others = predictions[~np.isin(speakers, speakers[tested])]
        if others["speaker"].nunique() < _MIN_SPEAKERS - 1:
            return None
        inside[tested] = _sets(probabilities(predictions)[tested], find_threshold(others, level))
    return pd.DataFrame(inside, index=predictions.index, columns=class_names(predictions))


def find_threshold(predictions: pd.DataFrame, level: float = LEVEL) -> float:
    """Return the threshold of prediction sets: the weighted quantile of ``1 - p(truth)``.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions; each speaker has the same total weight
    level : float
        quantile, 0 to 1

    Returns
    -------
    float
        0 to 1; sets contain the emotions with ``1 - p <= threshold``
    """
    missing = 1 - probabilities(predictions)[np.arange(len(predictions)), truth_codes(predictions)]
    weight = 1 / predictions["speaker"].map(predictions["speaker"].value_counts()).to_numpy(dtype=np.float64)
    order = np.argsort(missing, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    at = min(int(np.searchsorted(reached, level - 1e-9)), len(order) - 1)
    return float(missing[order[at]])


def conformal_set(probability: Mapping[str, float], threshold: float) -> list[str]:
    """Return the prediction set of one recording.

    Parameters
    ----------
    probability : mapping of str to float
        probability of each emotion
    threshold : float
        as `find_threshold` returns it

    Returns
    -------
    list of str
        emotions in descending order of probability, at least one

    Examples
    --------
    >>> conformal_set({"anger": 0.5, "fear": 0.4, "sadness": 0.1}, threshold=0.7)
    ['anger', 'fear']
    """
    ranked = sorted(probability, key=lambda emotion: (-probability[emotion], emotion))
    return [ranked[0], *(emotion for emotion in ranked[1:] if 1 - probability[emotion] <= threshold)]


def conformal_summary(predictions: pd.DataFrame, level: float = LEVEL) -> dict[str, Any]:
    """Measure coverage and size of the sets of `conformal_sets`.

    Parameters
    ----------
    predictions : DataFrame
        out-of-fold predictions
    level : float
        intended share of sets that contain the true emotion

    Returns
    -------
    dict
        ``level``; ``threshold`` from all speakers, for new recordings; ``coverage``, the share of sets that contain
        the true emotion; ``coverage_by_speaker``; ``mean_size``, the mean number of emotions; ``single``, the share of
        sets with one emotion. Empty where `conformal_sets` returns None
    """
    sets = conformal_sets(predictions, level)
    if sets is None:
        return {}
    covered = pd.Series(sets.to_numpy()[np.arange(len(sets)), truth_codes(predictions)], index=sets.index)
    by_speaker = covered.groupby(predictions["speaker"]).mean()
    sizes = sets.to_numpy().sum(axis=1)
    return {
        "level": level,
        "threshold": find_threshold(predictions, level),
        "coverage": float(covered.mean()),
        "coverage_by_speaker": {str(name): float(share) for name, share in by_speaker.items()},
        "mean_size": float(sizes.mean()),
        "single": float((sizes == 1).mean()),
    }


def _sets(probability: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
    """Membership of each emotion in the set of each utterance, shape ``(n_utterances, n_classes)``."""
    inside = 1 - probability <= threshold
    inside[np.arange(len(inside)), probability.argmax(axis=1)] = True
    return inside

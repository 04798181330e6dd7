"""Sets of emotions in place of one: as small as may be, yet with the true emotion in as many of them as was asked.

An emotion is in the set of an utterance when its probability is at least ``1 - threshold``; the most probable one
always is. The threshold comes from the out-of-fold predictions of other speakers, each of whom counts the same, for
the next user is a voice, not an utterance. There is no guarantee for few speakers: one at 90 % rules
nothing out before nine voices were heard. So the coverage is measured, on speakers whom the threshold does not know.

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
"""Share of utterances whose set shall hold the true emotion."""

_MIN_SPEAKERS = 3


def conformal_sets(predictions: pd.DataFrame, level: float = LEVEL) -> pd.DataFrame | None:
    """Give every utterance a set of emotions, by a threshold from the speakers of other folds.

    Parameters
    ----------
    predictions : DataFrame
        out of fold, as `predict_folds` returns them
    level : float
        share of sets that shall hold the true emotion, between 0 and 1

    Returns
    -------
    DataFrame [shape=(n_utterances, n_classes)] or None
        True where the emotion is in the utterance's set, rows as in ``predictions``; None where some fold has fewer
        than two other speakers to learn from, as under the protocol ``random``
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
        inside[tested] = _chosen(probabilities(predictions)[tested], find_threshold(others, level))
    return pd.DataFrame(inside, index=predictions.index, columns=class_names(predictions))


def find_threshold(predictions: pd.DataFrame, level: float = LEVEL) -> float:
    """Return what the probability of an emotion may lack of 1 to be in the set.

    The ``level`` quantile of ``1 - p(truth)``, over speakers of equal weight: 0 to 1.
    """
    missing = 1 - probabilities(predictions)[np.arange(len(predictions)), truth_codes(predictions)]
    weight = 1 / predictions["speaker"].map(predictions["speaker"].value_counts()).to_numpy(dtype=np.float64)
    order = np.argsort(missing, kind="stable")
    reached = np.cumsum(weight[order]) / weight.sum()
    at = min(int(np.searchsorted(reached, level - 1e-9)), len(order) - 1)
    return float(missing[order[at]])


def conformal_set(probability: Mapping[str, float], threshold: float) -> list[str]:
    """Emotions in the set of one recording, the most probable first.

    >>> conformal_set({"anger": 0.5, "fear": 0.4, "sadness": 0.1}, threshold=0.7)
    ['anger', 'fear']
    """
    ranked = sorted(probability, key=lambda emotion: (-probability[emotion], emotion))
    return [ranked[0], *(emotion for emotion in ranked[1:] if 1 - probability[emotion] <= threshold)]


def conformal_summary(predictions: pd.DataFrame, level: float = LEVEL) -> dict[str, Any]:
    """Measure the sets of `conformal_sets`; empty where there are none.

    Returns
    -------
    dict
        ``level``; ``threshold`` from all speakers, for new recordings; ``coverage``, the share of sets that hold the
        true emotion; ``coverage_by_speaker``; ``mean_size`` in emotions; ``single``, the share of sets of one
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


def _chosen(probability: NDArray[np.float64], threshold: float) -> NDArray[np.bool_]:
    inside = 1 - probability <= threshold
    inside[np.arange(len(inside)), probability.argmax(axis=1)] = True
    return inside
